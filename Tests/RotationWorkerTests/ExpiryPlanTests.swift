import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@testable import RotationWorker

/// What a plan says, and that it says the same later.
@Suite struct ExpiryPlanTests {
    @Test func `a plan is the same a minute later and writes nothing`() async throws {
        let rig = try await Rig()
        try await rig.add((1...5).map { idleGrant("g-\($0)") })
        let before = rig.folder.bytes("grants.sqlite-wal")
        let (first, _) = try await rig.plan()
        rig.clock.advance(by: .minutes(1))
        let (second, _) = try await rig.plan()
        #expect(first.planHash == second.planHash && first.examined == 5)
        #expect(rig.folder.bytes("grants.sqlite-wal") == before)
        #expect(rig.provider.asked == 0)
    }

    @Test func `another policy is another plan, another mode is not`() async throws {
        let rig = try await Rig()
        try await rig.add((1...5).map { idleGrant("g-\($0)") })
        let (enforced, _) = try await rig.plan()
        rig.settings.policy.mode = .observe
        let (observed, _) = try await rig.plan()
        #expect(observed.planHash == enforced.planHash && observed.policyHash == enforced.policyHash)
        rig.settings.policy.defaults.idleAfter = .days(91)
        let (other, _) = try await rig.plan()
        #expect(other.planHash != enforced.planHash && other.policyHash != enforced.policyHash)
    }

    @Test func `another use is another plan`() async throws {
        let rig = try await Rig()
        try await rig.add((1...5).map { idleGrant("g-\($0)") })
        let (before, _) = try await rig.plan()
        try await rig.ingest(#"{"feed":"hand","at":"2026-11-24T00:00:00Z","grant":"g-1"}"#)
        let (after, _) = try await rig.plan()
        #expect(before.planHash != after.planHash)
        #expect(after.actions["end"] == before.actions["end"].map { $0 - 1 })
    }

    enum Closed: CaseIterable, Sendable { case observe, frozen, provider, valve }

    @Test(arguments: Closed.allCases)
    func `a closed gate holds the whole of it, with why and a hash, and nothing ends`(gate: Closed) async throws {
        let rig = try await Rig()
        try await rig.add((1...8).map { idleGrant("g-\($0)") })
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        let why: String
        switch gate {
        case .observe:
            rig.settings.policy.mode = .observe
            why = "observe"
        case .frozen:
            try await GateOrders(rig.environment).freeze(GrantSelection(tenant: "acme"), reason: "incident")
            why = "frozen"
        case .provider:
            try await rig.store.write { try $0.setHold(ProviderHold(why: "credentials", since: start), of: "idp") }
            why = "provider-held"
        case .valve:
            rig.settings.policy.defaults.valve.count = 5
            why = "valve-share"
        }
        let (plan, applied) = try await rig.rotate()
        let held = try #require(plan.held.first)
        #expect(plan.held.count == 1)
        #expect(held.why == why && held.wouldEnd == 8 && held.live == 48 && held.hash.count == 64)
        #expect(applied.actions["end"] == nil)
        let standings = try await rig.standings()
        #expect(standings.values.allSatisfy { $0 == .active })
        let (again, _) = try await rig.plan()
        #expect(again.held.map(\.hash) == [held.hash])
    }

    @Test func `a held plan is carried out once it is approved, and does not count for the valve`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.valve.count = 5
        try await rig.add((1...8).map { idleGrant("g-\($0)") })
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        let (plan, job) = try await rig.plan()
        let hash = try #require(plan.held.first?.hash)
        let applied = try await rig.apply(plan, job, approving: hash)
        #expect(applied.actions["end"] == 8)
        let counts = try await rig.store.read { try $0.counts(endsSince: start - .days(1)) }
        let partition = counts[Partition(provider: "idp", tenant: "acme")]
        #expect(partition?.recent == 0 && partition?.endedInWindow == 8)
    }

    @Test func `two runs in a day cannot end more than the valve lets one`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.valve.count = 5
        try await rig.add((1...5).map { idleGrant("a-\($0)") })
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        let first = try await rig.rotate()
        #expect(first.applied.actions["end"] == 5)
        rig.clock.advance(by: .hours(23))
        try await rig.add((1...2).map { idleGrant("b-\($0)", at: rig.clock.now()) })
        let second = try await rig.rotate()
        #expect(second.applied.actions["end"] == nil)
        #expect(second.plan.held.map(\.why) == ["valve-share"])
        rig.clock.advance(by: .hours(2))
        let third = try await rig.rotate()
        #expect(third.applied.actions["end"] == 2)
    }

    @Test func `a narrowed plan is measured against all that lives`() async throws {
        let rig = try await Rig()
        try await rig.add((1...3).map { idleGrant("g-\($0)") { $0.client = "small" } })
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        rig.settings.clients.append(ClientSettings(id: "small", provider: "idp", secret: .file("none")))
        let (plan, _) = try await rig.plan(selection: GrantSelection(client: "small"))
        #expect(plan.held.isEmpty && plan.actions["end"] == 3)
    }

    @Test func `a grant that carries a token of ours is kept`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        rig.ownTokens = [Secret("rt-g-1")]
        let (plan, _) = try await rig.plan()
        #expect(plan.rules[.selfProtection] == 1 && plan.actions["end"] == nil)
    }

    @Test func `a plan's spool gives back what it took, in any portion`() throws {
        var writer = try PlanSpool.Writer()
        let count = 9_000
        for index in 0..<count {
            try writer.append(Self.record(index))
            if writer.buffer.count >= 20_480 { Issue.record("memory holds \(index) rows") }
        }
        let spool = try writer.finish()
        #expect(spool.count == count)
        var index = 0
        while case let records = try spool.read(from: index, limit: 257), !records.isEmpty {
            for record in records {
                let expected = Self.record(index)
                #expect(
                    record.row == expected.row && record.oldDue == expected.oldDue && record.newDue == expected.newDue
                        && record.partition == expected.partition && record.kind == expected.kind
                        && record.rule == expected.rule && record.gate == expected.gate
                        && record.valveHolds == expected.valveHolds && record.waits == expected.waits
                        && record.action == expected.action,
                    "record \(index)"
                )
                index += 1
            }
        }
        #expect(index == count)
    }

    private static func record(_ index: Int) -> PlanSpool.Record {
        PlanSpool.Record(
            row: Int64(index) + 1,
            oldDue: index % 3 == 0 ? PlanSpool.none : Int64(index) * 1_000,
            newDue: -Int64(index),
            partition: index % 70_000,
            kind: index % 3,
            rule: index % 16,
            gate: index % 4,
            valveHolds: index % 2 == 0,
            waits: index % 5 == 0,
            action: index % 6
        )
    }
}
