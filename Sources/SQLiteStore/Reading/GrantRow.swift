internal import GRDB
internal import Grants

/// The columns of a grant with its state, in one order, and how they become a value.
enum GrantRow {
    static let columns = """
        g.row, g.provider, g.id, g.tenant, g.client, b.name, g.subject, g.scopes, g.role, g.environment, g.family,
        g.provider_grant_id, g.issued_at, g.expires_at, g.access_token_expires_at, g.refresh_token_expires_at,
        g.observed_from, g.observed_until, g.claims_refresh_token, g.tokens, g.recorded_at,
        s.standing, s.due_at, s.ask_at, s.last_used_at, s.kept_by, s.waits, s.cause, s.announced_at, s.clock_from,
        s.verdict, s.verdict_at, s.inactive_since, s.inactive_count, s.first_counted_at, s.last_counted_at,
        s.failures, s.proof, s.residual_until, s.ended_at, x.owner, x.reason, x.until
        """
    /// How many columns these are.
    static let count = 43
    static let tables = """
        grants g JOIN states s ON s.row = g.row
        LEFT JOIN subjects b ON b.id = g.subject LEFT JOIN exemptions x ON x.row = g.row
        """

    static func value(_ row: Row, _ words: Words) throws -> StoredGrant {
        func time(_ index: Int) -> Timestamp? {
            (row[index] as Int64?).map { Timestamp(milliseconds: $0) }
        }
        func word(_ index: Int) throws -> String? {
            try (row[index] as Int64?).map { try words.text($0) }
        }
        var grant = Grant(
            key: .init(provider: ProviderID(try words.text(row[1])), id: row[2]),
            tenant: TenantID(try words.text(row[3])),
            client: ClientID(try words.text(row[4])),
            subject: row[5],
            scopes: ScopeSet(joined: try words.text(row[7])),
            issuedAt: Timestamp(milliseconds: row[12])
        )
        grant.role = try word(8)
        grant.environment = try word(9)
        grant.family = row[10]
        grant.providerGrantID = row[11]
        grant.expiresAt = time(13)
        grant.accessTokenExpiresAt = time(14)
        grant.refreshTokenExpiresAt = time(15)
        grant.observedFrom = time(16)
        grant.observedUntil = time(17)
        grant.claimsRefreshToken = row[18]
        let tokens: Int = row[19]
        grant.holdsAccessToken = tokens & TokenKind.accessToken.code != 0
        grant.holdsRefreshToken = tokens & TokenKind.refreshToken.code != 0
        grant.standing = Standing(code: row[21])
        grant.lastUsedAt = time(24)
        grant.cause = (row[27] as Int?).map(Rule.init(code:))
        grant.announcedAt = time(28)
        grant.clockFrom = time(29)
        grant.validity = validity(row)
        grant.proof = (row[37] as Int?).map(Proof.init(code:))
        grant.residualUntil = time(38)
        if let until = time(42) {
            grant.exemption = Exemption(owner: row[40], reason: row[41], until: until)
        }
        var stored = StoredGrant(grant: grant, row: row[0], recordedAt: Timestamp(milliseconds: row[20]))
        stored.subjectReference = row[6]
        stored.dueAt = time(22)
        stored.askAt = time(23)
        stored.keptBy = (row[25] as Int?).map(Rule.init(code:))
        stored.waitsForEvidence = row[26]
        stored.endedAt = time(39)
        return stored
    }

    private static func validity(_ row: Row) -> Validity {
        var validity = Validity()
        validity.lastVerdict = (row[30] as Int?).map { $0 == 1 ? .active : .inactive }
        validity.lastVerdictAt = (row[31] as Int64?).map { Timestamp(milliseconds: $0) }
        validity.inactiveSince = (row[32] as Int64?).map { Timestamp(milliseconds: $0) }
        validity.inactiveCount = row[33]
        validity.firstCountedAt = (row[34] as Int64?).map { Timestamp(milliseconds: $0) }
        validity.lastCountedAt = (row[35] as Int64?).map { Timestamp(milliseconds: $0) }
        validity.failures = row[36]
        return validity
    }
}
