internal import GRDB
internal import Grants

/// The statements that a usage log makes once for each name.
struct UseStatements {
    var find = LateStatement(
        """
        SELECT g.row, s.last_used_at, s.standing, s.inactive_since, g.family, g.issued_at
        FROM grants g JOIN states s ON s.row = g.row WHERE g.provider = ? AND g.id = ?
        """
    )
    var enter = LateStatement("UPDATE states SET last_used_at = ? WHERE row = ?")
    var keep = LateStatement(
        """
        INSERT INTO unmapped_uses (digest, kind, feed, provider, client, first_at, last_at, names)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)
        ON CONFLICT DO UPDATE SET first_at = min(first_at, ?6), last_at = max(last_at, ?7)
        """
    )
}

extension SQLiteTransaction {
    func noteUse(of key: Grant.Key, at: Timestamp) throws -> NotedUse {
        guard let provider = try words.number(key.provider.rawValue) else { return .unknown }
        let found = try using.find.on(db).first(
            {
                $0.add(provider)
                $0.add(key.id)
            },
            { found -> (row: Int64, use: NotedUse, isNews: Bool) in
                let row = found.number(0)
                let last = found.numberIfAny(1)
                let known = NotedUse.noted(
                    issuedAt: Timestamp(milliseconds: found.number(5)),
                    lastUsedAt: last.map { Timestamp(milliseconds: $0) }
                )
                let isPlain: Bool
                switch Standing(code: Int(found.number(2))) {
                // It may have resurfaced.
                case .expired, .revoked: return (row, .matters(row: row), false)
                case .noticed, .quarantined: isPlain = false
                case .active, .revoking, .stuck: isPlain = true
                }
                if let last, last >= at.milliseconds { return (row, known, false) }
                guard isPlain, found.isNull(3), found.isNull(4) else { return (row, .matters(row: row), false) }
                return (row, known, true)
            }
        )
        guard let found else { return .unknown }
        guard found.isNews else { return found.use }
        try using.enter.on(db).run {
            $0.add(at.milliseconds)
            $0.add(found.row)
        }
        return found.use
    }
}
