internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func family(named name: String, at provider: ProviderID) throws -> Int64 {
        let number = try words.intern(provider.rawValue)
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM families WHERE provider = ? AND name = ?"),
            arguments: [number, name]
        )
        if let known { return known }
        try execute("INSERT INTO families (provider, name) VALUES (?, ?)", [number, name])
        return db.lastInsertedRowID
    }

    func joinFamilies(of row: Int64, at now: Timestamp) throws {
        guard row != aloneRow else { return }
        // Two searches, each by its index: an OR over both would read every grant.
        var related: [(row: Int64, family: Int64?)] = []
        for search in [try inserting.tokenRelatives.on(db), try inserting.providerGrantRelatives.on(db)] {
            try search.forEach({ $0.add(row) }, { related.append(($0.number(0), $0.numberIfAny(1))) })
        }
        guard !related.isEmpty else { return }
        let mine = try Row.fetchOne(db, sql: "SELECT provider, family FROM grants WHERE row = ?", arguments: [row])
        var families = Set(related.compactMap(\.family))
        if let own = mine?[1] as Int64? { families.insert(own) }
        let family: Int64
        if let lowest = families.min() {
            family = lowest
        } else {
            try execute("INSERT INTO families (provider, name) VALUES (?, NULL)", [mine?[0] as Int64?])
            family = db.lastInsertedRowID
        }
        for other in families where other != family {
            try execute("UPDATE grants SET family = ? WHERE family = ?", [family, other])
        }
        for member in [row] + related.map(\.row) {
            try execute("UPDATE grants SET family = ? WHERE row = ?", [family, member])
        }
        try execute(
            """
            UPDATE states SET due_at = ? WHERE standing <= 2 AND row IN (SELECT row FROM grants WHERE family = ?)
            """,
            [now.milliseconds, family]
        )
    }
}
