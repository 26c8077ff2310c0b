internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func makeDue(holdings: [Int64], at now: Timestamp) throws -> Int {
        try execute(
            """
            UPDATE states SET due_at = ?
            WHERE standing <= 2 AND row IN (SELECT row FROM grants WHERE holding IN (SELECT value FROM json_each(?)))
            """,
            [now.milliseconds, Filter.list(holdings)]
        )
        return db.changesCount
    }

    func voidNotices(ofHoldings holdings: [Int64], by rule: Rule) throws {
        try execute(
            """
            UPDATE states SET cause = NULL, clock_from = NULL
            WHERE standing = ? AND cause = ?
            AND row IN (SELECT row FROM grants WHERE holding IN (SELECT value FROM json_each(?)))
            """,
            [Standing.noticed.code, rule.code, Filter.list(holdings)]
        )
    }

    func setScopePolicy(_ policy: KeptScopePolicy?) throws {
        try execute("DELETE FROM scope_policy", [])
        guard let policy else { return }
        try execute(
            "INSERT INTO scope_policy (one, hash, revision, since, documents) VALUES (1, ?, ?, ?, ?)",
            [policy.hash, policy.revision, policy.since.milliseconds, Blob(policy.documents)]
        )
    }

    func setScopeChange(_ revision: String?, ofHoldings holdings: [Int64]) throws {
        for holding in holdings {
            if let revision {
                try execute(
                    "INSERT OR REPLACE INTO scope_changes (holding, revision) VALUES (?, ?)",
                    [holding, revision]
                )
            } else {
                try execute("DELETE FROM scope_changes WHERE holding = ?", [holding])
            }
        }
    }

    func noteScopeUses(_ uses: [ScopeUse], limit: Int) throws -> Int {
        var (known, leftOut) = (nil as Int?, 0)
        for use in uses {
            let key: StatementArguments = [
                use.lastUsedAt.milliseconds, try words.intern(use.provider.rawValue),
                try words.intern(use.tenant.rawValue), try words.intern(use.client.rawValue), use.scope,
            ]
            try execute(
                """
                UPDATE scope_uses SET last_used_at = max(last_used_at, ?1)
                WHERE provider = ?2 AND tenant = ?3 AND client = ?4 AND scope = ?5
                """,
                key
            )
            if db.changesCount > 0 { continue }
            let count = try known ?? Int.fetchOne(db, sql: "SELECT count(*) FROM scope_uses") ?? 0
            known = count
            guard count < limit else {
                leftOut += 1
                continue
            }
            try execute(
                "INSERT INTO scope_uses (last_used_at, provider, tenant, client, scope) VALUES (?, ?, ?, ?, ?)",
                key
            )
            known = count + 1
        }
        return leftOut
    }
}
