import Grants
import RotationWorker
import SQLiteStore
import Testing

/// What a gate holds is planned again until it opens.
@Suite struct HeldRowTests {
    /// Some idle for 60 days and 60 in use, judged by 90 days.
    private func judged(_ idle: Int) async throws -> Rig {
        let rig = try await Rig()
        try await rig.add((10..<10 + idle).map { idleGrant("g-\($0)", idle: 60) })
        try await rig.add((10...69).map { idleGrant("k-\($0)", idle: 1) })
        try await rig.rotate(full: false)
        let due = try await rig.store.read { try $0.count(.due(start), in: GrantSelection()) }
        #expect(due == 0)
        return rig
    }

    @Test func `what a shorter policy would end while observing is ended by the first run that enforces`() async throws
    {
        let rig = try await judged(5)
        rig.settings.policy.defaults.idleAfter = .days(30)
        rig.settings.policy.mode = .observe
        for _ in 0..<2 {
            let (observed, _) = try await rig.rotate(full: false)
            #expect(observed.actions["end"] == 5)
        }
        rig.settings.policy.mode = .enforce
        let (plan, applied) = try await rig.rotate(full: false)
        #expect(plan.actions["end"] == 5 && applied.queued == 5)
    }

    @Test func `what a shorter policy would end and the valve holds can be approved in a later run`() async throws {
        let rig = try await judged(12)
        rig.settings.policy.defaults.idleAfter = .days(30)
        let (first, _) = try await rig.rotate(full: false)
        let hash = try #require(first.held.first?.hash)
        rig.clock.advance(by: .minutes(5))
        let (plan, job) = try await rig.plan(full: false)
        #expect(plan.held.map(\.hash) == [hash])
        let applied = try await rig.apply(plan, job, approving: hash)
        #expect(applied.queued == 12)
    }

    @Test func `a run for one tenant keeps what is held of others`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.valve.count = 1
        for tenant in ["acme", "globex"] {
            try await rig.add(
                (1...3).map { number in idleGrant("\(tenant)-\(number)") { $0.tenant = TenantID(tenant) } }
            )
        }
        try await rig.rotate()
        let (plan, job) = try await rig.plan(selection: GrantSelection(tenant: "acme"))
        try await rig.apply(plan, job)
        let held = try await rig.store.read { try $0.heldPlans() }
        #expect(Set(held.compactMap(\.tenant)) == ["acme", "globex"])
    }

    @Test func `how far the use was observed is no part of the plan's hash`() async throws {
        let rig = try await Rig()
        try await rig.add((1...5).map { idleGrant("g-\($0)") })
        let (before, _) = try await rig.plan()
        rig.clock.advance(by: .hours(1))
        for number in 1...5 {
            try await rig.change("g-\(number)") { $0.grant.observedUntil = start + .hours(1) }
        }
        let (after, _) = try await rig.plan()
        #expect(before.planHash == after.planHash && after.actions["end"] == 5)
        try await rig.change("g-1") { $0.grant.lastUsedAt = start - .days(199) }
        let (used, _) = try await rig.plan()
        #expect(used.planHash != after.planHash)
    }
}
