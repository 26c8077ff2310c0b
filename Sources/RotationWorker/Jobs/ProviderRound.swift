internal import Grants

/// One provider's share of a revalidation.
struct ProviderRound {
    /// A provider that contradicted itself has to call its canaries active so often in a row to recover.
    static let canaryRepetitions = BatchConversation.canaryRepetitions

    let job: RevalidationJob
    let settings: ProviderSettings
    let client: any ProviderClient
    let progress: SharedProgress
    let startedAt: Timestamp
    var report = VerdictReport()

    var probe: ProviderProbe?
    var hold: ProviderHold?
    var breaker: Breaker?
    /// The round of questions before the batch: the one after it must be as good.
    var before = ProviderProbe.Reading()
    var contradicted = false
    /// Why its answers count for nothing while a surge or a creep holds it already; nil: they do.
    var distrust: String?
    /// All that was due of the living was asked about: there is time for what has ended.
    var livingAreDone = false
    /// Answered, and not stored yet.
    var unstored: [AnsweredBatch] = []
    /// How long these were on the wire.
    var unstoredFor = Duration.zero
    /// What is being stored while the next is asked.
    var storing: Storing?

    init(job: RevalidationJob, settings: ProviderSettings, client: any ProviderClient, progress: SharedProgress) {
        self.job = job
        self.settings = settings
        self.client = client
        self.progress = progress
        startedAt = job.environment.clock.now()
    }

    var environment: RotationEnvironment { job.environment }

    mutating func perform() async throws {
        let (provider, isByHand) = (settings.id, job.isByHand)
        let (known, breaker) = try await environment.store.read { reading in
            (try reading.heldProviders()[provider], try Breaker(of: provider, isByHand: isByHand, reading))
        }
        (hold, self.breaker) = (known, breaker)
        report.held[provider] = hold?.why
        guard var pages = try await QuestionPages.of(job, at: provider, now: environment.clock.now()) else { return }
        var page = try await pages.next()
        // A held provider is looked at even when nothing is due: it may have recovered.
        if page.isEmpty, hold == nil, try await !endedAreDue() { return }
        if let refusal = breaker.refusal(at: environment.clock.now()) {
            report.unreachable[provider] = refusal
            return
        }
        try await discardLeftovers()
        guard try await begin() else { return try await noteCanaries() }
        if !report.recovered.isEmpty, let fresh = try await QuestionPages.of(job, at: provider, now: startedAt) {
            // What the inactive answers counted was forgotten: the page as it was read before is no longer true.
            pages = fresh
            page = try await pages.next()
        }
        try await askAll(page, pages)
        try await noteCanaries()
        try Task.checkCancellation()
        try await settleWatch()
        try await askEnded()
    }

    /// Its "inactive" counts for nothing.
    var isDistrusted: Bool { distrust != nil || (hold != nil && hold?.needsApproval == false) }

    /// What a killed run left pending counts for nothing; what a surge left waits for a person.
    private func discardLeftovers() async throws {
        guard job.lock != nil, hold?.needsApproval != true else { return }
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
        var probe = ProviderProbe(
            client: client,
            canaries: canaries,
            clock: environment.clock,
            madeUp: job.randomToken
        )
        try await probe.recall(environment.store)
        self.probe = probe
        let isRecovering = hold?.needsApproval == false
        let reading = await probe.read(times: isRecovering ? Self.canaryRepetitions : 1, controls: [:])
        // What an interruption cut off says nothing about the provider.
        try Task.checkCancellation()
        if let why = reading.hold {
            try await holdProvider(why, reading.detail)
            if why != "clock-skew" {
                report.unreachable[settings.id] = reading.detail ?? why
                return false
            }
        } else if let why = reading.unreachable {
            try await open(because: why, retryAfter: reading.retryAfter)
            report.unreachable[settings.id] = breaker?.words(reading.detail ?? why.rawValue)
            return false
        }
        if breaker?.record != nil { try await closeBreaker() }
        before = reading
        report.providersAsked = 1
        try await note(reading.datedSightings)
        if isRecovering, reading.isSound {
            try await recover()
        } else if isRecovering, reading.hold == nil {
            // What it was first held for is over; it is held for this now.
            try await holdProvider("canary", reading.detail)
        }
        return true
    }

    /// Once a run, so that a canary that is asked for months stays known.
    private func note(_ sighted: [ProviderProbe.Sighting]) async throws {
        guard sighted.contains(where: { $0.kind == .refreshToken && $0.isActive != nil }) else { return }
        let (provider, now) = (settings.id, environment.clock.now())
        try await write { try ProviderProbe.note(sighted, at: provider, now: now, in: $0) }
    }

    /// Nobody asks it for a while.
    mutating func open(because why: UnknownReason, retryAfter: Duration?) async throws {
        let (present, now) = (breaker, environment.clock.now())
        breaker = try await write { writing in
            var breaker = present
            try breaker?.open(because: why, retryAfter: retryAfter, at: now, in: writing)
            return breaker
        }
    }

    private mutating func closeBreaker() async throws {
        let present = breaker
        breaker = try await write { writing in
            var breaker = present
            try breaker?.close(in: writing)
            return breaker
        }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting) throws -> Result
    ) async throws -> Result {
        let lock = job.lock
        return try await environment.store.write { writing in
            if let lock { try writing.renew(lock) }
            return try body(writing)
        }
    }
}
