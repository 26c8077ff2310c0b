internal import GRDB
internal import Grants
internal import Records

// Names that look alike, tokens that were, grants that were purged.
extension SQLiteSnapshot {
    func lookAlikes(of name: String, kind: UnfitName.Kind) throws -> [String] {
        let names: [String]
        switch kind {
        case .provider, .tenant, .client:
            names = try sharedNames(kind)
        case .subject, .grant:
            // Of two that look alike one at least is not in form C, and is kept by that form.
            let form = name.normalized
            names =
                try String.fetchAll(
                    db,
                    sql: "SELECT name FROM unfit_names WHERE kind = ? AND form = ?",
                    arguments: [kind.code, form]
                ) + (isStored(form, kind) ? [form] : [])
        }
        return names.filter { $0.looksLike(name) }
    }

    func unfitNames(of kinds: [UnfitName.Kind], limit: Int) throws -> [UnfitName] {
        var found: [UnfitName] = []
        for kind in [UnfitName.Kind.provider, .tenant, .client] where kinds.contains(kind) {
            let names = try sharedNames(kind)
            for name in names {
                let hasTwin = names.contains { $0.looksLike(name) }
                guard hasTwin || NameFault(of: name) != nil else { continue }
                found.append(.init(kind: kind, name: name, hasTwin: hasTwin))
            }
        }
        for kind in [UnfitName.Kind.subject, .grant] where kinds.contains(kind) {
            let names = try String.fetchAll(
                db,
                sql: "SELECT name FROM unfit_names WHERE kind = ? ORDER BY form, name LIMIT ?",
                arguments: [kind.code, limit]
            )
            for name in names {
                found.append(.init(kind: kind, name: name, hasTwin: try !lookAlikes(of: name, kind: kind).isEmpty))
            }
        }
        return Array(found.prefix(limit))
    }

    /// The names of a kind that grants share; there are few.
    private func sharedNames(_ kind: UnfitName.Kind) throws -> [String] {
        try settle()
        let (table, column) =
            switch kind {
            case .provider: ("counts", "provider")
            case .tenant: ("counts", "tenant")
            case .client, .subject, .grant: ("holdings", "client")
            }
        return try String.fetchAll(
            db,
            sql: "SELECT text FROM words WHERE id IN (SELECT DISTINCT \(column) FROM \(table)) ORDER BY text"
        )
    }

    private func isStored(_ name: String, _ kind: UnfitName.Kind) throws -> Bool {
        let sql =
            kind == .subject
            ? "SELECT EXISTS (SELECT 1 FROM subjects WHERE name = ?)"
            : "SELECT EXISTS (SELECT 1 FROM grants WHERE id = ? AND provider IN (SELECT provider FROM counts))"
        return try Bool.fetchOne(db, sql: sql, arguments: [name]) ?? false
    }

    func knows(client: ClientID, at provider: ProviderID?) throws -> Bool {
        try settle()
        guard let client = try words.number(client.rawValue) else { return false }
        guard let provider else {
            return try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM holdings WHERE client = ?)",
                arguments: [client]
            ) ?? false
        }
        guard let number = try words.number(provider.rawValue) else { return false }
        return try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM holdings WHERE provider = ? AND client = ?)",
            arguments: [number, client]
        ) ?? false
    }

    func hasHeld(_ token: Secret, row: Int64) throws -> Bool {
        let fingerprint = Blob(try openVault().fingerprint(token))
        let statement = try db.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM tokens WHERE fingerprint = ?1 AND row = ?2)
                OR EXISTS (SELECT 1 FROM former_tokens WHERE fingerprint = ?1 AND row = ?2)
                """
        )
        return try Bool.fetchOne(statement, arguments: [fingerprint, row]) ?? false
    }

    func purgedGrant(_ key: Grant.Key) throws -> PurgedGrant? {
        guard try hasPurgedGrants(), let provider = try words.number(key.provider.rawValue) else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT ended_at, by_hand, row FROM purged_grants WHERE provider = ? AND id = ?"
        )
        return try Row.fetchOne(statement, arguments: [provider, key.id]).map { row in
            PurgedGrant(endedAt: Timestamp(milliseconds: row[0]), endedByHand: row[1], row: row[2])
        }
    }

    /// Subjects or ids of grants whose form C is that of the name, other than itself.
    func sameInForm(_ name: String, kind: UnfitName.Kind) throws -> [String] {
        guard try hasUnfitNames() || !name.isNormalized else { return [] }
        let form = name.normalized
        let statement = try db.cachedStatement(sql: "SELECT name FROM unfit_names WHERE kind = ? AND form = ?")
        let names = try String.fetchAll(statement, arguments: [kind.code, form])
        return (names + [form]).filter { !$0.hasSameBytes(as: name) }
    }

    /// Mostly there are none, and a use need not be looked for a second time.
    private func hasUnfitNames() throws -> Bool {
        if let known = anyUnfit { return known }
        let any = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM unfit_names)") ?? true
        anyUnfit = any
        return any
    }
}

extension UnfitName.Kind {
    /// As the store keeps it.
    var code: Int {
        switch self {
        case .provider: 0
        case .tenant: 1
        case .client: 2
        case .subject: 3
        case .grant: 4
        }
    }
}
