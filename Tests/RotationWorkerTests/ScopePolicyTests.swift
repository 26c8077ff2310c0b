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
                documents: bytes,
                knows: { _, _ in true },
                judge: { subject in
                    let name = "\(subject.tenant)/\(subject.client)/\(subject.role ?? "-")"
                    guard let scopes = allowed[name] else { return .noPolicy }
                    let outside = subject.scopes.names.filter { !scopes.contains($0) }
                    return outside.isEmpty ? .allowed : .outside(outside)
                }
            )
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

    @Test(arguments: [(PolicyValues.ScopeViolation.revoke, 3), (.alert, 0)])
    func `a policy change counts what the provider told of scopes, where that is judged`(
        drift: PolicyValues.ScopeViolation,
        outside: Int
    ) async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.onScopeDrift = drift
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        try await rig.add((1...9).map { idleGrant("g-\($0)", idle: 1) { $0.scopes = ScopeSet(["a"]) } })
        for number in 1...3 {
            try await rig.change("g-\(number)") { stored in
                stored.grant.toldScopes = ScopeSet(["a", "b"])
                stored.grant.toldScopesKind = .refreshToken
            }
        }
        rig.scopePolicies = Table.policies(Table("rev", ["acme/portal/-": ["a"]]))
        let (plan, _) = try await rig.plan()
        #expect(plan.held.map(\.why) == (outside > 0 ? ["scope-policy"] : []))
        #expect(plan.held.first?.wouldEnd ?? 0 == outside)
        rig.settings.policy.defaults.valve.count = 1_000
        rig.settings.policy.defaults.valve.sharePercent = 100
        rig.settings.policy.totalValve = rig.settings.policy.defaults.valve
        #expect(try await rig.rotate(full: false).plan.scopeCounts?.outOfPolicy == outside)
        #expect(try await rig.standings().values.count { $0 == .noticed } == outside)
    }

    @Test func `scopes that the provider tells are judged by the next run`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.onScopeDrift = .revoke
        try await rig.add([idleGrant("g-1", idle: 1) { $0.scopes = ScopeSet(["a"]) }])
        rig.scopePolicies = Table.policies(Table("rev", ["acme/portal/-": ["a"]]))
        #expect(try await rig.rotate(full: false).plan.actions == ["keep": 1])
        rig.provider.answer { $0 == Secret("rt-g-1") ? .active(TokenFacts(scopes: ScopeSet(["a", "b"]))) : nil }
        _ = try await rig.revalidate()
        #expect(try await rig.rotate(full: false).plan.rules == [.outOfPolicy: 1])
        #expect(try await rig.grant("g-1")?.grant.standing == .noticed)
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

    // MARK: Wrong ends

    /// What acme's, and perhaps globex', grants may hold.
    private static func policies(_ revision: String, acme: Set<String>?, globex: Set<String> = ["ticket.read"])
        -> ScopePolicies
    {
        var allowed = ["globex/portal/-": globex]
        allowed["acme/portal/-"] = acme
        return Table.policies(Table(revision, allowed))
    }

    /// Used until `start`, so that nothing but its scopes is against it.
    private static func used(_ id: String, _ scopes: String..., tenant: TenantID = "acme") -> Grant {
        idleGrant(id, idle: 0) { grant in
            grant.scopes = ScopeSet(scopes)
            grant.tenant = tenant
        }
    }

    private func reason(_ rig: Rig, _ id: String) async throws -> String? {
        try await GrantAppraiser(rig.environment).appraisal(of: .init(provider: "idp", id: id))?.decision.reason
    }

    @Test func `documents that were read before the policy in force came put nothing back`() async throws {
        let rig = try await rig()
        try await rig.add([Self.used("g-1", "a")])
        var older = Self.policies("rev-1", acme: ["b"])
        older.readAt = rig.clock.now()
        rig.clock.advance(by: .minutes(1))
        rig.scopePolicies = Self.policies("rev-2", acme: ["a"])
        try await rig.rotate(full: false)
        rig.clock.advance(by: .minutes(1))
        rig.scopePolicies = older
        let (plan, _) = try await rig.rotate()
        #expect(plan.scopesOutdated && plan.scopeChange == nil && plan.scopeRevision == "rev-2")
        #expect(plan.rules[.outOfPolicy] == nil)
        #expect(try await rig.store.read { try $0.scopePolicy()?.revision } == "rev-2")
        // Read anew, they are a change like any other.
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        #expect(try await rig.rotate().plan.rules == [.outOfPolicy: 1])
    }

    @Test func `what another process holds stays held by one with older documents, and ends nothing`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.notice = .zero
        try await rig.add([Self.used("g-1", "a")] + (0..<4).map { Self.used("x-\($0)", "a", tenant: "globex") })
        rig.scopePolicies = Self.policies("rev-1", acme: ["a"], globex: ["a"])
        try await rig.rotate(full: false)
        var older = rig.scopePolicies
        older.readAt = rig.clock.now()
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        rig.clock.advance(by: .minutes(1))
        rig.scopePolicies = Self.policies("rev-2", acme: ["a"], globex: ["b"])
        let held = try await rig.rotate(full: false).plan.held
        #expect(held.map(\.why) == ["scope-policy"])
        rig.clock.advance(by: .minutes(1))
        rig.scopePolicies = older
        try await rig.add([Self.used("g-2", "b")])
        let (plan, _) = try await rig.rotate()
        #expect(plan.scopesOutdated && plan.held.map(\.hash) == held.map(\.hash))
        #expect(try await rig.store.read { try $0.heldPlans().map(\.hash) } == held.map(\.hash))
        #expect(plan.actions["end"] == nil && plan.rules[.outOfPolicy] == nil)
    }

    @Test(arguments: [true, false])
    func `another reason by another policy is announced anew`(isWholeStore: Bool) async throws {
        let rig = try await rig()
        try await rig.add([Self.used("g-1", "a", "b"), Self.used("x-1", "ticket.read", tenant: "globex")])
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        try await rig.rotate(full: false)
        #expect(try await reason(rig, "g-1") == "nobody acknowledged the notice yet")
        try await rig.deliver()
        rig.clock.advance(by: .days(8))
        rig.scopePolicies = Self.policies("rev-2", acme: ["a"])
        if !isWholeStore {
            // Another tenant's run brings the policy in force.
            let (plan, job) = try await rig.plan(full: false, selection: GrantSelection(tenant: "globex"))
            _ = try await rig.apply(plan, job)
        }
        let (plan, _) = try await rig.rotate(full: false)
        #expect(plan.actions["reprieve"] == 1 && plan.actions["end"] == nil)
        let (again, _) = try await rig.rotate(full: false)
        #expect(again.actions["notice"] == 1 && again.rules == [.outOfPolicy: 1])
        let grant = try #require(try await rig.grant("g-1")?.grant)
        #expect(grant.announcedAt == rig.clock.now() && grant.clockFrom == nil)
        // And it is carried out in its own time.
        try await rig.deliver()
        rig.clock.advance(by: .days(8))
        #expect(try await rig.rotate(full: false).plan.actions["end"] == 1)
    }

    @Test(arguments: [true, false])
    func `a notice does not outlive a policy that says nothing`(isSeen: Bool) async throws {
        let rig = try await rig()
        try await rig.add([Self.used("g-1", "a"), Self.used("x-1", "ticket.read", tenant: "globex")])
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        try await rig.rotate(full: false)
        try await rig.deliver()
        rig.clock.advance(by: .days(5))
        rig.scopePolicies = Self.policies("rev-2", acme: nil)
        let selection = isSeen ? GrantSelection() : GrantSelection(tenant: "globex")
        let (plan, job) = try await rig.plan(full: false, selection: selection)
        _ = try await rig.apply(plan, job)
        #expect(try await rig.grant("g-1")?.grant.standing == (isSeen ? .active : .noticed))
        rig.clock.advance(by: .days(5))
        rig.scopePolicies = Self.policies("rev-3", acme: ["b"])
        for _ in 0..<2 { #expect(try await rig.rotate(full: false).plan.actions["end"] == nil) }
        #expect(try await rig.grant("g-1")?.grant.announcedAt == rig.clock.now())
    }

    @Test func `further scopes that become outside count for the valve, and fewer do not`() async throws {
        let rig = try await rig()
        try await rig.add((0..<4).map { Self.used("g-\($0)", "a", "b", "c") })
        // Most of acme's, about which no policy says anything.
        try await rig.add((0..<8).map { number in idleGrant("n-\(number)", idle: 0) { $0.role = "none" } })
        rig.scopePolicies = Self.policies("rev-1", acme: ["c"])
        #expect(try await rig.rotate(full: false).plan.actions["notice"] == 4)
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        rig.scopePolicies = Self.policies("rev-2", acme: ["b"])
        #expect(try await rig.plan(full: false).0.held.map(\.wouldEnd) == [4])
        rig.scopePolicies = Self.policies("rev-3", acme: ["b", "c"])
        let (plan, _) = try await rig.rotate(full: false)
        #expect(plan.held.isEmpty && plan.scopeChange?.grantsTouched == 4)
        // That `a` is not allowed is the first policy's doing.
        let shown = try await GrantAppraiser(rig.environment).appraisal(of: .init(provider: "idp", id: "g-0"))
        #expect(shown?.scopes == .outside(["a"]) && shown?.scopesChangedIn == "rev-1")
    }

    @Test func `while a change waits, only what both policies put outside is ended`() async throws {
        let rig = try await rig()
        try await rig.add(
            [Self.used("g-1", "a"), Self.used("g-2", "z")]
                + (0..<4).map { Self.used("x-\($0)", "ticket.read", tenant: "globex") }
        )
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        try await rig.rotate(full: false)
        try await rig.deliver()
        rig.settings.policy.defaults.valve.count = 3
        rig.settings.policy.defaults.valve.sharePercent = 1
        rig.clock.advance(by: .days(8))
        // Gives back what the old one takes, and takes too much elsewhere.
        rig.scopePolicies = Self.policies("rev-2", acme: ["a"], globex: [])
        let (plan, _) = try await rig.rotate(full: false)
        #expect(plan.held.map(\.why) == ["scope-policy"])
        #expect(plan.actions["end"] == 1 && plan.actions["reprieve"] == 1)
        #expect(try await rig.grant("g-1")?.grant.standing == .active)
        #expect(try await rig.grant("g-2")?.grant.standing == .revoking)
        #expect(try await rig.rotate(full: false).plan.rules == [.noEvidence: 1])
        #expect(try await rig.plan(full: false).0.examined == 0)
        // Taken back: the old policy counts again, and tells of it anew.
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        let (back, _) = try await rig.rotate(full: false)
        #expect(back.held.isEmpty && back.actions["notice"] == 1 && back.actions["end"] == nil)
    }

    @Test func `without documents a policy is not dropped but by approval`() async throws {
        let rig = try await rig()
        try await rig.add([Self.used("g-1", "a"), Self.used("g-2", "b")])
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        try await rig.rotate(full: false)
        try await rig.deliver()
        rig.clock.advance(by: .days(8))
        rig.scopePolicies = Table.policies(nil)
        for action in ["reprieve", "keep"] {
            let (plan, _) = try await rig.rotate(full: false)
            #expect(plan.held.map(\.why) == ["scope-policy"] && plan.actions == [action: 1])
            #expect(plan.scopeCounts?.noPolicy == 1 && plan.scopeCounts?.outOfPolicy == 0)
        }
        #expect(try await rig.store.read { try $0.scopePolicy()?.revision } == "rev-1")
    }

    @Test func `what was told of grants that are all gone is told of no others`() async throws {
        let rig = try await rig()
        try await rig.add([Self.used("g-1", "a"), Self.used("x-1", "ticket.read", tenant: "globex")])
        rig.scopePolicies = Self.policies("rev-1", acme: ["a"])
        try await rig.rotate(full: false)
        rig.scopePolicies = Self.policies("rev-2", acme: ["b"])
        try await rig.rotate(full: false)
        let ended = rig.clock.now()
        try await rig.change("g-1") { stored in
            stored.grant.standing = .revoked
            stored.endedAt = ended
        }
        for (revision, acme) in [("rev-3", ["a"]), ("rev-4", ["c"])] as [(String, Set<String>)] {
            rig.clock.advance(by: .days(1))
            rig.scopePolicies = Self.policies(revision, acme: acme)
            try await rig.rotate(full: false)
        }
        try await rig.add([Self.used("g-2", "a")])
        #expect(try await reason(rig, "g-2") == "not allowed: a")
    }

    @Test func `an approval covers the grants and the settings that were shown`() async throws {
        let rig = try await rig()
        rig.scopePolicies = Self.policies("rev-1", acme: ["b"])
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        try await rig.add((0..<4).map { Self.used("g-\($0)", "a") })
        let hash = { try await rig.plan(full: false).0.held.map(\.hash) }
        let first = try await hash()
        #expect(try await hash() == first && first.count == 1)
        try await rig.add([Self.used("g-9", "a")])
        let second = try await hash()
        rig.settings.policy.defaults.notice = .zero
        let third = try await hash()
        #expect(Set(first + second + third).count == 3)
    }
}
