import Grants
import GrantsTestSupport
import Records
import SQLiteStore
import Testing

@testable import RotationWorker

/// Deciding beside the transaction gives what deciding each row within it gives.
@Suite struct ScoutedApplyTests {
    private struct Result: Equatable {
        var standings: [String: Standing] = [:]
        var events: [String] = []
        var actions: [String: Int] = [:]
        var skipped: [String: Int] = [:]
        var queued = 0
    }

    @Test(arguments: 1...12) func `the store is left as by one row after the other`(seed: UInt64) async throws {
        let beside = try await Self.apply(seed: seed) { job, plan, run, lock, _ in
            try await job.apply(plan, run: run, lock: lock)
        }
        let inTurn = try await Self.apply(seed: seed) { _, plan, run, lock, rig in
            let spool = try #require(plan.spool)
            let batch = PlanBatch(
                environment: rig.environment,
                plan: plan,
                spool: spool,
                run: run,
                lock: lock,
                approved: nil,
                clock: .open,
                now: rig.clock.now(),
                from: 0
            )
            return try await rig.store.write { writing in
                var hand = PlanBatch.Hand(batch: batch, writing: writing)
                for record in try spool.read(from: 0, limit: .max) {
                    try hand.carryOut(RowJudge(batch, writing, isStill: false).outcome(of: record))
                }
                return hand.applied
            }
        }
        #expect(beside == inTurn)
        #expect(beside.actions["end", default: 0] > 0)
    }

    /// Half of a partition still closes it.
    private static var wideValve: Valve {
        var valve = Valve()
        (valve.sharePercent, valve.count, valve.max) = (100, 10_000, 10_000)
        return valve
    }

    /// Families of which members are gone or idle, clients whose grants of a subject end together; between plan and
    /// apply some are used, and one tenant is frozen.
    private static func apply(
        seed: UInt64,
        _ body: (ExpiryJob, ExpiryPlan, Int64, JobLock, Rig) async throws -> ExpiryJob.Applied
    ) async throws -> Result {
        var random = SplitMix64(seed: seed)
        let rig = try await Rig()
        rig.settings.tenants = ["acme", "globex"].map { TenantSettings(id: $0, party: .supplier) }
        let wide = Self.wideValve
        (rig.settings.policy.defaults.valve, rig.settings.policy.totalValve) = (wide, wide)
        if seed.isMultiple(of: 2) { rig.settings.providers[0].capabilities.revocationReaches = .clientSubject }
        var added: [Int64] = []
        for number in 0..<300 {
            var grant = idleGrant("g-\(number)")
            if Int.random(in: 0..<4, using: &random) > 0 {
                grant.lastUsedAt = start - .days(.random(in: 1...3, using: &random))
            }
            grant.tenant = Int.random(in: 0..<5, using: &random) == 0 ? "globex" : "acme"
            grant.subject = "u-\(Int.random(in: 0..<150, using: &random))"
            let family = Int.random(in: 0..<3, using: &random) == 0 ? "f-\(number / 4)" : nil
            added += try await rig.add([grant], family: family)
        }
        let rows = added
        let gone = rows.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
        let alive = rows.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        try await rig.store.write { writing in
            for (these, verdict) in [(alive, Verdict.active), (gone, .inactive)] {
                for row in these {
                    guard var stored = try writing.grant(row: row) else { continue }
                    for hours in [5, 4, 3] { stored.grant.validity.record(verdict, at: start - .hours(Int64(hours))) }
                    try writing.save(stored)
                }
            }
        }
        let environment = rig.environment
        let job = ExpiryJob(environment, selection: GrantSelection(), isFull: false)
        let lock = try await rig.store.lock(ExpiryJob.name, owner: environment.actor, at: start)
        let plan = try await job.plan(lock: lock)
        let used = rows.filter { _ in Int.random(in: 0..<10, using: &random) == 0 }
        let run = try await rig.store.write { writing in
            for row in used {
                guard var stored = try writing.grant(row: row) else { continue }
                stored.grant.lastUsedAt = start - .hours(13)
                try writing.save(stored)
            }
            if seed.isMultiple(of: 3) {
                try writing.setFreeze(
                    Freeze(selection: GrantSelection(tenant: "globex"), reason: "audit", since: start)
                )
            }
            return try writing.beginRun(job: "expire", actor: Actor(kind: .schedule), at: start)
        }
        let applied = try await body(job, plan, run, lock, rig)
        let (grants, journal) = try await rig.store.read { reading in
            (try rows.compactMap { try reading.grant(row: $0) }, try reading.journal(after: 0, limit: 10_000))
        }
        return Result(
            standings: Dictionary(grants.map { ($0.grant.key.id, $0.grant.standing) }) { first, _ in first },
            events: try journal.map { entry in
                let body = try JSONObject(parsing: entry.body)
                return "\(body["type"]?.stringValue ?? "-") \(body["grant"]?.stringValue ?? "-")"
            },
            actions: applied.actions,
            skipped: applied.skipped,
            queued: applied.queued
        )
    }
}
