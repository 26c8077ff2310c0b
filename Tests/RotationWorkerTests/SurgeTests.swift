import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Many grants inactive at once are more likely the provider's fault than the grants' end.
@Suite struct SurgeTests {
    @Test(
        arguments: [
            (100, 5, [], false), (100, 6, [], true), (1_000, 6, [], false), (1_000, 51, [], true),
            (1_000, 50, [], false),
            (1_000, 7, [2, 2, 2], true), (1_000, 6, [2, 2, 2], false), (1_000, 7, [2, 2], false),
            (1_000, 40, [20, 15, 90], false), (0, 0, [], false),
        ] as [(Int, Int, [Int], Bool)]
    )
    func `more than five, and more than 5 % or three times the median`(
        asked: Int,
        newly: Int,
        history: [Int],
        isOne: Bool
    ) {
        let surge = Surge(newlyInactive: newly, asked: asked, history: history)
        #expect(surge.isOne == isOne)
    }

    private func surged(_ count: Int) async throws -> Rig {
        let rig = try await Rig()
        try await rig.add((1...count).map { idleGrant("g-\($0)", idle: 1) })
        try await rig.add((1...20).map { idleGrant("k-\($0)", idle: 1) })
        for number in 1...count { rig.provider.forget("g-\(number)") }
        return rig
    }

    @Test func `a surge counts for nothing, holds the provider, and counts once it is approved`() async throws {
        let rig = try await surged(8)
        let report = try await rig.revalidate()
        #expect(report.pending == 8 && report.held["idp"] == "surge")
        var counts = try await rig.grant("g-1")?.grant.validity.inactiveCount
        #expect(counts == 0)
        let plan = try #require(report.surges.first)
        let wrong = HeldPlan(
            tenant: nil,
            provider: "idp",
            wouldEnd: 8,
            live: 28,
            why: "surge",
            hash: "0",
            policyHash: "",
            heldAt: start,
            selection: GrantSelection()
        )
        let refused = try await GateOrders(rig.environment).approveSurge(wrong, reason: "x")
        #expect(!refused)
        let approved = try await GateOrders(rig.environment).approveSurge(plan, reason: "a supplier left")
        #expect(approved)
        counts = try await rig.grant("g-1")?.grant.validity.inactiveCount
        #expect(counts == 1)
        let holds = try await rig.store.read { try $0.heldProviders() }
        #expect(holds.isEmpty)
    }

    @Test func `a few count at the end of their run`() async throws {
        let rig = try await surged(5)
        let report = try await rig.revalidate()
        #expect(report.pending == 0 && report.held.isEmpty)
        let stored = try await rig.grant("g-1")
        #expect(stored?.grant.validity.inactiveCount == 1 && stored?.dueAt == start)
    }

    @Test func `what a killed run left pending counts for nothing`() async throws {
        let rig = try await Rig()
        let rows = try await rig.add([idleGrant("g-1", idle: 1)])
        try await rig.store.write { writing in
            try writing.setPendingVerdicts([PendingVerdict(row: rows[0], at: start - .hours(1), run: 77)], of: "idp")
        }
        _ = try await rig.revalidate()
        let (pending, validity) = (
            try await rig.store.read { try $0.pendingVerdicts(of: "idp") }, try await rig.grant("g-1")?.grant.validity
        )
        #expect(pending.isEmpty && validity?.inactiveCount == 0)
    }

    @Test func `a thaw forgets the answers that wait for an approval`() async throws {
        let rig = try await surged(8)
        _ = try await rig.revalidate()
        let gates = GateOrders(rig.environment)
        try await gates.freeze(GrantSelection(tenant: "acme"), reason: "incident")
        let isThawed = try await gates.thaw(GrantSelection(tenant: "acme"), reason: "over")
        let pending = try await rig.store.read { try $0.pendingVerdicts(of: "idp") }
        #expect(isThawed && pending.isEmpty)
    }

    @Test func `a surge leaves a hold of another kind in place`() async throws {
        let rig = try await surged(8)
        let asked = CountedQuestions()
        rig.provider.meanwhile { [store = rig.store] token in
            guard token == Secret("rt-g-1"), asked.next() == 1 else { return }
            try? await store.write { try $0.setHold(ProviderHold(why: "stale-tokens", since: start), of: "idp") }
        }
        let report = try await rig.revalidate()
        #expect(report.pending == 8)
        let hold = try await rig.store.read { try $0.heldProviders()["idp"] }
        #expect(hold?.why == "stale-tokens")
    }

    @Test func `a surge is found over a day, and what counted already in it waits with the rest`() async throws {
        let rig = try await surged(3)
        _ = try await rig.revalidate()
        #expect(try await rig.grant("g-1")?.grant.validity.inactiveCount == 1)
        rig.clock.advance(by: .hours(20))
        for number in 1...3 { rig.provider.forget("k-\(number)") }
        let report = try await rig.revalidate()
        #expect(report.held["idp"] == "surge" && report.pending == 6)
        let first = try await rig.grant("g-1")?.grant.validity
        #expect(first?.inactiveCount == 0 && first?.inactiveSince == nil)
        let plan = try #require(report.surges.first)
        #expect(plan.wouldEnd == 6)
        #expect(try await GateOrders(rig.environment).approveSurge(plan, reason: "they left"))
        #expect(try await rig.grant("g-1")?.grant.validity.inactiveCount == 1)
        // What was approved makes no surge again.
        rig.clock.advance(by: .hours(1))
        let next = try await rig.revalidate()
        #expect(next.held.isEmpty && next.inactive == 6)
        #expect(try await rig.grant("g-1")?.grant.validity.inactiveCount == 2)
    }

    @Test func `what turned inactive more than a day ago makes no surge with what does now`() async throws {
        let rig = try await surged(3)
        _ = try await rig.revalidate()
        rig.clock.advance(by: .hours(25))
        for number in 1...3 { rig.provider.forget("k-\(number)") }
        #expect(try await rig.revalidate().held.isEmpty)
    }

    @Test func `a surge ends by an approval alone`() async throws {
        let rig = try await surged(8)
        _ = try await rig.revalidate()
        rig.provider.answer { $0 == ScriptedProvider.madeUp ? nil : .active(TokenFacts()) }
        for _ in 0..<3 {
            rig.clock.advance(by: .hours(30))
            #expect(try await rig.revalidate().held["idp"] == "surge")
        }
        rig.provider.answer { _ in nil }
        rig.provider.refuse { _ in IntrospectionAnswer(.unknown(.credentials)) }
        _ = try await rig.revalidate()
        rig.provider.refuse { _ in nil }
        _ = try await rig.revalidate()
        #expect(try await rig.store.read { try $0.heldProviders()["idp"]?.why } == "surge")
    }

    @Test func `members that a successor carries on make no surge`() async throws {
        for isFamily in [true, false] {
            let rig = try await Rig()
            for number in 1...8 {
                let family = isFamily ? "f-\(number)" : nil
                rig.clock.set(start - .days(1))
                try await rig.add([idleGrant("g-\(number)", idle: 1)], family: family)
                rig.clock.set(start)
                try await rig.add([idleGrant("k-\(number)", idle: 1)], family: family)
                rig.provider.forget("g-\(number)")
            }
            #expect(try await rig.revalidate().held.isEmpty == isFamily)
        }
    }

    @Test(arguments: [(isLater: false, coversAnother: false), (true, true), (true, false)])
    func `only what the planner takes for a successor keeps a member out of a surge`(
        isLater: Bool,
        coversAnother: Bool
    ) async throws {
        let rig = try await Rig()
        for number in 1...8 {
            rig.clock.set(isLater ? start - .days(1) : start)
            try await rig.add([idleGrant("g-\(number)", idle: 1)], family: "f-\(number)")
            rig.clock.set(start)
            try await rig.add([idleGrant("k-\(number)", idle: 1)], family: "f-\(number)")
            if coversAnother {
                try await rig.store.write { try $0.setCovering(.init(provider: "idp", id: "k-\(number)")) }
            }
            rig.provider.forget("g-\(number)")
        }
        #expect(try await rig.revalidate().held.isEmpty == (isLater && !coversAnother))
    }

    @Test func `a few a day for a month are a creep, which holds the provider until it is approved`() async throws {
        let rig = try await Rig()
        rig.settings.policy.totalValve.sharePercent = 100
        rig.settings.policy.defaults.valve.sharePercent = 100
        try await rig.add((1...40).map { idleGrant("g-\($0)", idle: 1) })
        var held: [String?] = []
        for day in 0..<4 {
            for number in (day * 4 + 1)...(day * 4 + 4) { rig.provider.forget("g-\(number)") }
            var report = try await rig.revalidate()
            rig.clock.advance(by: .hours(1))
            if report.held.isEmpty { report = try await rig.revalidate() }
            held.append(report.held["idp"])
            try await rig.rotate()
            rig.clock.advance(by: .hours(24))
        }
        #expect(held == [nil, nil, nil, "creep"])
        let plan = try #require(try await rig.store.read { try $0.heldPlans() }.first { $0.why == "creep" })
        #expect(plan.isApprovable && plan.wouldEnd == 4 && plan.live == 28)
        #expect(try await rig.standings().values.filter { $0 == .revoked }.count == 12)
        #expect(try await GateOrders(rig.environment).approveSurge(plan, reason: "a supplier winds down"))
        #expect(try await rig.revalidate().held.isEmpty)
    }
}
