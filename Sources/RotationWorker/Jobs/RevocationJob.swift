package import Grants
internal import Scheduling

/// Works the queue of decided ends at the providers: asks, revokes, asks again, and keeps the proof.
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
        package var lines: [Line] = []
    }

    let environment: RotationEnvironment
    let selection: GrantSelection
    /// nil: all that is due; else these rows, each with a line in the report.
    let rows: Set<Int64>?
    let run: Int64
    let lock: JobLock?
    let randomToken: @Sendable () -> Secret

    package init(
        _ environment: RotationEnvironment,
        selection: GrantSelection,
        rows: Set<Int64>? = nil,
        run: Int64,
        lock: JobLock?,
        randomToken: @escaping @Sendable () -> Secret
    ) {
        self.environment = environment
        self.selection = selection
        self.rows = rows
        self.run = run
        self.lock = lock
        self.randomToken = randomToken
    }

    package func perform() async throws -> Report {
        var report = Report()
        let known = environment.settings.providers.map(\.id)
        let wanted = selection
        let stored = try await environment.store.read { try $0.providers(in: wanted) }
        for provider in known + stored.filter({ !known.contains($0) }) {
            guard selection.provider == nil || selection.provider == provider else { continue }
            try await work(provider, &report)
        }
        return report
    }

    private func work(_ provider: ProviderID, _ report: inout Report) async throws {
        var worked: Set<Int64> = []
        while true {
            try Task.checkCancellation()
            let orders = try await due(at: provider, besides: worked)
            guard !orders.isEmpty else { return }
            let held = try await environment.store.read { try $0.heldProviders()[provider] }
            guard held == nil else {
                report.waiting[provider] = orders.count
                return
            }
            var attempts: [Attempt]
            if let settings = environment.settings(of: provider), let client = environment.providers[provider] {
                attempts = await LeaseHeartbeat.keeping(lock, environment.store) {
                    await attempt(orders, settings, client)
                }
            } else {
                // The configuration does not know it any more: there is nobody to ask, and a person must know.
                attempts = orders.map { Attempt(work: $0, outcome: .refused("no-credentials")) }
            }
            // What an interruption cut off is no failure of the provider's: it stays due as it was.
            if Task.isCancelled { attempts.removeAll(where: \.isFailed) }
            worked.formUnion(orders.map(\.order.row))
            let (job, answered, now) = (self, attempts, environment.clock.now())
            let part = try await environment.store.write { writing in
                if let lock = job.lock { try writing.renew(lock) }
                var part = Report()
                let assessor = try Assessor(writing, job.environment.settings, ownTokens: [], now: now)
                for attempt in answered {
                    try job.store(attempt, assessor, now, writing, &part)
                }
                return part
            }
            report.add(part)
            environment.progress(.init(step: "revoking at \(provider)", done: worked.count, total: nil))
        }
    }

    // MARK: Orders

    struct Work: Sendable {
        var order: RevocationOrder
        var stored: StoredGrant
        /// nil: they cannot be opened.
        var tokens: [TokenKind: Secret]?
    }

    private func due(at provider: ProviderID, besides worked: Set<Int64>) async throws -> [Work] {
        let (now, rows) = (environment.clock.now(), rows)
        // What was decided before a blackout waits like what is decided in it: receivers would see it end now. What a
        // person ordered goes on.
        let isBlackedOut = environment.blackouts.current(at: now) != nil
        var narrowed = selection
        narrowed.provider = provider
        let wanted = narrowed
        return try await environment.store.read { reading in
            let orders: [RevocationOrder]
            if let rows {
                var found: [RevocationOrder] = []
                for row in rows.subtracting(worked).sorted() where found.count < Self.batchSize {
                    guard try reading.grant(row: row)?.grant.key.provider == provider,
                        let order = try reading.revocation(row: row)
                    else { continue }
                    found.append(order)
                }
                orders = found
            } else {
                let frozen = try reading.freezes().map(\.selection) + (isBlackedOut ? [GrantSelection()] : [])
                orders = try reading.revocations(
                    dueBy: now,
                    in: wanted,
                    frozen: frozen,
                    limit: Self.batchSize + worked.count
                ).filter { !worked.contains($0.row) }
            }
            return try orders.prefix(Self.batchSize).compactMap { order in
                guard let stored = try reading.grant(row: order.row), stored.grant.key.provider == provider
                else { return nil }
                // One token that does not open must not stop all others.
                return Work(order: order, stored: stored, tokens: try? reading.tokens(of: order.row))
            }
        }
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

    private func attempt(
        _ orders: [Work],
        _ settings: ProviderSettings,
        _ client: any ProviderClient
    ) async -> [Attempt] {
        let probe = ProviderProbe(
            client: client,
            canaries: await client.canaries(),
            clock: environment.clock,
            madeUp: randomToken
        )
        let before = await probe.read(times: 1, controls: [:])
        if let why = before.unreachable {
            return orders.map { Attempt(work: $0, outcome: .failed(why.rawValue, retryAfter: nil)) }
        }
        let tried = await inParallel(orders, width: settings.limits.inFlight) { work in
            await RevocationExchange(work: work, settings: settings, client: client).perform()
        }
        let after = await probe.read(times: 1, controls: [:])
        return zip(orders, tried).map { work, exchange in
            Attempt(work: work, outcome: exchange.outcome(before: before, after: after))
        }
    }

    // MARK: What came of it

    private func store(
        _ attempt: Attempt,
        _ assessor: Assessor,
        _ now: Timestamp,
        _ writing: any StoreWriting,
        _ report: inout Report
    ) throws {
        var order = attempt.work.order
        guard var stored = try writing.grant(row: order.row),
            stored.grant.standing == .revoking || stored.grant.standing == .stuck
        else { return }
        var why: String?
        switch attempt.outcome {
        case .done(let proof):
            stored.grant.standing = order.target
            stored.grant.proof = proof
            stored.endedAt = now
            if proof == .acknowledged, let end = stored.grant.accessTokenExpiresAt, end > now {
                stored.grant.residualUntil = end
            }
            try writing.removeRevocation(row: order.row)
            report.ended[order.target, default: 0] += 1
            report.proofs[proof, default: 0] += 1
        case .refused(let reason):
            why = reason
            fail(&order, &stored, reason, at: now, next: reason == "wrong-client" ? nil : now + .days(1))
            stored.grant.standing = .stuck
            try writing.setRevocation(order)
            report.stuck[reason, default: 0] += 1
        case .failed(let reason, let retryAfter):
            why = reason
            let policy = assessor.policy(of: stored.grant)
            let backoff = Duration.minutes(1 << Int64(min(order.tries, 8)))
            fail(&order, &stored, reason, at: now, next: now + max(backoff, retryAfter ?? .zero))
            let isLong = now - (order.firstTriedAt ?? now) >= policy.giveUpAfter
            if stored.grant.standing == .stuck || (isLong && order.tries >= policy.giveUpTries) {
                stored.grant.standing = .stuck
                order.nextTryAt = now + .days(1)
                report.stuck[reason, default: 0] += 1
            } else {
                report.retrying += 1
            }
            try writing.setRevocation(order)
        }
        try writing.save(stored)
        if stored.grant.standing != stored.readStanding { try tell(stored, order, why, now, writing) }
        if rows != nil {
            report.lines.append(
                .init(key: stored.grant.key, standing: stored.grant.standing, proof: stored.grant.proof, why: why)
            )
        }
    }

    private func fail(
        _ order: inout RevocationOrder,
        _ stored: inout StoredGrant,
        _ why: String,
        at now: Timestamp,
        next: Timestamp?
    ) {
        order.tries += 1
        order.firstTriedAt = order.firstTriedAt ?? now
        order.lastFailure = why
        order.nextTryAt = next
    }

    private func tell(
        _ stored: StoredGrant,
        _ order: RevocationOrder,
        _ why: String?,
        _ now: Timestamp,
        _ writing: any StoreWriting
    ) throws {
        let transition = Lifecycle.transitions.first {
            $0.from == stored.readStanding && $0.to == stored.grant.standing
        }
        guard let transition else { return }
        var event = Event(transition.event, at: now, about: stored.grant)
        event.reason = why ?? order.reason
        event.rule = order.rule
        event.run = run
        event.actor = order.actor
        event.reference = order.reference
        try writing.append(event, about: stored)
    }
}

extension RevocationJob.Report {
    fileprivate mutating func add(_ other: Self) {
        ended.merge(other.ended, uniquingKeysWith: +)
        proofs.merge(other.proofs, uniquingKeysWith: +)
        stuck.merge(other.stuck, uniquingKeysWith: +)
        retrying += other.retrying
        lines += other.lines
    }
}
