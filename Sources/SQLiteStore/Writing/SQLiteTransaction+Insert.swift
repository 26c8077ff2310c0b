internal import GRDB
internal import Grants

/// The statements that an import makes once for each grant.
struct InsertStatements {
    var grant = LateStatement(
        """
        INSERT INTO grants (provider, id, tenant, client, subject, scopes, role, environment, family,
        provider_grant_id, issued_at, expires_at, access_token_expires_at, refresh_token_expires_at,
        observed_from, observed_until, claims_refresh_token, tokens, recorded_at, holding, first_recorded_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    )
    var state = LateStatement(
        """
        INSERT INTO states (row, standing, due_at, ask_at, last_used_at, of_provider, of_tenant, is_plain)
        VALUES (?, 0, ?, ?, ?, ?, ?, 1)
        """
    )
    var record = LateStatement(
        """
        UPDATE grants SET tenant = ?, client = ?, subject = ?, scopes = ?, role = ?, environment = ?, family = ?,
        provider_grant_id = ?, issued_at = ?, expires_at = ?, access_token_expires_at = ?,
        refresh_token_expires_at = ?, observed_from = ?, observed_until = ?, claims_refresh_token = ?,
        recorded_at = ? WHERE row = ?
        """
    )
    var newSubject = LateStatement("INSERT INTO subjects (name) VALUES (?) ON CONFLICT DO NOTHING")
    var subject = LateStatement("SELECT id FROM subjects WHERE name = ?")
    var purged = LateStatement("DELETE FROM purged_grants WHERE provider = ? AND id = ?")
    var newToken = LateStatement("INSERT INTO tokens (row, kind, fingerprint, sealed) VALUES (?, ?, ?, ?)")
    var token = LateStatement(
        """
        INSERT INTO tokens (row, kind, fingerprint, sealed) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, sealed = excluded.sealed, told_client = NULL
        """
    )
    var fingerprint = LateStatement("SELECT fingerprint FROM tokens WHERE row = ? AND kind = ? AND length(sealed) > 0")
    /// Answered by the index alone.
    var isTokenHeld = LateStatement("SELECT 1 FROM tokens WHERE fingerprint = ? LIMIT 1")
    var tokenRelatives = LateStatement(
        """
        SELECT g.row, g.family FROM tokens mine
        JOIN tokens t ON t.fingerprint = mine.fingerprint AND t.row <> mine.row
        JOIN grants me ON me.row = mine.row
        JOIN grants g ON g.row = t.row AND g.provider = me.provider
        WHERE mine.row = ?
        """
    )
    var providerGrantRelatives = LateStatement(
        """
        SELECT g.row, g.family FROM grants me
        JOIN grants g ON g.provider = me.provider AND g.provider_grant_id = me.provider_grant_id
        WHERE me.row = ? AND g.row <> me.row
        """
    )
}

extension SQLiteTransaction {
    func insert(_ grant: Grant, ready tokens: [TokenKind: ReadyToken], at now: Timestamp) throws -> StoredGrant {
        let provider = try words.intern(grant.key.provider.rawValue)
        let subject = try grant.subject.map(subjectReference)
        let details = try Details(grant, subject: subject, words)
        let holding = try holdingBook.number(of: details.holding(at: provider), in: db)
        try inserting.grant.on(db).run { values in
            values.add(provider)
            values.add(grant.key.id)
            details.add(to: &values)
            values.add(tokens.keys.reduce(0) { $0 + $1.code })
            values.add(now.milliseconds)
            values.add(holding)
            values.add(now.milliseconds)
        }
        let row = db.lastInsertedRowID
        try inserting.state.on(db).run { values in
            values.add(row)
            values.add(now.milliseconds)
            values.add(tokens.isEmpty ? nil : now.milliseconds)
            values.add(grant.lastUsedAt?.milliseconds)
            values.add(provider)
            values.add(details.tenant)
        }
        var isAlone = grant.providerGrantID == nil
        if !tokens.isEmpty {
            let vault = try openVault()
            for kind in TokenKind.allCases {
                guard let ready = tokens[kind] else { continue }
                let fingerprint = ready.fingerprint ?? vault.fingerprint(ready.token)
                if isAlone {
                    isAlone = try inserting.isTokenHeld.on(db).first({ $0.add(fingerprint) }, { _ in true }) == nil
                }
                // It opens in the row that it was sealed for and in no other.
                let sealed =
                    try ready.sealed.flatMap { $0.row == row ? $0.bytes : nil }
                    ?? vault.seal(ready.token, row: row, kind: kind)
                try inserting.newToken.on(db).run { values in
                    values.add(row)
                    values.add(kind.code)
                    values.add(fingerprint)
                    values.add(sealed)
                }
            }
        }
        aloneRow = isAlone ? row : nil
        try countStanding(provider: provider, tenant: details.tenant, from: nil, to: .active)
        if !tokens.isEmpty { countAsked(provider: provider, tenant: details.tenant, by: 1) }
        holdingBook.count(holding, 1)
        if try hasPurgedGrants() { try forgetPurged(grant.key, for: row) }
        try noteUnfit(grant.key.id, .grant)
        // As it would be read back: a new grant has nothing but what its record says.
        var stored = StoredGrant(
            grant: Self.recorded(grant, tokens),
            row: row,
            recordedAt: now,
            askAt: tokens.isEmpty ? nil : now
        )
        stored.grant.firstRecordedAt = now
        stored.dueAt = now
        stored.subjectReference = subject
        stored.holding = holding
        return stored
    }

    private static func recorded(_ given: Grant, _ tokens: [TokenKind: ReadyToken]) -> Grant {
        var grant = given
        grant.standing = .active
        grant.announcedAt = nil
        grant.cause = nil
        grant.clockFrom = nil
        grant.validity = Validity()
        grant.contradictedEnd = nil
        grant.resurfacedAt = nil
        grant.settledAt = nil
        grant.firstSeenAt = nil
        grant.toldScopes = nil
        grant.toldScopesKind = nil
        grant.coversAnother = false
        grant.exemption = nil
        grant.proof = nil
        grant.residualUntil = nil
        grant.holdsAccessToken = tokens[.accessToken] != nil
        grant.holdsRefreshToken = tokens[.refreshToken] != nil
        return grant
    }

    func saveRecord(_ stored: StoredGrant) throws {
        aloneRow = nil
        let details = try Details(stored.grant, subject: stored.grant.subject.map(subjectReference), words)
        try inserting.record.on(db).run { values in
            details.add(to: &values)
            values.add(stored.recordedAt.milliseconds)
            values.add(stored.row)
        }
        let provider = try words.intern(stored.grant.key.provider.rawValue)
        try holdingBook.move(
            row: stored.row,
            from: holdingBook.present(stored.holding, ofRow: stored.row),
            to: holdingBook.number(of: details.holding(at: provider), in: db),
            isLive: stored.readStanding.isLive,
            in: db
        )
    }

    private func subjectReference(_ name: String) throws -> Int64 {
        // Most subjects that come in numbers are new.
        if try inserting.newSubject.on(db).run({ $0.add(name) }) == 1 {
            let reference = db.lastInsertedRowID
            try noteUnfit(name, .subject)
            return reference
        }
        let known = try inserting.subject.on(db).first({ $0.add(name) }, { $0.number(0) })
        guard let known else { throw StoreError(.other, "a subject is neither new nor known") }
        return known
    }
}

/// Every column that a record may change, in one order.
private struct Details {
    let tenant: Int64
    private let grant: Grant
    private let client: Int64
    private let subject: Int64?
    private let scopes: Int64
    private let role: Int64?
    private let environment: Int64?

    init(_ grant: Grant, subject: Int64?, _ words: Words) throws {
        self.grant = grant
        self.subject = subject
        tenant = try words.intern(grant.tenant.rawValue)
        client = try words.intern(grant.client.rawValue)
        scopes = try words.intern(grant.scopes.joined)
        role = try grant.role.map(words.intern)
        environment = try grant.environment.map(words.intern)
    }

    func holding(at provider: Int64) -> HoldingBook.Key {
        HoldingBook.Key(
            provider: provider,
            tenant: tenant,
            client: client,
            role: role ?? 0,
            environment: environment ?? 0,
            scopes: scopes
        )
    }

    func add(to values: inout HotStatement.Binder) {
        values.add(tenant)
        values.add(client)
        values.add(subject)
        values.add(scopes)
        values.add(role)
        values.add(environment)
        values.add(grant.family)
        values.add(grant.providerGrantID)
        values.add(grant.issuedAt.milliseconds)
        values.add(grant.expiresAt?.milliseconds)
        values.add(grant.accessTokenExpiresAt?.milliseconds)
        values.add(grant.refreshTokenExpiresAt?.milliseconds)
        values.add(grant.observedFrom?.milliseconds)
        values.add(grant.observedUntil?.milliseconds)
        values.add(grant.claimsRefreshToken ? 1 : 0)
    }
}
