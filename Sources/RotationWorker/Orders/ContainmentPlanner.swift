package import Grants

/// Makes the plan of an order to contain a supplier, a client or a provider: in one snapshot, writing nothing.
package struct ContainmentPlanner: Sendable {
    /// Gets the grants one by one, covered ones in key order, then what goes along.
    package typealias RowHandler = @Sendable (StoredGrant, ContainmentPlan.Role) throws -> Void

    private let environment: RotationEnvironment
    private let now: Timestamp

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
        now = environment.clock.now()
    }

    /// The plan for all grants of the selection that have not ended, or have resurfaced since; with `takesAlong` also for
    /// what their revocation ends in addition, with `evenOwn` also for those that only a record protects.
    package func plan(
        _ selection: GrantSelection,
        takesAlong: Bool,
        evenOwn: Bool = false,
        rows: RowHandler? = nil
    ) async throws -> ContainmentPlan {
        let (environment, now) = (environment, now)
        return try await environment.store.read { reading in
            var walk = try Walk(environment, selection, takesAlong: takesAlong, now: now, rows, reading)
            walk.evenOwn = evenOwn
            var done = 0
            try reading.forEach(.unended, in: selection) { stored in
                try walk.take(stored)
                done += 1
                if done.isMultiple(of: 10_000) { environment.progress(.init(step: "planning", done: done, total: nil)) }
            }
            try reading.forEach(.resurfaced, in: selection) { stored in
                if stored.grant.hasEnded { try walk.take(stored) }
            }
            return try walk.finish(reading)
        }
    }
}

extension ContainmentPlanner {
    /// The plan while the store is walked through.
    private struct Walk {
        let environment: RotationEnvironment
        let selection: GrantSelection
        let takesAlong: Bool
        var evenOwn = false
        let now: Timestamp
        let rows: RowHandler?
        let assessor: Assessor
        let freezes: [GrantSelection]
        var counts: [ContainmentPlan.Share: Int] = [:]
        var works: [ProviderID: ContainmentForecast.Work] = [:]
        var selfProtected = ContainmentPlan.Listed()
        var shielded = ContainmentPlan.Listed()
        var frozen = ContainmentPlan.Listed()
        var spared: Set<Int64> = []
        var withoutCredentials = ContainmentPlan.Listed()
        var cutBundles = 0
        var samples: [ProviderID: ContainmentSample] = [:]
        /// The rows of what goes along: eight bytes each.
        var along: Set<Int64> = []
        var digest: PlanDigest
        /// Over what yields to `--even-own`, apart from the rest: the plan's hash is the same with and without it.
        var ownDigest = PlanDigest(Array("even-own".utf8))
        var yielding = ContainmentPlan.Listed()
        var resurfaced = ContainmentPlan.Listed()
        var spool: PlanSpool.Writer

        init(
            _ environment: RotationEnvironment,
            _ selection: GrantSelection,
            takesAlong: Bool,
            now: Timestamp,
            _ rows: RowHandler?,
            _ reading: any StoreReading
        ) throws {
            self.rows = rows
            (self.environment, self.selection, self.takesAlong, self.now) = (environment, selection, takesAlong, now)
            assessor = try Assessor(
                reading,
                environment.settings,
                ownTokens: environment.ownTokens,
                now: now,
                remembers: true
            )
            freezes = try reading.freezes().map(\.selection)
            digest = PlanDigest(Array("contain".utf8), Array(selection.key.utf8))
            spool = try PlanSpool.Writer()
        }

        mutating func take(_ stored: StoredGrant) throws {
            let key = stored.grant.key
            let ownership = try assessor.context(of: stored).ownership
            var (bundle, strongest) = (Assessor.Bundle(), ownership)
            // What is being revoked was looked at when that was decided.
            if stored.grant.standing != .revoking, ownership != .byToken {
                bundle = try assessor.bundle(of: stored, in: selection)
                strongest = max(ownership, bundle.ownership)
            }
            if strongest.isOurs {
                let yields = assessor.yields(strongest, at: key.provider)
                if yields {
                    yielding.add(key)
                    ownDigest.add(Array(key.description.utf8))
                }
                guard yields, evenOwn else {
                    if ownership.isOurs { selfProtected.add(key) } else { shielded.add(key) }
                    spared.insert(stored.row)
                    try rows?(stored, ownership.isOurs ? .selfProtected : .shielded)
                    return
                }
            }
            if bundle.isCut { cutBundles += 1 }
            along.formUnion(bundle.outside)
            try rows?(stored, .covered)
            if !strongest.isOurs { digest.add(Array(key.description.utf8)) }
            if stored.grant.hasEnded { resurfaced.add(key) }
            try add(stored)
        }

        private mutating func add(_ stored: StoredGrant) throws {
            let grant = stored.grant
            counts[.init(grant), default: 0] += 1
            try spool.append(.init(row: stored.row))
            if freezes.contains(where: { $0.includes(grant) }) { frozen.add(grant.key) }
            let canRevoke = try assessor.context(of: stored).canRevoke
            if !canRevoke { withoutCredentials.add(grant.key) }
            works[grant.key.provider, default: .init()].grants += 1
            let requests = canRevoke ? requests(for: grant) : 0
            works[grant.key.provider, default: .init()].requests += requests
            works[grant.key.provider, default: .init()].longest = max(
                works[grant.key.provider]?.longest ?? 0,
                requests
            )
            samples[grant.key.provider, default: .init()].add(stored)
        }

        /// Ask, revoke, ask again: each of the grant's tokens, as far as the provider says and does anything of its kind.
        private func requests(for grant: Grant) -> Int {
            guard let provider = environment.settings(of: grant.key.provider), provider.revocation == .provider
            else { return 0 }
            let kinds = TokenKind.allCases.filter {
                $0 == .refreshToken ? grant.holdsRefreshToken : grant.holdsAccessToken
            }
            let asked = kinds.count { provider.capabilities.introspects.contains($0) }
            return 2 * asked + kinds.count { provider.capabilities.revokes.contains($0) }
        }

        consuming func finish(_ reading: any StoreReading) throws -> ContainmentPlan {
            var collateral = ContainmentPlan.Listed()
            var others = PlanDigest(Array("collateral".utf8), Array("cut \(cutBundles)".utf8))
            for row in along.sorted() {
                guard let stored = try reading.grant(row: row) else { continue }
                collateral.add(stored.grant.key)
                try rows?(stored, .collateral)
                others.add(Array(stored.grant.key.description.utf8))
                if takesAlong { try add(stored) }
            }
            var plan = ContainmentPlan(
                selection: selection,
                asOf: now,
                takesAlong: takesAlong,
                spool: try spool.finish()
            )
            plan.collateral = collateral
            // The same whether they are taken along or not: a person sees both hashes at once.
            if !along.isEmpty || cutBundles > 0 {
                plan.collateralHash = others.hex
                digest.add(Array("with \(others.hex)".utf8))
            }
            if yielding.count > 0 {
                plan.evenOwnHash = ownDigest.hex
                digest.add(Array("even-own \(ownDigest.hex)".utf8))
            }
            plan.hash = digest.hex
            plan.yielding = yielding
            plan.resurfaced = resurfaced
            plan.counts = counts
            plan.cutBundles = cutBundles
            plan.selfProtected = selfProtected
            plan.shielded = shielded
            plan.spared = spared
            plan.frozen = frozen
            plan.withoutCredentials = withoutCredentials
            plan.samples = samples
            try complete(&plan, reading)
            return plan
        }

        /// What the providers say to it.
        private func complete(_ plan: inout ContainmentPlan, _ reading: any StoreReading) throws {
            let mine = plan.providers
            for (id, hold) in try reading.heldProviders() where mine.contains(id) {
                plan.held[id] = .init(why: hold.why, until: nil)
            }
            for (id, breaker) in try reading.breakers() where mine.contains(id) && !breaker.mayTry(at: now) {
                plan.silent[id] = .init(why: breaker.lastError, until: breaker.retryAt)
            }
            plan.announcing = Set(
                environment.settings.providers.filter { $0.revocation == .events }.map(\.id)
            )
            plan.rehearsal = try reading.setting(RehearsalRecord.setting(of: selection))
                .flatMap(RehearsalRecord.init(stored:))
            for id in mine {
                guard let settings = environment.settings(of: id), var work = works[id] else { continue }
                let batches = (work.grants + RevocationJob.batchSize - 1) / RevocationJob.batchSize
                // What is known is asked about around each batch.
                let known = settings.capabilities.introspects.isEmpty ? 0 : 2 * (1 + settings.canaries.count)
                if work.requests > 0 {
                    work.requests += batches * known
                    work.longest += known
                }
                let rate = QuestionRate(stored: try reading.setting(QuestionRate.setting(of: id)))
                let measured = plan.rehearsal?.providers.first { $0.provider == id }
                plan.forecasts.append(
                    ContainmentForecast(
                        provider: id,
                        work: work,
                        limits: settings.limits,
                        batch: RevocationJob.batchSize,
                        measured: rate?.perSecond,
                        latency: measured?.latency,
                        // Without a token or credentials nothing ends, however long one waits.
                        waits: plan.held[id] != nil || (work.requests == 0 && settings.revocation == .provider)
                    )
                )
            }
        }
    }
}

extension PlanSpool.Record {
    /// A row to end by a person's order, and nothing more.
    init(row: Int64) {
        self.init(
            row: row,
            oldDue: PlanSpool.none,
            newDue: PlanSpool.none,
            partition: 0,
            kind: 2,
            rule: 0,
            gate: 0,
            valveHolds: false,
            waits: false,
            action: 0
        )
    }
}
