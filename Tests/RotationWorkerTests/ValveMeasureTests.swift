import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// Above and below the valve's line the same grants are counted.
@Suite struct ValveMeasureTests {
    private func short(_ count: Int, end: Timestamp) -> [Grant] {
        (0..<count).map { number in
            idleGrant("short-\(number)") {
                $0.lastUsedAt = nil
                $0.expiresAt = end
                $0.observedFrom = nil
                $0.observedUntil = nil
            }
        }
    }

    private func rig(_ flood: [Grant], hasToken: Bool = false) async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy.totalValve.count = 10_000
        rig.settings.policy.totalValve.sharePercent = 100
        try await rig.add((1...20).map { idleGrant("long-\($0)") })
        try await rig.add(flood, hasToken: hasToken)
        return rig
    }

    @Test func `what ends by itself hides nothing, in the plan that ends it`() async throws {
        let rig = try await rig(short(300, end: start - .minutes(5)))
        let (plan, applied) = try await rig.rotate()
        #expect(plan.rules == [.expired: 300, .unused: 20])
        #expect(plan.held.contains { $0.why == "valve-share" } && applied.actions["end"] == nil)
    }

    @Test func `what ended by itself hides nothing, in the runs of the day after it`() async throws {
        let rig = try await Rig()
        rig.settings.policy.totalValve.count = 10_000
        rig.settings.policy.totalValve.sharePercent = 100
        try await rig.add(short(300, end: start - .minutes(5)), hasToken: false)
        #expect(try await rig.rotate().applied.ended == [.expired: 300])
        try await rig.add((1...20).map { idleGrant("long-\($0)") })
        #expect(try await rig.rotate().plan.held.map(\.why).contains("valve-share"))
    }

    @Test(arguments: [(Int64(23), true), (25, false)])
    func `what will end by itself within the window hides nothing either`(hours: Int64, isHeld: Bool) async throws {
        let rig = try await rig(short(300, end: start + .hours(hours)))
        let (plan, _) = try await rig.rotate()
        #expect(plan.held.contains { $0.why == "valve-share" } == isHeld)
    }

    @Test func `an end that counts as absent is live`() async throws {
        let rig = try await rig(short(300, end: start - .hours(1)), hasToken: true)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.notes[.awaitsInactive] == 300)
        #expect(plan.held.isEmpty && applied.actions["end"] == 20)
    }

    @Test func `a plan for one client is measured against what is left when the ripe ends are gone`() async throws {
        let rig = try await rig(
            short(300, end: start - .minutes(5)).map { given in
                var grant = given
                grant.client = "other"
                return grant
            }
        )
        let (plan, _) = try await rig.plan(selection: GrantSelection(client: "portal"))
        #expect(plan.rules == [.unused: 20] && plan.held.map(\.why).contains("valve-share"))
    }

    @Test func `what had ended and ends once more is no life that ends are measured against`() async throws {
        let rig = try await rig([])
        let ids = (0..<300).map { "again-\($0)" }
        try await rig.add(ids.map { idleGrant($0, idle: 1) })
        try await rig.store.write { writing in
            for id in ids {
                var stored = try #require(try writing.grant(.init(provider: "idp", id: id)))
                stored.grant.standing = .revoked
                stored.endedAt = start - .days(30)
                stored.grant.resurfacedAt = start - .days(1)
                try writing.save(stored)
            }
        }
        let order = RevocationByHand(rig.environment)
        let keys = ids.map { Grant.Key(provider: "idp", id: $0) }
        let forecast = try await order.forecast(keys, nil, takesAlong: false)
        #expect(try await order.execute(forecast, reason: "they live", reference: nil, run: 1).count == 300)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.held.map(\.why).contains("valve-share") && applied.actions["end"] == nil)
    }

    @Test func `an order by hand is measured as a plan is`() async throws {
        let rig = try await rig(short(300, end: start - .minutes(5)))
        let keys = (1...20).map { Grant.Key(provider: "idp", id: "long-\($0)") }
        let forecast = try await RevocationByHand(rig.environment).forecast(keys, nil, takesAlong: false)
        #expect(forecast.excess == "more than the valve lets end for acme at idp")
    }

    @Test func `an order by hand counts the ends of the partition's own window`() async throws {
        let rig = try await Rig()
        var match = PolicyMatch()
        match.tenant = "acme"
        rig.settings.policy.overrides = [
            PolicyOverride(match: match, changes: [.valveWindow(.hours(72)), .valveCount(5)], source: "overrides[0]")
        ]
        try await rig.add((1...5).map { idleGrant("a-\($0)") })
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        #expect(try await rig.rotate().applied.actions["end"] == 5)
        func excess() async throws -> String? {
            let keys = [Grant.Key(provider: "idp", id: "k-1")]
            return try await RevocationByHand(rig.environment).forecast(keys, nil, takesAlong: false).excess
        }
        rig.clock.advance(by: .hours(71))
        #expect(try await excess() != nil)
        rig.clock.advance(by: .hours(2))
        #expect(try await excess() == nil)
    }
}
