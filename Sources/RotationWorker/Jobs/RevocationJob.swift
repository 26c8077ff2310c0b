package import Grants

/// Works the queue of decided ends at the providers, all at once: asks, revokes, asks again, and keeps the proof.
package struct RevocationJob: Sendable {
    package static let name = "revoke"
    static let batchSize = 100

    let environment: RotationEnvironment
    let selection: GrantSelection
    /// nil: all that is due; else these rows, each with a line in the report.
    let rows: Set<Int64>?
    /// Only what people ordered, who wait for it.
    let isByHandOnly: Bool
    let run: Int64
    let lock: JobLock?
    let randomToken: @Sendable () -> Secret

    package init(
        _ environment: RotationEnvironment,
        selection: GrantSelection,
        rows: Set<Int64>? = nil,
        isByHandOnly: Bool = false,
        run: Int64,
        lock: JobLock?,
        randomToken: @escaping @Sendable () -> Secret
    ) {
        self.environment = environment
        self.selection = selection
        self.rows = rows
        self.isByHandOnly = isByHandOnly
        self.run = run
        self.lock = lock
        self.randomToken = randomToken
    }

    package func perform() async throws -> Report {
        let known = environment.settings.providers.map(\.id)
        let wanted = selection
        let stored = try await environment.store.read { try $0.providers(in: wanted) }
        let providers = (known + stored.filter { !known.contains($0) })
            .filter { selection.provider == nil || selection.provider == $0 }
        let progress = SharedProgress("revoking at", environment)
        let reports = try await atEveryProvider(providers) { [self] provider in
            try await work(provider, progress)
        }
        var report = reports.reduce(into: Report()) { $0.add($1) }
        let now = environment.clock.now()
        report.backingOff = try await environment.store.read { try $0.ordersBackingOff(in: wanted, after: now) }
        return report
    }

    private func work(_ provider: ProviderID, _ progress: SharedProgress) async throws -> Report {
        var report = Report()
        var pages = OrderPages(self, at: provider)
        let gates = OrderGateKeeper(environment, at: provider)
        let isByHand = rows != nil || isByHandOnly
        var done = 0
        while true {
            try environment.stop.check()
            var orders = try await pages.next()
            if pages.kept > 0 { report.waiting[provider] = pages.kept }
            guard !orders.isEmpty else { return report }
            done += orders.count
            orders = try await open(orders, gates, &report)
            guard !orders.isEmpty else { continue }
            let known = try await environment.store.read { try Breaker(of: provider, isByHand: isByHand, $0) }
            if let refusal = known.refusal(at: environment.clock.now()) {
                report.unreachable[provider] = refusal
                return report
            }
            var tried: Tried
            if let settings = environment.settings(of: provider), let client = environment.providers[provider] {
                let exchange = RevocationBatch(job: self, settings: settings, client: client, gates: gates)
                tried = try await LeaseHeartbeat.keeping(lock, environment.store) {
                    try await exchange.perform(orders)
                }
            } else {
                // The configuration does not know it any more: there is nothing to ask, and a person must know.
                tried = Tried(orders.map { Attempt(work: $0, seen: .init(refused: "no-credentials")) })
                tried.wasAsked = false
            }
            for (work, gate) in tried.stopped { report.stop(work, gate, isNamed: rows != nil) }
            // What an interruption cut off is no failure of the provider's: it stays due as it was.
            if Task.isCancelled {
                tried.attempts.removeAll { !$0.seen.isAnswered }
                tried.silence = nil
                tried.wasCutShort = true
            }
            let (part, breaker) = try await keep(tried, known)
            report.add(part)
            progress.update(provider, done: done)
            if let failure = tried.ownFailure { report.unreachable[provider] = failure }
            if let silence = tried.silence {
                report.unreachable[provider] = breaker.words(silence.detail)
                return report
            }
        }
    }

    /// Those that no gate is closed to; the others are counted.
    private func open(_ orders: [Work], _ gates: OrderGateKeeper, _ report: inout Report) async throws -> [Work] {
        var open: [Work] = []
        for (work, gate) in zip(orders, try await gates.closed(to: orders)) {
            if let gate {
                report.stop(work, gate, isNamed: rows != nil)
            } else {
                open.append(work)
            }
        }
        return open
    }

    /// Stores what came of a batch, in one transaction.
    private func keep(_ tried: Tried, _ known: Breaker) async throws -> (Report, Breaker) {
        let now = environment.clock.now()
        return try await environment.store.write { [self] writing in
            if let lock { try writing.renew(lock) }
            var (part, breaker) = (Report(), known)
            let assessor = try Assessor(writing, environment.settings, ownTokens: [], now: now)
            let held = try writing.heldProviders()
            for attempt in tried.attempts {
                let isHeld = held[attempt.work.stored.grant.key.provider] != nil
                try store(attempt, tried, isHeld: isHeld, assessor, now, writing, &part)
            }
            if let silence = tried.silence {
                try breaker.open(because: silence.why, retryAfter: silence.retryAfter, at: now, in: writing)
            } else if tried.wasAsked, !tried.attempts.isEmpty, tried.ownFailure == nil, known.record != nil {
                try breaker.close(in: writing)
            }
            return (part, breaker)
        }
    }

    struct Work: Sendable {
        var order: RevocationOrder
        var stored: StoredGrant
        /// nil: they cannot be opened.
        var tokens: [TokenKind: Secret]?
    }

    struct Attempt: Sendable {
        var work: Work
        var seen: RevocationExchange.Seen
    }

    /// What came of one batch.
    struct Tried: Sendable {
        struct Silence: Sendable {
            var why: UnknownReason
            var retryAfter: Duration?
            var detail: String
        }

        var attempts: [Attempt]
        /// Not begun, because a gate was closed meanwhile.
        var stopped: [(Work, Gates.Gate)] = []
        /// The canaries around it.
        var before: [TokenKind: VerdictJudge.Canary] = [:]
        var after: [TokenKind: VerdictJudge.Canary] = [:]
        /// That of the refresh canary around it.
        var condition = CanaryCondition.young
        /// nil: the provider answers.
        var silence: Silence?
        /// We could not ask, which is no fault of the provider's; nil: we could.
        var ownFailure: String?
        /// False: there was nothing to ask, or an interruption came first.
        var wasAsked = !Task.isCancelled
        /// An interruption came while it was tried: what is still open stays due, and is no failure of the provider's.
        var wasCutShort = false

        init(_ attempts: [Attempt]) { self.attempts = attempts }

        /// Why the provider took part in none of it; nil: it did in some, or nothing was tried.
        var failedWith: UnknownReason? {
            attempts.allSatisfy { $0.seen.failedWith != nil } ? attempts.first?.seen.failedWith : nil
        }

        /// Nothing more is to be expected of it in this run.
        mutating func end(with why: UnknownReason, retryAfter: Duration?, _ words: String) {
            if why == .ownFailure {
                ownFailure = words
            } else if why.isNoAnswer {
                silence = .init(why: why, retryAfter: retryAfter, detail: words)
            }
        }
    }
}
