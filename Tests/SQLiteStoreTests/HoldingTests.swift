import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// Who holds what, counted beside the rows.
@Suite struct HoldingTests {
    private static let tenants: [TenantID] = ["acme", "globex", "initech"]
    private static let clients: [ClientID] = ["portal", "erp"]
    private static let scopes = [["ticket.read"], ["ticket.read", "ticket.write"], ["order.read"]]

    @Test(arguments: 0..<20)
    func `holdings are what a count of the rows says, whatever was written`(seed: Int) async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for round in 0..<6 {
            try await store.write { writing in
                var random = SplitMix64(seed: UInt64(seed * 100 + round))
                for step in 0..<40 { try Self.change(writing, &random, "g-\(round)-\(step)") }
                // Also what this transaction has not yet written.
                let inside = try writing.holdings()
                #expect(try Set(inside) == Self.counted(writing, inside), "seed \(seed), round \(round)")
            }
            let holdings = try await store.read { try $0.holdings() }
            #expect(holdings.map(\.number) == holdings.map(\.number).sorted())
            #expect(try house.raw(Self.numbers) == holdings.map { [$0.number, Int64($0.live)] }, "seed \(seed)")
            let ofOne = try await store.read { reading in
                try holdings.map { holding in
                    var found: [StoredGrant] = []
                    try reading.forEach(.ofHoldings([holding.number]), in: GrantSelection()) { found.append($0) }
                    return found
                }
            }
            for (holding, grants) in zip(holdings, ofOne) {
                #expect(grants.count == holding.live && grants.allSatisfy { $0.holding == holding.number })
                #expect(grants.map(\.grant.key) == grants.map(\.grant.key).sorted())
            }
        }
        await store.close()
    }

    /// One random change of one of the grants, or a new one.
    private static func change(_ writing: any StoreWriting, _ random: inout SplitMix64, _ id: String) throws {
        var rows: [Int64] = []
        try writing.forEach(.all, in: GrantSelection()) { rows.append($0.row) }
        guard let row = rows.randomElement(using: &random), let stored = try writing.grant(row: row),
            Int.random(in: 0..<3, using: &random) > 0
        else {
            _ = try writing.insert(newGrant(id, &random), tokens: [:], at: start)
            return
        }
        var changed = stored
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            changed.grant.scopes = ScopeSet(scopes.randomElement(using: &random) ?? [])
            changed.grant.role = ["buyer", nil].randomElement(using: &random) ?? nil
            changed.grant.environment = ["sandbox", nil].randomElement(using: &random) ?? nil
            try writing.saveRecord(changed)
            // As an import does: the record first, then what is learned, from one reading.
            if Bool.random(using: &random) { try move(&changed, writing, &random) }
        case 1 where stored.endedAt != nil && row != rows.max():
            try writing.purge(stored)
        default:
            try move(&changed, writing, &random)
        }
    }

    private static func move(
        _ stored: inout StoredGrant,
        _ writing: any StoreWriting,
        _ random: inout SplitMix64
    ) throws {
        let from = stored.grant.standing
        let possible = Standing.allCases.filter { Lifecycle.event(from: from, to: $0) != nil }
        stored.grant.standing = possible.randomElement(using: &random) ?? from
        let isEnded = stored.grant.standing == .expired || stored.grant.standing == .revoked
        stored.endedAt = isEnded ? start : nil
        if Bool.random(using: &random) { try writing.save(stored) } else { try writing.saveDecision(stored) }
    }

    private static func newGrant(_ id: String, _ random: inout SplitMix64) -> Grant {
        var grant = Grant(
            key: .init(provider: ["idp", "other"].randomElement(using: &random) ?? "idp", id: id),
            tenant: tenants.randomElement(using: &random) ?? "acme",
            client: clients.randomElement(using: &random) ?? "portal",
            scopes: ScopeSet(scopes.randomElement(using: &random) ?? []),
            issuedAt: start
        )
        grant.role = ["buyer", nil].randomElement(using: &random) ?? nil
        return grant
    }

    /// The obvious reading: all live grants, one after the other.
    private static func counted(_ reading: any StoreReading, _ known: [Holding]) throws -> Set<Holding> {
        var live: [Holding: Int] = [:]
        try reading.forEach(.live, in: GrantSelection()) { stored in
            let grant = stored.grant
            let holding = Holding(
                number: stored.holding,
                provider: grant.key.provider,
                tenant: grant.tenant,
                client: grant.client,
                role: grant.role,
                environment: grant.environment,
                scopes: grant.scopes,
                live: 0
            )
            live[holding, default: 0] += 1
        }
        return Set(
            live.map { holding, count in
                var holding = holding
                holding.live = count
                return holding
            }
        )
    }

    private static func numbers(_ db: Database) throws -> [[Int64]] {
        let sql = """
            SELECT min(g.holding), count(*), count(DISTINCT g.holding) FROM grants g JOIN states s ON s.row = g.row
            WHERE s.standing <= 2
            GROUP BY g.provider, g.tenant, g.client, g.role, g.environment, g.scopes ORDER BY 1
            """
        return try Row.fetchAll(db, sql: sql).map { row in
            #expect(row[2] == 1, "one holding for all that are alike")
            return [row[0], row[1]]
        }
    }

    @Test func `a store of before holdings is counted when it is opened`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for (id, tenant) in [("1", "acme"), ("2", "acme"), ("3", "globex")] as [(String, TenantID)] {
            try await store.add(grant(id, tenant: tenant))
        }
        try await store.write { writing in
            guard var stored = try writing.grant(row: 2) else { return }
            stored.grant.standing = .revoking
            try writing.save(stored)
        }
        let before = try await store.read { try $0.holdings() }
        await store.close()
        try house.raw { db in
            for statement in [
                "DELETE FROM grdb_migrations WHERE identifier = '7-holdings'", "DROP INDEX grants_of_holding",
                "ALTER TABLE grants DROP COLUMN holding", "DROP TABLE scope_changes", "DROP TABLE holdings",
                "DROP TABLE scope_uses", "DROP TABLE scope_policy",
            ] {
                try db.execute(sql: statement)
            }
        }
        let opened = try await house.open()
        let after = try await opened.read { try $0.holdings() }
        #expect(after == before && after.map(\.live) == [1, 1])
        let rows = try await opened.read { reading in
            var rows: [Int64] = []
            try reading.forEach(.ofHoldings(after.map(\.number)), in: GrantSelection()) { rows.append($0.row) }
            return rows
        }
        #expect(rows == [1, 3])
        await opened.close()
    }

    @Test func `the grants of a holding become due, and no others`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for (id, tenant) in [("1", "acme"), ("2", "globex"), ("3", "acme")] as [(String, TenantID)] {
            try await store.add(grant(id, tenant: tenant))
        }
        let later = start + .days(9)
        try await store.write { writing in
            for row in 1...3 as ClosedRange<Int64> {
                guard var stored = try writing.grant(row: row) else { continue }
                stored.dueAt = later
                if row == 3 { stored.grant.standing = .revoking }
                try writing.save(stored)
            }
        }
        let changed = try await store.write { writing in
            try writing.makeDue(holdings: writing.holdings().filter { $0.tenant == "acme" }.map(\.number), at: start)
        }
        #expect(changed == 1)
        let due = try await store.read { reading in try [1, 2, 3].map { try reading.grant(row: $0)?.dueAt } }
        #expect(due == [start, later, nil])
        await store.close()
    }

    @Test func `holders that share a token or a family are found, those of one holder are not`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let token: [TokenKind: Secret] = [.accessToken: Secret("shared")]
        // One token at two tenants, and again within the first; another provider's copy of it.
        let rows = [
            try await store.add(grant("1"), tokens: token),
            try await store.add(grant("2", tenant: "globex"), tokens: token),
            try await store.add(grant("3"), tokens: [.accessToken: Secret("alone")]),
            try await store.add(grant("4", at: "other"), tokens: token),
        ]
        let family = try await store.write { try $0.family(named: "f", at: "idp") }
        for (id, tenant) in [("5", "acme"), ("6", "initech")] as [(String, TenantID)] {
            var member = grant(id, tenant: tenant)
            member.family = family
            try await store.add(member)
        }
        let (shared, names, bounded) = try await store.read { reading in
            (
                try reading.sharedHolders(limit: 100),
                Dictionary(
                    uniqueKeysWithValues: try reading.holdings().map { ($0.number, "\($0.provider)/\($0.tenant)") }
                ),
                try reading.sharedHolders(limit: 2)
            )
        }
        let found = Set(shared.map { "\(names[$0.first] ?? "?") \($0.link) \(names[$0.second] ?? "?") \($0.count)" })
        #expect(
            found == [
                "idp/acme token idp/globex 1", "idp/acme token other/acme 1", "idp/globex token other/acme 1",
                "idp/acme family idp/initech 1",
            ]
        )
        #expect(bounded.count == 2)
        // What has ended is shared with nobody.
        try await store.write { writing in
            guard var stored = try writing.grant(row: rows[1]) else { return }
            stored.grant.standing = .revoking
            try writing.save(stored)
        }
        #expect(try await store.read { try $0.sharedHolders(limit: 100).count } == 2)
        await store.close()
    }

    @Test func `the last use of a scope never moves back`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        func use(_ scope: String, _ at: Timestamp, _ client: ClientID = "portal") -> ScopeUse {
            ScopeUse(provider: "idp", tenant: "acme", client: client, scope: scope, lastUsedAt: at)
        }
        for one in [
            use("b", start), use("a", start), use("b", start + .days(1)), use("b", start), use("a", start, "erp"),
        ] {
            #expect(try await store.write { try $0.noteScopeUses([one], limit: 3) } == 0)
        }
        let more = [use("c", start), use("a", start), use("d", start)]
        #expect(try await store.write { try $0.noteScopeUses(more, limit: 3) } == 2)
        let all = try await store.read { try $0.scopeUses(in: GrantSelection()) }
        #expect(all == [use("a", start, "erp"), use("a", start), use("b", start + .days(1))])
        #expect(try await store.read { try $0.scopeUses(in: GrantSelection(client: "erp")) }.count == 1)
        #expect(try await store.read { try $0.scopeUses(in: GrantSelection(tenant: "globex")) }.isEmpty)
        await store.close()
    }
}
