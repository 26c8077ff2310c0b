import Grants
import RotationWorker
import SQLiteStore
import Synchronization
import Testing

/// Grants that end together or not at all.
@Suite struct TogetherTests {
    @Test func `what an end reaches reaches further, and one in use keeps them all`() async throws {
        let rig = try await Rig()
        try await rig.add(
            [idleGrant("g-1") { $0.subject = "u-1" }, idleGrant("m-1") { $0.subject = "u-2" }],
            family: "f-1"
        )
        try await rig.add([idleGrant("n-1", idle: 1) { $0.subject = "u-2" }])
        for _ in 0..<2 {
            let (plan, applied) = try await rig.rotate()
            #expect(plan.refused == ["collateral": 2] && applied.actions["end"] == nil)
        }
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "m-1": .active, "n-1": .active])
    }

    @Test func `grants that are not due count for the valve with the one that takes them along`() async throws {
        let rig = try await Rig()
        try await rig.add((10...49).map { idleGrant("g-\($0)") { $0.subject = "u-1" } })
        let exemption = Exemption(owner: "kim", reason: "audit", until: start + .hours(12))
        let key = Grant.Key(provider: "idp", id: "g-10")
        _ = try await GateOrders(rig.environment).exempt(key, exemption, reference: nil)
        let (kept, _) = try await rig.rotate()
        #expect(kept.refused == ["collateral": 39] && kept.rules[.exempt] == 1)
        rig.clock.advance(by: .hours(12))
        let due = try await rig.store.read { try $0.count(.due(start + .hours(12)), in: GrantSelection()) }
        #expect(due == 1)
        let job = ExpiryJob(rig.environment, selection: GrantSelection(), isFull: false)
        let rows = CollectedRows()
        let plan = try await job.plan(rows: rows)
        #expect(plan.actions["end"] == 40 && rows.ids.count == 40)
        #expect(plan.held.map(\.wouldEnd) == [40])
        let applied = try await rig.apply(plan, job)
        #expect(applied.actions["end"] == nil)
        let (again, approved) = try await rig.plan(full: false)
        #expect(again.held.map(\.hash) == plan.held.map(\.hash) && again.planHash == plan.planHash)
        let ended = try await rig.apply(again, approved, approving: plan.held.first?.hash)
        #expect(ended.actions["end"] == 40)
    }

    @Test func `a family of more than 500 is left to a person, not announced`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        try await rig.add((1...501).map { idleGrant("g-\($0)") }, family: "f-1")
        let appraisal = try await GrantAppraiser(rig.environment).appraisal(of: .init(provider: "idp", id: "g-1"))
        #expect(appraisal?.decision.action == .keep && appraisal?.decision.rule == .collateral)
    }

    @Test func `a member that was to be superseded never ends the consent with it`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)], family: "f-1")
        rig.clock.advance(by: .minutes(1))
        try await rig.add([idleGrant("g-2", idle: 1)], family: "f-1")
        let gone: @Sendable (inout StoredGrant) -> Void = { stored in
            for hour in [Int64(-3), -2] { stored.grant.validity.record(.inactive, at: start + .hours(hour)) }
        }
        try await rig.change("g-1") { stored in
            stored.grant.lastUsedAt = start - .days(1)
            gone(&stored)
        }
        try await rig.change("g-2") { $0.grant.validity.record(.active, at: start - .hours(1)) }
        let (plan, job) = try await rig.plan()
        #expect(plan.actions["end"] == 1 && plan.rules[.goneAtProvider] == 1)
        try await rig.change("g-2", gone)
        let applied = try await rig.apply(plan, job)
        #expect(applied.skipped == ["decision-changed": 1] && applied.ended.isEmpty)
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "g-2": .active])
    }

    @Test func `the use of a member that has ended is the family's use`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2", idle: 10)], family: "f-1")
        try await rig.change("g-2") { stored in
            stored.grant.standing = .expired
            stored.endedAt = start - .days(9)
        }
        let (plan, _) = try await rig.rotate()
        #expect(plan.rules == [.keep: 1])
        let standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .active)
    }

    @Test func `a use of one member lets its announced siblings go in the next run`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")], family: "f-1")
        try await rig.rotate(full: false)
        rig.clock.advance(by: .hours(1))
        try await rig.ingest(#"{"feed":"hand","at":"\#(rig.clock.now())","grant":"g-1"}"#)
        try await rig.rotate(full: false)
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "g-2": .active])
    }

    @Test func `over its lifetime by its oldest member, a family stays whole where one is exempt`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.maxLifetime = .days(300)
        rig.settings.policy.defaults.lifetimeNotice = .zero
        let young = idleGrant("g-2", idle: 1) { $0.issuedAt = start - .days(20) }
        try await rig.add([idleGrant("g-1", idle: 1), young], family: "f-1")
        let exemption = Exemption(owner: "kim", reason: "audit", until: start + .days(60))
        _ = try await GateOrders(rig.environment).exempt(.init(provider: "idp", id: "g-2"), exemption, reference: nil)
        for _ in 0..<3 {
            let (plan, applied) = try await rig.rotate(full: false)
            #expect(plan.actions["end"] == nil && applied.skipped.isEmpty)
            rig.clock.advance(by: .days(2))
        }
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "g-2": .active])
    }
}

/// The rows of a plan as they are made.
private final class CollectedRows: PlanRowReceiver {
    private let rows = Mutex<Set<String>>([])
    var ids: Set<String> { rows.withLock { $0 } }
    func receive(_ row: PlanRow) throws { rows.withLock { _ = $0.insert(row.grant.key.id) } }
    func restart() { rows.withLock { $0.removeAll() } }
}
