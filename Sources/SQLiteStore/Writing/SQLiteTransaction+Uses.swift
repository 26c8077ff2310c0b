internal import GRDB
internal import Grants

/// The statements that a usage log makes once for each name.
struct UseStatements {
    var find = LateStatement(
        """
        SELECT g.row, s.last_used_at, s.standing, s.inactive_since, g.family
        FROM grants g JOIN states s ON s.row = g.row WHERE g.provider = ? AND g.id = ?
        """
    )
    var enter = LateStatement("UPDATE states SET last_used_at = ? WHERE row = ?")
}

extension SQLiteTransaction {
    func noteUse(of key: Grant.Key, at: Timestamp) throws -> NotedUse {
        guard let provider = try words.number(key.provider.rawValue) else { return .unknown }
        let found = try using.find.on(db).first(
            {
                $0.add(provider)
                $0.add(key.id)
            },
            { found -> (row: Int64, use: NotedUse?) in
                let row = found.number(0)
                if let last = found.numberIfAny(1), last >= at.milliseconds { return (row, .noted) }
                let standing = Standing(code: Int(found.number(2)))
                let isAnnounced = standing == .noticed || standing == .quarantined
                guard !isAnnounced, found.isNull(3), found.isNull(4) else { return (row, .matters(row: row)) }
                return (row, nil)
            }
        )
        guard let found else { return .unknown }
        if let use = found.use { return use }
        try using.enter.on(db).run {
            $0.add(at.milliseconds)
            $0.add(found.row)
        }
        return .noted
    }
}
