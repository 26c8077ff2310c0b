internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func insert(_ grant: Grant, tokens: [TokenKind: Secret], at now: Timestamp) throws -> StoredGrant {
        try db.cachedStatement(
            sql: """
                INSERT INTO grants (provider, id, tenant, client, subject, scopes, role, environment, family,
                provider_grant_id, issued_at, expires_at, access_token_expires_at, refresh_token_expires_at,
                observed_from, observed_until, claims_refresh_token, tokens, recorded_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
                """
        ).execute(arguments: try key(grant) + details(grant) + [now.milliseconds])
        let row = db.lastInsertedRowID
        try execute(
            """
            INSERT INTO states (row, standing, due_at, ask_at, last_used_at, of_provider, of_tenant)
            VALUES (?, 0, ?, ?, ?, ?, ?)
            """,
            [
                row, now.milliseconds, tokens.isEmpty ? nil : now.milliseconds, grant.lastUsedAt?.milliseconds,
                try words.intern(grant.key.provider.rawValue), try words.intern(grant.tenant.rawValue),
            ]
        )
        try countStanding(grant, from: nil, to: .active)
        try forgetPurged(grant.key)
        guard var stored = try self.grant(row: row) else { throw StoreError(.other, "a new row is not there") }
        if !tokens.isEmpty {
            try setTokens(tokens.mapValues { $0 }, of: stored)
            stored.grant.holdsAccessToken = tokens[.accessToken] != nil
            stored.grant.holdsRefreshToken = tokens[.refreshToken] != nil
        }
        return stored
    }

    private func key(_ grant: Grant) throws -> StatementArguments {
        [try words.intern(grant.key.provider.rawValue), grant.key.id]
    }

    /// Every column that a record may change, in one order.
    private func details(_ grant: Grant) throws -> StatementArguments {
        [
            try words.intern(grant.tenant.rawValue), try words.intern(grant.client.rawValue),
            try grant.subject.map(subjectReference), try words.intern(grant.scopes.joined),
            try grant.role.map(words.intern), try grant.environment.map(words.intern), grant.family,
            grant.providerGrantID, grant.issuedAt.milliseconds, grant.expiresAt?.milliseconds,
            grant.accessTokenExpiresAt?.milliseconds, grant.refreshTokenExpiresAt?.milliseconds,
            grant.observedFrom?.milliseconds, grant.observedUntil?.milliseconds, grant.claimsRefreshToken ? 1 : 0,
        ]
    }

    private func subjectReference(_ name: String) throws -> Int64 {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM subjects WHERE name = ?"),
            arguments: [name]
        )
        if let known { return known }
        try execute("INSERT INTO subjects (name) VALUES (?)", [name])
        return db.lastInsertedRowID
    }

    func saveRecord(_ stored: StoredGrant) throws {
        try execute(
            """
            UPDATE grants SET tenant = ?, client = ?, subject = ?, scopes = ?, role = ?, environment = ?, family = ?,
            provider_grant_id = ?, issued_at = ?, expires_at = ?, access_token_expires_at = ?,
            refresh_token_expires_at = ?, observed_from = ?, observed_until = ?, claims_refresh_token = ?,
            recorded_at = ? WHERE row = ?
            """,
            try details(stored.grant) + [stored.recordedAt.milliseconds, stored.row]
        )
    }

    func save(_ stored: StoredGrant) throws {
        let grant = stored.grant
        try countTransition(of: stored)
        let validity = grant.validity
        let isLive = grant.standing.isLive
        let isEnded = grant.standing == .expired || grant.standing == .revoked
        try saving.on(db).run { values in
            values.add(grant.standing.code)
            values.add(isLive ? stored.dueAt?.milliseconds : nil)
            values.add(isLive ? stored.askAt?.milliseconds : nil)
            values.add(grant.lastUsedAt?.milliseconds)
            values.add(isLive ? stored.keptBy?.code : nil)
            values.add(isLive && stored.waitsForEvidence ? 1 : 0)
            values.add(grant.cause?.code)
            values.add(grant.announcedAt?.milliseconds)
            values.add(grant.clockFrom?.milliseconds)
            values.add(validity.lastVerdict.map { $0 == .active ? 1 : 0 })
            values.add(validity.lastVerdictAt?.milliseconds)
            values.add(validity.inactiveSince?.milliseconds)
            values.add(validity.inactiveCount)
            values.add(validity.firstCountedAt?.milliseconds)
            values.add(validity.lastCountedAt?.milliseconds)
            values.add(validity.failures)
            values.add(grant.proof?.code)
            values.add(grant.residualUntil?.milliseconds)
            values.add(isEnded ? stored.endedAt?.milliseconds : nil)
            values.add(stored.row)
            values.add(stored.readStanding.code)
        }
        try requireChange(of: stored)
    }

    func saveDecision(_ stored: StoredGrant) throws {
        let grant = stored.grant
        try countTransition(of: stored)
        let isLive = grant.standing.isLive
        let isEnded = grant.standing == .expired || grant.standing == .revoked
        try deciding.on(db).run { values in
            values.add(grant.standing.code)
            values.add(isLive ? stored.dueAt?.milliseconds : nil)
            values.add(isLive ? stored.askAt?.milliseconds : nil)
            values.add(isLive ? stored.keptBy?.code : nil)
            values.add(isLive && stored.waitsForEvidence ? 1 : 0)
            values.add(grant.cause?.code)
            values.add(grant.announcedAt?.milliseconds)
            values.add(grant.clockFrom?.milliseconds)
            values.add(grant.proof?.code)
            values.add(isEnded ? stored.endedAt?.milliseconds : nil)
            values.add(stored.row)
            values.add(stored.readStanding.code)
        }
        try requireChange(of: stored)
    }

    private func countTransition(of stored: StoredGrant) throws {
        let (from, to) = (stored.readStanding, stored.grant.standing)
        guard from != to else { return }
        guard Lifecycle.event(from: from, to: to) != nil else {
            throw StoreError(.conflict, "\(stored.grant.key): \(from) cannot become \(to)")
        }
        try countStanding(stored.grant, from: from, to: to)
    }

    private func requireChange(of stored: StoredGrant) throws {
        guard db.changesCount == 1 else {
            throw StoreError(.conflict, "\(stored.grant.key) was changed by somebody else meanwhile")
        }
    }

    func postpone(row: Int64, from oldDue: Timestamp?, to deadline: Deadline, keptBy rule: Rule) throws {
        try postponing.on(db).run { values in
            values.add(deadline.dueAt?.milliseconds)
            values.add(deadline.waitsForEvidence ? 1 : 0)
            values.add(rule.code)
            values.add(row)
            values.add(oldDue?.milliseconds)
        }
    }

    @discardableResult
    func setTokens(_ tokens: [TokenKind: Secret?], of stored: StoredGrant) throws -> Bool {
        var changed = false
        for (kind, token) in tokens {
            guard let token else {
                try execute("DELETE FROM tokens WHERE row = ? AND kind = ?", [stored.row, kind.code])
                changed = changed || db.changesCount > 0
                continue
            }
            let vault = try openVault()
            let fingerprint = vault.fingerprint(token)
            let known = try Blob.fetchOne(
                db.cachedStatement(sql: "SELECT fingerprint FROM tokens WHERE row = ? AND kind = ?"),
                arguments: [stored.row, kind.code]
            )
            if known?.bytes == fingerprint { continue }
            try execute(
                """
                INSERT INTO tokens (row, kind, fingerprint, sealed) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET fingerprint = ?3, sealed = ?4
                """,
                [
                    stored.row, kind.code, Blob(fingerprint),
                    Blob(try vault.seal(token, row: stored.row, kind: kind)),
                ]
            )
            changed = true
        }
        if changed {
            try execute(
                "UPDATE grants SET tokens = (SELECT coalesce(sum(kind), 0) FROM tokens WHERE row = ?1) WHERE row = ?1",
                [stored.row]
            )
        }
        return changed
    }

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
        // Two searches, each by its index: an OR over both would read every grant.
        let related =
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT g.row, g.family FROM tokens mine
                        JOIN tokens t ON t.fingerprint = mine.fingerprint AND t.row <> mine.row
                        JOIN grants me ON me.row = mine.row
                        JOIN grants g ON g.row = t.row AND g.provider = me.provider
                        WHERE mine.row = ?
                        """
                ),
                arguments: [row]
            )
            + Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT g.row, g.family FROM grants me
                        JOIN grants g ON g.provider = me.provider AND g.provider_grant_id = me.provider_grant_id
                        WHERE me.row = ? AND g.row <> me.row
                        """
                ),
                arguments: [row]
            )
        guard !related.isEmpty else { return }
        let mine = try Row.fetchOne(db, sql: "SELECT provider, family FROM grants WHERE row = ?", arguments: [row])
        var families = Set(related.compactMap { $0[1] as Int64? })
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
        for member in [row] + related.map({ $0[0] as Int64 }) {
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
