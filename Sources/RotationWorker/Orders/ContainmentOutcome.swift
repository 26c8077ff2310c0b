package import Grants

/// How far a containment has come, read from the store: whoever did the work, a worker's runs included.
package struct ContainmentOutcome: Sendable {
    /// What became of the grants of one provider, or of all.
    package struct Share: Sendable {
        package var ended = 0
        package var proofs: [Proof: Int] = [:]
        /// Why → number: the provider refuses, a person is needed.
        package var stuck: [String: Int] = [:]
        /// Why → number: tried again by itself.
        package var queued: [String: Int] = [:]
        /// Neither ended nor decided: why → number.
        package var notOrdered: [String: Int] = [:]
        package var firstEndedAt: Timestamp?
        package var lastEndedAt: Timestamp?
        /// Ended grants of which nothing shows that the refresh token, or its successor, is dead.
        package var livingOn = 0
        /// Ended grants whose access token may live on, and until when the last of them.
        package var residual = 0
        package var residualUntil: Timestamp?

        package init() {}

        package var remaining: Int {
            [stuck, queued, notOrdered].reduce(0) { $0 + $1.values.reduce(0, +) }
        }
    }

    package var orderedAt: Timestamp
    package var providers: [ProviderID: Share] = [:]
    /// Grants that the order covers and the plan did not know: imported meanwhile, and not ended.
    package var cameMeanwhile = 0

    package var all: Share { providers.values.reduce(into: Share()) { $0.add($1) } }

    package var isComplete: Bool { all.remaining == 0 && all.livingOn == 0 && cameMeanwhile == 0 }

    /// From the order to an end; nil where nothing has ended.
    package func seconds(to end: Timestamp?) -> Double? {
        end.map { Double(($0 - orderedAt).milliseconds) / 1_000 }
    }

    /// Reads how the plan's rows are now, and what is there besides.
    ///
    /// Memory holds a page of them, and eight bytes for each that has not ended.
    package static func read(
        _ plan: ContainmentPlan,
        orderedAt: Timestamp,
        _ environment: RotationEnvironment
    ) async throws -> ContainmentOutcome {
        var outcome = ContainmentOutcome(orderedAt: orderedAt)
        var accounted = plan.spared
        var next = 0
        while next < plan.spool.count {
            let rows = try plan.spool.read(from: next, limit: 2_000).map(\.row)
            let (page, known) = (rows, outcome)
            let unended: [Int64]
            (outcome, unended) = try await environment.store.read { reading in
                var (outcome, unended) = (known, [Int64]())
                let held = try reading.heldProviders()
                let silent = try reading.breakers()
                let freezes = try reading.freezes().map(\.selection)
                for row in page {
                    guard let stored = try reading.grant(row: row) else { continue }
                    let provider = stored.grant.key.provider
                    if !stored.grant.hasEnded || stored.grant.resurfacedAt != nil { unended.append(row) }
                    let order = try reading.revocation(row: row)
                    var obstacle = silent[provider] != nil ? "provider-silent" : nil
                    if held[provider] != nil, order?.whileHeld != true { obstacle = Gates.Gate.heldProvider.rawValue }
                    if order?.whileFrozen != true, freezes.contains(where: { $0.includes(stored.grant) }) {
                        obstacle = Gates.Gate.frozen.rawValue
                    }
                    outcome.providers[provider, default: Share()].add(
                        stored,
                        order,
                        obstacle: obstacle,
                        livesOn: try stored.grant.hasEnded && reading.mayLiveOn(row: row),
                        since: orderedAt
                    )
                }
                return (outcome, unended)
            }
            accounted.formUnion(unended)
            next += rows.count
        }
        let (selection, planned) = (plan.selection, accounted)
        outcome.cameMeanwhile = try await environment.store.read { reading in
            var count = 0
            try reading.forEach(.unended, in: selection) { if !planned.contains($0.row) { count += 1 } }
            try reading.forEach(.resurfaced, in: selection) { stored in
                if stored.grant.hasEnded, !planned.contains(stored.row) { count += 1 }
            }
            return count
        }
        return outcome
    }
}

extension ContainmentOutcome.Share {
    fileprivate mutating func add(
        _ stored: StoredGrant,
        _ order: RevocationOrder?,
        obstacle: String?,
        livesOn: Bool,
        since: Timestamp
    ) {
        switch stored.grant.standing {
        case .expired where stored.grant.resurfacedAt != nil, .revoked where stored.grant.resurfacedAt != nil:
            notOrdered["resurfaced", default: 0] += 1
        case .expired, .revoked:
            ended += 1
            proofs[stored.grant.proof ?? .observed, default: 0] += 1
            if let end = stored.endedAt, end >= since {
                firstEndedAt = min(firstEndedAt ?? end, end)
                lastEndedAt = max(lastEndedAt ?? end, end)
            }
            if livesOn { livingOn += 1 }
            if let until = stored.grant.residualUntil {
                residual += 1
                residualUntil = max(residualUntil ?? until, until)
            }
        case .stuck:
            stuck[order?.lastFailure ?? "unknown", default: 0] += 1
        case .revoking:
            queued[obstacle ?? order?.lastFailure ?? "not-tried", default: 0] += 1
        case .active, .noticed, .quarantined:
            notOrdered["not-ordered", default: 0] += 1
        }
    }

    fileprivate mutating func add(_ other: Self) {
        ended += other.ended
        proofs.merge(other.proofs, uniquingKeysWith: +)
        stuck.merge(other.stuck, uniquingKeysWith: +)
        queued.merge(other.queued, uniquingKeysWith: +)
        notOrdered.merge(other.notOrdered, uniquingKeysWith: +)
        residual += other.residual
        livingOn += other.livingOn
        firstEndedAt = [firstEndedAt, other.firstEndedAt].compactMap(\.self).min()
        lastEndedAt = [lastEndedAt, other.lastEndedAt].compactMap(\.self).max()
        residualUntil = [residualUntil, other.residualUntil].compactMap(\.self).max()
    }
}
