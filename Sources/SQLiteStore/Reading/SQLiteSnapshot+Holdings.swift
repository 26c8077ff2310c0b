internal import GRDB
internal import Grants

extension SQLiteSnapshot {
    func forEachHolding(_ body: (Holding) throws -> Void) throws {
        try settle()
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, provider, tenant, client, role, environment, scopes, live FROM holdings WHERE live > 0
                ORDER BY id
                """
        )
        try HotRow.forEach(statement, []) { row in
            let (role, environment) = (row.number(4), row.number(5))
            let holding = Holding(
                number: row.number(0),
                provider: ProviderID(try words.text(row.number(1))),
                tenant: TenantID(try words.text(row.number(2))),
                client: ClientID(try words.text(row.number(3))),
                role: role == 0 ? nil : try words.text(role),
                environment: environment == 0 ? nil : try words.text(environment),
                scopes: try words.scopes(row.number(6)),
                live: Int(row.number(7))
            )
            try body(holding)
        }
    }

    func liveCount(ofHoldings numbers: [Int64]) throws -> Int {
        guard !numbers.isEmpty else { return 0 }
        try settle()
        let statement = try db.cachedStatement(
            sql: "SELECT coalesce(sum(live), 0) FROM holdings WHERE id IN (SELECT value FROM json_each(?))"
        )
        return try Int.fetchOne(statement, arguments: [Filter.list(numbers)]) ?? 0
    }

    func tenants(of client: ClientID, at provider: ProviderID, limit: Int) throws -> [TenantID] {
        try settle()
        guard let client = try words.number(client.rawValue), let provider = try words.number(provider.rawValue)
        else { return [] }
        let statement = try db.cachedStatement(
            sql: "SELECT DISTINCT tenant FROM holdings WHERE provider = ? AND client = ? AND live > 0 LIMIT ?"
        )
        return try Int64.fetchAll(statement, arguments: [provider, client, limit])
            .map { TenantID(try words.text($0)) }
    }

    // MARK: The scope policy

    func scopePolicy() throws -> KeptScopePolicy? {
        try Row.fetchOne(db, sql: "SELECT hash, revision, documents, since FROM scope_policy").map { row in
            KeptScopePolicy(
                hash: row[0],
                revision: row[1],
                documents: (row[2] as Blob).bytes,
                since: Timestamp(milliseconds: row[3])
            )
        }
    }

    func scopeChanges() throws -> [Int64: String] {
        var changes: [Int64: String] = [:]
        try HotRow.forEach(db.cachedStatement(sql: "SELECT holding, revision FROM scope_changes"), []) { row in
            changes[row.number(0)] = row.text(1)
        }
        return changes
    }

    // MARK: What is shared

    /// Members of a token or a family come together; those alone in theirs are passed over by the index.
    private static let shared: [(link: SharedHolding.Link, sql: String)] = [
        (
            .token,
            """
            SELECT t.fingerprint, g.holding FROM
            (SELECT fingerprint FROM tokens GROUP BY fingerprint HAVING count(*) > 1) twice
            CROSS JOIN tokens t ON t.fingerprint = twice.fingerprint
            CROSS JOIN grants g ON g.row = t.row CROSS JOIN states s ON s.row = g.row AND s.standing <= 2
            """
        ),
        (
            .family,
            """
            SELECT g.family, g.holding FROM
            (SELECT family FROM grants WHERE family IS NOT NULL GROUP BY family HAVING count(*) > 1) twice
            CROSS JOIN grants g ON g.family = twice.family CROSS JOIN states s ON s.row = g.row AND s.standing <= 2
            """
        ),
    ]
    /// Of one token or family no more holdings than these are paired with each other.
    private static let groupLimit = 50

    func sharedHolders(limit: Int) throws -> [SharedHolding] {
        let holders = try holders()
        var pairs: [Pair: Int] = [:]
        for (link, sql) in Self.shared {
            var (group, members): ([UInt8], Set<Int64>) = ([], [])
            func close() {
                for pair in Self.pairs(of: members, holders, link) where pairs.count < limit || pairs[pair] != nil {
                    pairs[pair, default: 0] += 1
                }
                members.removeAll(keepingCapacity: true)
            }
            try HotRow.forEach(db.cachedStatement(sql: sql), []) { row in
                let next = row.bytes(0)
                if next != group { close() }
                group = next
                if members.count < Self.groupLimit { members.insert(row.number(1)) }
            }
            close()
        }
        return pairs.map { SharedHolding(first: $0.first, second: $0.second, link: $0.link, count: $1) }
            .sorted { ($0.first, $0.second, $0.link.rawValue) < ($1.first, $1.second, $1.link.rawValue) }
    }

    private struct Pair: Hashable {
        var first: Int64
        var second: Int64
        var link: SharedHolding.Link
    }

    /// Provider, tenant and client of each holding, by number.
    private struct Holder: Hashable {
        var provider: Int64
        var tenant: Int64
        var client: Int64
    }

    private func holders() throws -> [Int64: Holder] {
        var holders: [Int64: Holder] = [:]
        try HotRow.forEach(db.cachedStatement(sql: "SELECT id, provider, tenant, client FROM holdings"), []) { row in
            holders[row.number(0)] = Holder(provider: row.number(1), tenant: row.number(2), client: row.number(3))
        }
        return holders
    }

    private static func pairs(
        of members: Set<Int64>,
        _ holders: [Int64: Holder],
        _ link: SharedHolding.Link
    ) -> [Pair] {
        guard members.count > 1 else { return [] }
        let members = members.sorted()
        return members.indices.flatMap { index in
            members[(index + 1)...].compactMap { other in
                holders[members[index]] == holders[other]
                    ? nil : Pair(first: members[index], second: other, link: link)
            }
        }
    }

    // MARK: Uses

    func scopeUses(in selection: GrantSelection) throws -> [ScopeUse] {
        try settle()
        var uses: [ScopeUse] = []
        let statement = try db.cachedStatement(
            sql: "SELECT provider, tenant, client, scope, last_used_at FROM scope_uses"
        )
        try HotRow.forEach(statement, []) { row in
            let use = ScopeUse(
                provider: ProviderID(try words.text(row.number(0))),
                tenant: TenantID(try words.text(row.number(1))),
                client: ClientID(try words.text(row.number(2))),
                scope: row.text(3),
                lastUsedAt: Timestamp(milliseconds: row.number(4))
            )
            guard selection.provider == nil || selection.provider == use.provider,
                selection.tenant == nil || selection.tenant == use.tenant,
                selection.client == nil || selection.client == use.client
            else { return }
            uses.append(use)
        }
        return uses.sorted {
            ($0.provider, $0.tenant, $0.client) != ($1.provider, $1.tenant, $1.client)
                ? ($0.provider, $0.tenant, $0.client) < ($1.provider, $1.tenant, $1.client)
                : $0.scope.utf8.lexicographicallyPrecedes($1.scope.utf8)
        }
    }
}
