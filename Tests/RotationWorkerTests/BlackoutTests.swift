import Grants
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// The first hour of the tests' first day is blacked out, and so is the same hour of each day.
@Suite struct BlackoutTests {
    static let blackout = Blackout(cron: "0 0 * * *", length: .hours(1), reason: "closing")

    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.blackouts = try BlackoutCalendar([Self.blackout])
        return rig
    }

    @Test func `a blackout holds the whole plan, which no approval releases, and lets it go at its end`() async throws {
        let rig = try await rig()
        try await rig.add((1...3).map { idleGrant("g-\($0)") } + [idleGrant("h-1") { $0.tenant = "globex" }])
        try await rig.add((1...10).map { idleGrant("k-\($0)", idle: 1) })
        let (plan, applied) = try await rig.rotate()
        #expect(plan.held.map(\.why) == ["blackout", "blackout"])
        #expect(plan.held.map(\.wouldEnd) == [3, 1])
        #expect(plan.held.allSatisfy { !$0.isApprovable })
        #expect(plan.blackout?.blackout == Self.blackout && plan.blackout?.end == start + .hours(1))
        #expect(applied.actions.isEmpty)
        var standings = try await rig.standings()
        #expect(standings.values.allSatisfy { $0 == .active })
        rig.clock.advance(by: .hours(1))
        let after = try await rig.rotate(full: false)
        #expect(after.plan.held.isEmpty && after.plan.blackout == nil)
        standings = try await rig.standings()
        #expect(standings.filter { $0.value == .revoking }.keys.sorted() == ["g-1", "g-2", "g-3", "h-1"])
    }

    @Test func `a blackout holds notices and quarantines, and lets reprieves through`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.notice = .days(7)
        rig.clock.advance(by: .hours(2))
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        try await rig.add([idleGrant("g-2")])
        rig.clock.set(start + .days(1))
        try await rig.ingest(#"{"feed":"hand","at":"\#(rig.clock.now())","grant":"g-1"}"#)
        let (plan, _) = try await rig.rotate()
        #expect(plan.held.map(\.why) == ["blackout"] && plan.held.first?.wouldEnd == 0)
        let (standings, events) = (try await rig.standings(), try await rig.events())
        #expect(standings == ["g-1": .active, "g-2": .active])
        #expect(events.contains("grant.reprieved"))
    }

    @Test func `a blackout that begins after the plan holds it`() async throws {
        let rig = try await rig()
        rig.clock.advance(by: .hours(23))
        try await rig.add([idleGrant("g-1")])
        let (plan, job) = try await rig.plan()
        #expect(plan.held.isEmpty)
        rig.clock.advance(by: .hours(1))
        let applied = try await rig.apply(plan, job)
        #expect(applied.skipped == ["held-meanwhile": 1])
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active])
        rig.clock.advance(by: .hours(1))
        let again = try await rig.rotate(full: false)
        #expect(again.applied.actions["end"] == 1)
    }

    @Test func `a blackout stops what the rules decided before it, not what a person ordered`() async throws {
        let rig = try await rig()
        rig.clock.advance(by: .hours(23))
        try await rig.add([idleGrant("g-1"), idleGrant("h-1", idle: 1)])
        try await rig.rotate()
        rig.clock.advance(by: .hours(1))
        try await rig.order("h-1")
        _ = try await rig.revoke()
        var standings = try await rig.standings()
        #expect(standings == ["g-1": .revoking, "h-1": .revoked])
        rig.clock.advance(by: .hours(1))
        _ = try await rig.revoke()
        standings = try await rig.standings()
        #expect(standings == ["g-1": .expired, "h-1": .revoked])
    }

    @Test func `the plan of a blackout stays the same until other rows are in it`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1")])
        let (first, _) = try await rig.plan()
        let (second, _) = try await rig.plan()
        #expect(first.held.map(\.hash) == second.held.map(\.hash) && first.held.count == 1)
    }
}
