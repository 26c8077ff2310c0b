internal import GRDB
internal import Grants

/// The searches by key that an import and a usage log make once for each line.
struct KeyedStatements {
    /// Answered by the index alone: most that an import looks for are not there.
    var row = LateStatement("SELECT row FROM grants WHERE provider = ? AND id = ?")
    var holder = LateStatement("SELECT tenant, client FROM grants WHERE provider = ? AND id = ?")
    var purged = LateStatement("SELECT ended_at FROM purged_grants WHERE provider = ? AND id = ?")
}

extension SQLiteSnapshot {
    func nextRow() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT coalesce(max(row), 0) + 1 FROM grants") ?? 1
    }

    /// Most stores remember none, and need not look for each key.
    func hasPurgedGrants() throws -> Bool {
        if let known = anyPurged { return known }
        let any = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM purged_grants)") ?? true
        anyPurged = any
        return any
    }

    func holder(of key: Grant.Key) throws -> GrantHolder? {
        guard let provider = try words.number(key.provider.rawValue) else { return nil }
        return try keyed.holder.on(db).first(
            {
                $0.add(provider)
                $0.add(key.id)
            },
            {
                GrantHolder(
                    tenant: TenantID(try words.text($0.number(0))),
                    client: ClientID(try words.text($0.number(1)))
                )
            }
        )
    }
}
