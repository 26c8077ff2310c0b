internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func makeDue(holdings: [Int64], at now: Timestamp) throws -> Int {
        try execute(
            """
            UPDATE states SET due_at = ?
            WHERE standing <= 2 AND row IN (SELECT row FROM grants WHERE holding IN (SELECT value FROM json_each(?)))
            """,
            [now.milliseconds, "[\(holdings.map(String.init).joined(separator: ","))]"]
        )
        return db.changesCount
    }

    func noteScopeUse(_ use: ScopeUse) throws {
        try execute(
            """
            INSERT INTO scope_uses (provider, tenant, client, scope, last_used_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, ?5)
            """,
            [
                try words.intern(use.provider.rawValue), try words.intern(use.tenant.rawValue),
                try words.intern(use.client.rawValue), use.scope, use.lastUsedAt.milliseconds,
            ]
        )
    }
}
