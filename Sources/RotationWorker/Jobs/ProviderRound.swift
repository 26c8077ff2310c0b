internal import Grants

/// One provider's share of a revalidation.
struct ProviderRound {
    static let batchSize = 500
    /// A provider that contradicted itself has to call its canaries active so often in a row to recover.
    static let canaryRepetitions = BatchConversation.canaryRepetitions

    let job: RevalidationJob
    let settings: ProviderSettings
    let client: any ProviderClient
    var report = VerdictReport()

    private var probe: ProviderProbe?
    private var hold: ProviderHold?
    /// The round of questions before the batch: the one after it must be as good.
    private var before = ProviderProbe.Reading()
    private var newlyInactive = 0
    private var contradicted = false

    init(job: RevalidationJob, settings: ProviderSettings, client: any ProviderClient) {
        self.job = job
        self.settings = settings
        self.client = client
    }

    private var environment: RotationEnvironment { job.environment }

    mutating func perform() async throws {
        let provider = settings.id
        hold = try await environment.store.read { try $0.heldProviders()[provider] }
        report.held[provider] = hold?.why
        var key: Grant.Key?
        var page = try await job.page(of: provider, after: nil, now: environment.clock.now())
        // A held provider is looked at even when nothing is due: it may have recovered.
        if page.isEmpty, hold == nil { return }
        try await discardLeftovers()
        guard try await begin() else { return }
        while !page.isEmpty {
            try Task.checkCancellation()
            guard try await ask(page) else {
                report.unreachable[provider] = "it stopped answering"
                break
            }
            key = page.last?.grant.key
            environment.progress(.init(step: "asking \(provider)", done: report.asked, total: nil))
            page = try await job.page(of: provider, after: key, now: environment.clock.now())
        }
        try Task.checkCancellation()
        try await settleSurge()
    }

    /// What a killed run left pending counts for nothing; what a surge left waits for a person.
    private func discardLeftovers() async throws {
        guard job.lock != nil, hold?.why != "surge" else { return }
        let (provider, run) = (settings.id, job.run)
        try await write { writing in
            for verdict in try writing.pendingVerdicts(of: provider) where verdict.run != run {
                try writing.removePendingVerdict(row: verdict.row)
            }
        }
    }

    /// The probe before the first batch.
    ///
    /// False: nobody else needs to be asked.
    private mutating func begin() async throws -> Bool {
        let canaries = await client.canaries()
        let probe = ProviderProbe(
            client: client,
            canaries: canaries,
            clock: environment.clock,
            madeUp: job.randomToken
        )
        self.probe = probe
        let isRecovering = hold != nil && hold?.why != "surge"
        let reading = await probe.read(times: isRecovering ? Self.canaryRepetitions : 1, controls: [:])
        if let why = reading.hold {
            try await holdProvider(why, reading.detail)
            if why != "clock-skew" {
                report.unreachable[settings.id] = reading.detail ?? why
                return false
            }
        } else if let why = reading.unreachable {
            report.unreachable[settings.id] = reading.detail ?? why.rawValue
            return false
        }
        before = reading
        report.providersAsked = 1
        if isRecovering, reading.isSound { try await recover() }
        return true
    }

    private mutating func recover() async throws {
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        try await write { writing in
            try writing.setHold(nil, of: provider)
            try PendingVerdicts.removePlan(of: provider, in: writing)
            // What was counted while its word could not be trusted counts for nothing.
            try writing.forgetInactivity(at: provider)
            var event = Event(Event.Kind.providerRecovered, at: now)
            event.provider = provider
            event.run = run
            event.actor = actor
            try writing.append(event, about: nil)
        }
        hold = nil
        report.held[provider] = nil
        report.recovered.append(provider)
    }

    private mutating func holdProvider(_ why: String, _ detail: String?) async throws {
        guard hold?.why != why else { return }
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        let new = ProviderHold(why: why, since: now)
        try await write { writing in
            try writing.setHold(new, of: provider)
            if why != "clock-skew", why != "credentials", why != "forbidden" {
                try writing.forgetInactivity(at: provider)
            }
            var event = Event(Event.Kind.providerHeld, at: now)
            event.provider = provider
            event.reason = why
            event.run = run
            event.actor = actor
            if let detail { event.details = ["detail": .string(detail)] }
            try writing.append(event, about: nil)
        }
        hold = new
        report.held[settings.id] = why
    }

    private func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting) throws -> Result
    ) async throws -> Result {
        let lock = job.lock
        return try await environment.store.write { writing in
            if let lock { try writing.renew(lock) }
            return try body(writing)
        }
    }

    // MARK: One batch

    /// A grant with what was answered about it; nil: it was not asked.
    private struct Answered: Sendable {
        var stored: StoredGrant
        var kind: TokenKind?
        var silence: UnknownReason?
        var answer: IntrospectionAnswer?
    }

    /// Asks, judges and stores one batch.
    ///
    /// False: the provider went silent, the rest stays due.
    private mutating func ask(_ page: [StoredGrant]) async throws -> Bool {
        guard let probe else { return false }
        let (settings, now) = (settings, environment.clock.now())
        let prepared = try await environment.store.read { reading in
            try page.map { stored in
                (stored, try GrantQuestion.make(stored, settings, reading, now: now))
            }
        }
        let questions = prepared.compactMap { try? $0.1.get() }
        let (lock, controls) = (job.lock, try await controls())
        // Where "inactive" cannot count, it is not asked for again and again.
        let believable = Set(TokenKind.allCases).filter { kind in
            let canary = before.canaries[kind] ?? .none
            return canary != .none && canary != .failed && (hold == nil || hold?.why == "surge")
        }
        let asked = await LeaseHeartbeat.keeping(lock, environment.store) { [client] in
            await BatchConversation.hold(questions, client, probe, controls, believable)
        }
        contradicted = contradicted || asked.contradicted
        let answers = asked.answers
        var after = asked.after
        let fresh = after
        after.distrust(where: before)
        before = fresh
        report.asked += questions.count
        if let why = after.hold { try await holdProvider(why, after.detail) }
        if contradicted {
            try await holdProvider("contradiction", "a token was called inactive and active in one batch")
        }
        var answered: [Answered] = []
        var next = 0
        for (stored, question) in prepared {
            switch question {
            case .success(let question):
                answered.append(Answered(stored: stored, kind: question.kind, answer: answers[next]))
                next += 1
            case .failure(let silence):
                answered.append(Answered(stored: stored, silence: silence.reason))
            }
        }
        if Task.isCancelled {
            // What an interruption cut off is no answer; what was answered is stored all the same.
            answered.removeAll { $0.answer?.outcome == .unknown(.network) }
        }
        try await store(answered, after, now)
        // Nothing of this batch got through: the provider is gone, asking on would only wait.
        let reached = answers.contains { answer in
            if case .unknown(let why) = answer.outcome { return ![.network, .timeout].contains(why) }
            return true
        }
        return reached || questions.isEmpty
    }

    /// Grants that were active last, for an own-client canary that cannot see "you may not see others' tokens".
    private func controls() async throws -> [TokenKind: [Secret]] {
        let (provider, ours) = (settings.id, settings.client.id)
        return try await environment.store.read { reading in
            var controls: [TokenKind: [Secret]] = [:]
            for kind in TokenKind.allCases {
                let grants = try reading.newestActive(at: provider, kind: kind, except: ours, limit: 5)
                // One token that does not open must not stop the questions about all others.
                controls[kind] = grants.compactMap { (try? reading.tokens(of: $0.row))?[kind] }
            }
            return controls
        }
    }

    private mutating func store(_ answered: [Answered], _ after: ProviderProbe.Reading, _ now: Timestamp) async throws {
        let (job, settings, hold, contradicted) = (job, settings, hold, contradicted)
        let outcome = try await write { writing in
            let batch = try VerdictBatch(
                job: job,
                settings: settings,
                probe: after,
                isHeld: hold != nil && hold?.why != "surge",
                contradicted: contradicted,
                now: now,
                writing
            )
            var outcome = VerdictBatch.Outcome()
            for one in answered {
                try batch.record(one.stored, kind: one.kind, silence: one.silence, answer: one.answer, into: &outcome)
            }
            return outcome
        }
        newlyInactive += outcome.newlyInactive
        report.active += outcome.report.active
        report.inactive += outcome.report.inactive
        report.unknown.merge(outcome.report.unknown, uniquingKeysWith: +)
        report.lines += outcome.report.lines
        // More than 1 % of a batch used after they were called inactive: what the store holds is old.
        if outcome.stale > 0, outcome.stale * 100 > answered.count, answered.count >= 10 {
            try await holdProvider("stale-tokens", "\(outcome.stale) grants were used after their token was inactive")
        }
    }

    // MARK: Surge

    /// First inactive answers count when the whole run is known, and only if they are no surge.
    private mutating func settleSurge() async throws {
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        let setting = "surge_history:\(provider)"
        let (asked, counted, policyHash) = (report.asked, newlyInactive, environment.policyHash)
        let wasSurge = hold?.why == "surge"
        let isHeldOtherwise = hold != nil && !wasSurge
        let held = try await write { writing -> HeldPlan? in
            let pending = try writing.pendingVerdicts(of: provider).filter { wasSurge || $0.run == run }
            let history = (try writing.setting(setting) ?? "").split(separator: ",").compactMap { Int($0) }
            let surge = Surge(asked: asked, newlyInactive: pending.count, history: history)
            if asked > 0 {
                try writing.setSetting(
                    setting,
                    (history + [counted]).suffix(14).map(String.init).joined(separator: ",")
                )
            }
            let isSurge = surge.isOne || (wasSurge && pending.count > 5)
            if isHeldOtherwise {
                // Nothing of it counts while it is held; when it recovers the questions begin anew.
                for verdict in pending { try writing.removePendingVerdict(row: verdict.row) }
                return nil
            }
            guard isSurge else {
                try PendingVerdicts.count(pending, in: writing)
                if wasSurge {
                    try writing.setHold(nil, of: provider)
                    try PendingVerdicts.removePlan(of: provider, in: writing)
                    var event = Event(Event.Kind.providerRecovered, at: now)
                    event.provider = provider
                    event.run = run
                    event.actor = actor
                    try writing.append(event, about: nil)
                }
                return nil
            }
            let plan = try PendingVerdicts.hold(
                pending,
                of: provider,
                asked: asked,
                policyHash: policyHash,
                at: now,
                in: writing
            )
            if !wasSurge {
                var event = Event(Event.Kind.providerHeld, at: now)
                event.provider = provider
                event.reason = "surge"
                event.run = run
                event.actor = actor
                event.details = [
                    "hash": .string(plan.hash), "asked": .number(Int64(asked)),
                    "newly_inactive": .number(Int64(pending.count)),
                ]
                try writing.append(event, about: nil)
            }
            return plan
        }
        if let held {
            report.held[provider] = "surge"
            report.surges.append(held)
            report.pending = held.wouldEnd
        } else if wasSurge {
            report.held[provider] = nil
            report.recovered.append(provider)
        }
    }
}
