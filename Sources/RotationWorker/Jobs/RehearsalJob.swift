package import Grants

/// All of a containment but the ending: asks about a few of the grants, tries every client's credentials on a made-up
/// token, and keeps the measured times.
///
/// No grant, verdict, breaker or hold changes.
package struct RehearsalJob: Sendable {
    package static let name = "rehearse"
    /// More clients than this at one provider are not tried.
    static let mostClients = 200

    private let environment: RotationEnvironment
    private let run: Int64
    /// A person waits: a silent provider is asked all the same.
    private let isByHand: Bool
    private let randomToken: @Sendable () -> Secret

    package init(
        _ environment: RotationEnvironment,
        run: Int64,
        isByHand: Bool,
        randomToken: @escaping @Sendable () -> Secret
    ) {
        self.environment = environment
        self.run = run
        self.isByHand = isByHand
        self.randomToken = randomToken
    }

    /// Rehearses the plan and stores what was measured, with a journal entry.
    package func perform(_ plan: ContainmentPlan) async throws -> RehearsalRecord {
        var record = RehearsalRecord(at: environment.clock.now(), run: run, hash: plan.hash, grants: plan.total)
        record.providers = try await atEveryProvider(plan.providers) { provider in
            try await measure(provider, plan)
        }
        let (kept, event) = (record, event(plan, record))
        try await environment.store.write { writing in
            try writing.setSetting(RehearsalRecord.setting(of: plan.selection), kept.stored)
            try writing.append(event, about: nil)
        }
        return record
    }

    private func event(_ plan: ContainmentPlan, _ record: RehearsalRecord) -> Event {
        var event = Event(Event.Kind.runRehearsed, at: record.at)
        event.tenant = plan.selection.tenant
        event.provider = plan.selection.provider
        event.client = plan.selection.client
        event.reason = "contain"
        event.run = run
        event.actor = environment.actor
        event.details = ["hash": .string(plan.hash), "would_end": .number(Int64(plan.total))]
        if let seconds = record.lastSeconds { event.details["forecast_seconds"] = .number(Int64(seconds.rounded(.up))) }
        return event
    }

    // MARK: At a provider

    private func measure(_ provider: ProviderID, _ plan: ContainmentPlan) async throws -> RehearsalRecord.Measured {
        var measured = RehearsalRecord.Measured(provider: provider, grants: plan.count(at: provider))
        guard let settings = environment.settings(of: provider), let client = environment.providers[provider] else {
            measured.obstacle = "unknown-provider"
            return measured
        }
        if settings.revocation == .events {
            (measured.firstSeconds, measured.lastSeconds) = (0, 0)
            return measured
        }
        let (now, isByHand) = (environment.clock.now(), isByHand)
        let refusal = try await environment.store.read { reading in
            try Breaker(of: provider, isByHand: isByHand, reading).refusal(at: now)
        }
        if let refusal {
            measured.obstacle = refusal
            return measured
        }
        let probe = ProviderProbe(
            client: client,
            canaries: await client.canaries(),
            clock: environment.clock,
            madeUp: randomToken
        )
        let reading = await probe.read(times: 1, controls: [:])
        try Task.checkCancellation()
        measured.obstacle = plan.held[provider].map { "held: \($0.why)" }
        if reading.unreachable != nil || reading.hold != nil || reading.believesAnything {
            measured.obstacle = reading.detail ?? reading.hold ?? reading.unreachable?.rawValue
            return measured
        }
        let times = try await ask(plan.samples[provider]?.rows ?? [], settings, client, &measured)
        let more = await tryCredentials(plan.clients[provider] ?? [], settings, client, &measured)
        try Task.checkCancellation()
        let all = times + more
        if !all.isEmpty {
            measured.latency = .milliseconds(all.reduce(0) { $0 + $1.milliseconds } / Int64(all.count))
        }
        forecast(&measured, settings, plan)
        return measured
    }

    private func forecast(
        _ measured: inout RehearsalRecord.Measured,
        _ settings: ProviderSettings,
        _ plan: ContainmentPlan
    ) {
        guard let planned = plan.forecasts.first(where: { $0.provider == settings.id }) else { return }
        let forecast = ContainmentForecast(
            provider: settings.id,
            work: planned.work,
            limits: settings.limits,
            batch: RevocationJob.batchSize,
            measured: nil,
            latency: measured.latency,
            waits: plan.held[settings.id] != nil
        )
        (measured.firstSeconds, measured.lastSeconds) = (forecast.firstSeconds, forecast.lastSeconds)
    }

    /// How long each answer took.
    private func ask(
        _ rows: [Int64],
        _ settings: ProviderSettings,
        _ client: any ProviderClient,
        _ measured: inout RehearsalRecord.Measured
    ) async throws -> [Duration] {
        let now = environment.clock.now()
        let questions = try await environment.store.read { reading in
            try rows.compactMap { row in
                try reading.grant(row: row).map { try GrantQuestion.make(AskedGrant($0), settings, reading, now: now) }
            }
        }
        for case .failure(let silence) in questions { measured.unknown[silence.reason.rawValue, default: 0] += 1 }
        var silence = Silence()
        let answers = await inParallel(
            questions.compactMap { try? $0.get() },
            width: settings.limits.inFlight
        ) { question in
            let begun = ContinuousClock.now
            let answer = await client.introspect(question.token, kind: question.kind)
            return (answer, ContinuousClock.now - begun)
        } until: { answer, _ in
            silence.isLasting(answer.outcome.why, wasSent: answer.wasSent)
        }
        var times: [Duration] = []
        for (answer, time) in answers.compactMap(\.self) {
            measured.asked += 1
            switch answer.outcome {
            case .active: measured.active += 1
            case .inactive: measured.inactive += 1
            case .unknown(let why): measured.unknown[why.rawValue, default: 0] += 1
            }
            if answer.outcome.why == nil { times.append(time) }
        }
        return times
    }

    /// A token that no server knows is revoked as each client: RFC 7009 §2.2 answers it with a 200, bad credentials
    /// with a 401.
    private func tryCredentials(
        _ clients: [ClientID],
        _ settings: ProviderSettings,
        _ client: any ProviderClient,
        _ measured: inout RehearsalRecord.Measured
    ) async -> [Duration] {
        let kind = settings.capabilities.revokes.contains(.refreshToken) ? TokenKind.refreshToken : .accessToken
        let tried = Array(clients.prefix(Self.mostClients))
        measured.clientsLeftOut = clients.count - tried.count
        var silence = Silence()
        let answers = await inParallel(tried, width: settings.limits.inFlight) { [randomToken] id in
            let begun = ContinuousClock.now
            let answer = await client.revoke(randomToken(), kind: kind, of: id)
            return (answer, ContinuousClock.now - begun)
        } until: { answer, _ in
            if case .failed(let why, _, _) = answer { silence.isLasting(why) } else { silence.isLasting(nil) }
        }
        var times: [Duration] = []
        for (id, answer) in zip(tried, answers) {
            switch answer?.0 {
            case .accepted:
                measured.clientsAccepted += 1
                if let time = answer?.1 { times.append(time) }
            case .refused(let why, _): measured.clientsRefused[id.rawValue] = why
            case .failed(let why, _, _): measured.clientsRefused[id.rawValue] = why.rawValue
            case nil: measured.clientsLeftOut += 1
            }
        }
        return times
    }
}
