import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// Scope policies in the planner: what a change of one touches, holds and forgets.
@Suite struct ScopePolicyTests {
    /// Allows some scopes to tenant/client/role, and says nothing of others.
    struct Table: Hashable, Sendable {
        var revision: String
        var allowed: [String: Set<String>]

        var policy: ScopePolicy {
            let allowed = allowed
            return ScopePolicy(
                hash: "hash of \(allowed.map { "\($0.key) \($0.value.sorted())" }.sorted())",
                revision: revision,
                documents: bytes
            ) { subject in
                let name = "\(subject.tenant)/\(subject.client)/\(subject.role ?? "-")"
                guard let scopes = allowed[name] else { return .noPolicy }
                let outside = subject.scopes.names.filter { !scopes.contains($0) }
                return outside.isEmpty ? .allowed : .outside(outside)
            }
        }

        var bytes: [UInt8] {
            Array(
                ([revision] + allowed.map { ([$0.key] + $0.value.sorted()).joined(separator: " ") }).joined(
                    separator: "\n"
                ).utf8
            )
        }

        init(_ revision: String, _ allowed: [String: Set<String>]) {
            (self.revision, self.allowed) = (revision, allowed)
        }

        init(parsing bytes: [UInt8]) {
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
                $0.split(separator: " ").map(String.init)
            }
            revision = lines[0][0]
            allowed = Dictionary(uniqueKeysWithValues: lines.dropFirst().map { ($0[0], Set($0.dropFirst())) })
        }

        static func policies(_ table: Table?) -> ScopePolicies {
            ScopePolicies(present: table?.policy) { Table(parsing: $0.documents).policy }
        }
    }

    private static let scopes = ["a", "b", "c"]

    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy.defaults.onScopeViolation = .revoke
        rig.settings.policy.defaults.notice = .days(7)
        rig.settings.policy.defaults.valve.count = 1_000
        rig.settings.policy.defaults.valve.max = 1_000
        rig.settings.policy.totalValve = rig.settings.policy.defaults.valve
        return rig
    }

    private static func table(_ revision: String, _ random: inout SeededGenerator) -> Table? {
        guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
        var allowed: [String: Set<String>] = [:]
        for tenant in ["acme", "globex", "initech"] {
            for role in ["-", "buyer", "seller"] where Int.random(in: 0..<6, using: &random) > 0 {
                allowed["\(tenant)/portal/\(role)"] = Set(
                    scopes.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
                )
            }
        }
        return Table(revision, allowed)
    }

    private static func grant(_ id: String, _ random: inout SeededGenerator) -> Grant {
        idleGrant(id) { grant in
            grant.tenant = ["acme", "globex", "initech"].randomElement(using: &random) ?? "acme"
            grant.role = [nil, "buyer", "seller"].randomElement(using: &random) ?? nil
            grant.scopes = ScopeSet(scopes.filter { _ in Bool.random(using: &random) } + ["a"])
            grant.lastUsedAt = start - .days(1)
            (grant.observedFrom, grant.observedUntil) = (start - .days(300), start)
        }
    }

    @Test(arguments: 0..<24)
    func `judging what a change touches comes to what judging everything comes to`(seed: Int) async throws {
        var random = SeededGenerator(seed)
        let rig = try await rig()
        for round in 0..<4 {
            try await rig.add((0..<12).map { Self.grant("g-\(round)-\($0)", &random) })
            rig.scopePolicies = Table.policies(Self.table("rev-\(round)", &random))
            let (some, all) = (try await rig.plan(full: false).0, try await rig.plan(full: true).0)
            #expect(some.planHash == all.planHash, "seed \(seed), round \(round)")
            #expect(some.examined <= all.examined)
            #expect(some.scopeCounts == all.scopeCounts)
            // Twice: who was let go is judged again at once.
            for _ in 0..<2 { try await rig.rotate(full: false) }
            // Nothing is left that a look at everything would change.
            let (after, every) = (try await rig.plan(full: false).0, try await rig.plan(full: true).0)
            #expect(after.examined == 0, "seed \(seed), round \(round)")
            #expect(every.actions.keys.allSatisfy { $0 == "keep" }, "seed \(seed), round \(round): \(every.actions)")
            // A clock that goes on, and with it what was announced.
            rig.clock.advance(by: .minutes(1))
        }
    }

    @Test func `the counts are those of all live grants by the policy, each judged by itself`() async throws {
        var random = SeededGenerator(5)
        let rig = try await rig()
        try await rig.add((0..<60).map { Self.grant("g-\($0)", &random) })
        let table = try #require(Self.table("rev", &random))
        rig.scopePolicies = Table.policies(table)
        var acme = PolicyMatch()
        acme.tenant = "acme"
        rig.settings.policy.overrides = [
            PolicyOverride(match: acme, changes: [.onScopeViolation(.alert)], source: "overrides[0]")
        ]
        // Whatever the valve says: a policy that is held judges nobody.
        rig.settings.policy.defaults.valve.sharePercent = 100
        let counts = try #require(try await rig.plan().0.scopeCounts)
        var expected = ScopeCounts()
        let grants = try await rig.store.read { try $0.page(.live, in: GrantSelection(), after: nil, limit: 100) }
        for stored in grants {
            switch table.policy.judge(ScopeSubject(of: stored.grant)) {
            case .notJudged, .allowed: break
            case .noPolicy: expected.noPolicy += 1
            case .outside:
                expected.outOfPolicy += 1
                expected.alerting += stored.grant.tenant == "acme" ? 1 : 0
            }
        }
        #expect(counts == expected && expected.alerting > 0 && expected.noPolicy > 0)
    }

    @Test func `documents in force that cannot be read any more end nothing`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.notice = .zero
        let grants = (0..<3).map { number in idleGrant("g-\(number)") { $0.lastUsedAt = start - .days(1) } }
        try await rig.add(grants)
        rig.scopePolicies = Table.policies(Table("rev-1", ["acme/portal/-": ["ticket.read", "a", "b"]]))
        try await rig.rotate(full: false)
        // Another policy, too large a change to come in force, and nobody can read the old one.
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        rig.scopePolicies = ScopePolicies(present: Table("rev-2", ["acme/portal/-": ["none"]]).policy) { _ in
            throw StoreError(.other, "an older form")
        }
        let plan = try await rig.plan().0
        #expect(plan.held.map(\.why) == ["scope-policy"])
        #expect(plan.scopesUnreadable == "an older form" || plan.scopesUnreadable?.contains("older form") == true)
        #expect(plan.rules[.outOfPolicy] == nil && plan.actions["end"] == nil && plan.rules[.noEvidence] == 3)
    }

    @Test(arguments: [true, false])
    func `a crash after a policy came in force leaves what it touches due`(isWholeStore: Bool) async throws {
        let rig = try await rig()
        try await rig.add([
            idleGrant("g-1", idle: 1) { $0.scopes = ScopeSet(["a"]) },
            idleGrant("g-2", idle: 1) { $0.tenant = "globex" },
        ])
        rig.scopePolicies = Table.policies(
            Table("rev-1", ["acme/portal/-": ["a"], "globex/portal/-": ["ticket.read"]])
        )
        try await rig.rotate(full: false)
        rig.scopePolicies = Table.policies(
            Table("rev-2", ["acme/portal/-": ["b"], "globex/portal/-": ["ticket.read"]])
        )
        // Another tenant's run brings it in force; what it does not look at stays due.
        rig.clock.advance(by: .hours(1))
        let selection = isWholeStore ? GrantSelection() : GrantSelection(tenant: "globex")
        let (plan, job) = try await rig.plan(full: false, selection: selection)
        _ = try await rig.apply(plan, job)
        let due = try await rig.grant("g-1")?.dueAt
        if isWholeStore {
            #expect(try await rig.grant("g-1")?.grant.standing == .noticed)
        } else {
            #expect(due == rig.clock.now())
            let plan = try await rig.plan(full: false).0
            #expect(plan.examined == 1 && plan.rules == [.outOfPolicy: 1])
        }
    }
}
