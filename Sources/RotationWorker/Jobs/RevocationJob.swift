package import Grants

/// Works the queue of decided ends at the providers, all at once: asks, revokes, asks again, and keeps the proof.
package struct RevocationJob: Sendable {
    package static let name = "revoke"
    static let batchSize = 100

    /// What became of the orders that were due.
    package struct Report: Sendable {
        package struct Line: Sendable {
            package var key: Grant.Key
            package var standing: Standing
            package var proof: Proof?
            /// Why it is not done; nil where it is.
            package var why: String?
        }

        package var ended: [Standing: Int] = [:]
        package var proofs: [Proof: Int] = [:]
        /// Why → number.
        package var stuck: [String: Int] = [:]
        package var retrying = 0
        /// Waits because its provider is held.
        package var waiting: [ProviderID: Int] = [:]
        /// Providers that did not answer, and why; their orders wait.
        package var unreachable: [ProviderID: String] = [:]
        package var lines: [Line] = []
    }

    let environment: RotationEnvironment
    let selection: GrantSelection
    /// nil: all that is due; else these rows, each with a line in the report.
    let rows: Set<Int64>?
    /// Only what people ordered; somebody waits for it.
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
        return reports.reduce(into: Report()) { $0.add($1) }
    }

    private func work(_ provider: ProviderID, _ progress: SharedProgress) async throws -> Report {
        var report = Report()
        var pages = OrderPages(self, at: provider)
        let isByHand = rows != nil || isByHandOnly
        var done = 0
        while true {
            try environment.stop.check()
            let orders = try await pages.next()
            guard !orders.isEmpty else { return report }
            let (held, known) = try await environment.store.read { reading in
                (try reading.heldProviders()[provider], try Breaker(of: provider, isByHand: isByHand, reading))
            }
            guard held == nil else {
                report.waiting[provider] = orders.count
                return report
            }
            if let refusal = known.refusal(at: environment.clock.now()) {
                report.unreachable[provider] = refusal
                return report
            }
            var tried: Tried
            if let settings = environment.settings(of: provider), let client = environment.providers[provider] {
                tried = await LeaseHeartbeat.keeping(lock, environment.store) {
                    await attempt(orders, settings, client)
                }
            } else {
                // The configuration does not know it any more: there is nobody to ask, and a person must know.
                tried = Tried(orders.map { Attempt(work: $0, outcome: .refused("no-credentials")) }, wasAsked: false)
            }
            // What an interruption cut off is no failure of the provider's: it stays due as it was.
            if Task.isCancelled {
                tried.attempts.removeAll(where: \.isFailed)
                tried.silence = nil
            }
            let (answered, now) = (tried, environment.clock.now())
            let (part, breaker) = try await environment.store.write { [self] writing in
                if let lock { try writing.renew(lock) }
                var (part, breaker) = (Report(), known)
                let assessor = try Assessor(writing, environment.settings, ownTokens: [], now: now)
                for attempt in answered.attempts { try store(attempt, assessor, now, writing, &part) }
                if let silence = answered.silence {
                    try breaker.open(because: silence.why, retryAfter: silence.retryAfter, at: now, in: writing)
                } else if answered.wasAsked, known.record != nil {
                    try breaker.close(in: writing)
                }
                return (part, breaker)
            }
            report.add(part)
            done += orders.count
            progress.update(provider, done: done)
            if let silence = tried.silence {
                report.unreachable[provider] = breaker.words(silence.detail)
                return report
            }
        }
    }

    struct Work: Sendable {
        var order: RevocationOrder
        var stored: StoredGrant
        /// nil: they cannot be opened.
        var tokens: [TokenKind: Secret]?
    }

    // MARK: At the provider

    enum Outcome: Sendable {
        case done(Proof)
        /// Not by itself: a person is needed.
        case refused(String)
        /// Later.
        case failed(String, retryAfter: Duration?)
    }

    struct Attempt: Sendable {
        var work: Work
        var outcome: Outcome

        var isFailed: Bool { if case .failed = outcome { true } else { false } }
    }

    /// What came of one batch.
    struct Tried: Sendable {
        struct Silence: Sendable {
            var why: UnknownReason
            var retryAfter: Duration?
            var detail: String
        }

        var attempts: [Attempt]
        /// nil: the provider answers.
        var silence: Silence?
        /// False: there was nobody to ask, or an interruption came first.
        var wasAsked: Bool

        init(_ attempts: [Attempt], silence: Silence? = nil, wasAsked: Bool = true) {
            self.attempts = attempts
            self.silence = silence
            self.wasAsked = wasAsked && !Task.isCancelled
        }
    }

    private func attempt(_ orders: [Work], _ settings: ProviderSettings, _ client: any ProviderClient) async -> Tried {
        let probe = ProviderProbe(
            client: client,
            canaries: await client.canaries(),
            clock: environment.clock,
            madeUp: randomToken
        )
        let before = await probe.read(times: 1, controls: [:])
        if let why = before.unreachable {
            // A try all the same: an end that a dead provider holds up for days must reach a person.
            return Tried(
                orders.map { Attempt(work: $0, outcome: .failed(why.rawValue, retryAfter: before.retryAfter)) },
                silence: .init(why: why, retryAfter: before.retryAfter, detail: before.detail ?? why.rawValue)
            )
        }
        var silence = Silence()
        let seen = await inParallel(orders, width: settings.limits.inFlight) { work in
            await RevocationExchange(work: work, settings: settings, client: client).perform()
        } until: { seen in
            silence.isLasting(seen.failedWith.flatMap(UnknownReason.init(rawValue:)))
        }
        let after = await probe.read(times: 1, controls: [:])
        // Those that were not begun stay due as they are.
        let attempts = zip(orders, seen).compactMap { work, seen in
            seen.map { Attempt(work: work, outcome: $0.outcome(before: before, after: after)) }
        }
        guard let why = after.unreachable, !attempts.isEmpty, attempts.allSatisfy(\.isFailed) else {
            return Tried(attempts)
        }
        let words = after.detail ?? why.rawValue
        return Tried(attempts, silence: .init(why: why, retryAfter: after.retryAfter, detail: words))
    }
}

extension RevocationJob.Report {
    fileprivate mutating func add(_ other: Self) {
        ended.merge(other.ended, uniquingKeysWith: +)
        proofs.merge(other.proofs, uniquingKeysWith: +)
        stuck.merge(other.stuck, uniquingKeysWith: +)
        retrying += other.retrying
        waiting.merge(other.waiting, uniquingKeysWith: +)
        unreachable.merge(other.unreachable) { first, _ in first }
        lines += other.lines
    }
}
