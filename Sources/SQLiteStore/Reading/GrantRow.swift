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
        s.failures, s.proof, s.residual_until, s.ended_at, x.owner, x.reason, x.until, g.holding,
        s.first_seen_at, s.covers, g.first_recorded_at, s.is_plain
        """
    /// How many columns these are.
    static let count: Int32 = 48
    static let tables = """
        grants g JOIN states s ON s.row = g.row
        LEFT JOIN subjects b ON b.id = g.subject LEFT JOIN exemptions x ON x.row = g.row
        """

    static func value(_ row: HotRow, _ words: Words) throws -> StoredGrant {
        func time(_ column: Int32) -> Timestamp? {
            row.numberIfAny(column).map(Timestamp.init(milliseconds:))
        }
        func rareTime(_ column: Int32) -> Timestamp? {
            row.numberIfRare(column).map(Timestamp.init(milliseconds:))
        }
        let cohort = Words.Cohort(
            provider: row.number(1),
            tenant: row.number(3),
            client: row.number(4),
            role: row.number(8),
            environment: row.number(9)
        )
        let shared = try words.shared(cohort, scopes: row.number(7), holding: row.number(43))
        var grant = Grant(
            key: .init(provider: shared.provider, id: row.text(2)),
            tenant: shared.tenant,
            client: shared.client,
            subject: row.textIfAny(5),
            scopes: shared.scopes,
            issuedAt: Timestamp(milliseconds: row.number(12))
        )
        grant.role = shared.role
        grant.environment = shared.environment
        grant.family = row.numberIfRare(10)
        grant.providerGrantID = row.textIfAny(11)
        grant.expiresAt = rareTime(13)
        grant.accessTokenExpiresAt = rareTime(14)
        grant.refreshTokenExpiresAt = rareTime(15)
        grant.observedFrom = time(16)
        grant.observedUntil = time(17)
        grant.claimsRefreshToken = row.number(18) != 0
        let tokens = Int(row.number(19))
        grant.holdsAccessToken = tokens & TokenKind.accessToken.code != 0
        grant.holdsRefreshToken = tokens & TokenKind.refreshToken.code != 0
        grant.standing = Standing(code: Int(row.number(21)))
        grant.lastUsedAt = time(24)
        grant.cause = row.numberIfRare(27).map { Rule(code: Int($0)) }
        grant.announcedAt = rareTime(28)
        grant.clockFrom = rareTime(29)
        grant.validity = validity(row)
        grant.proof = row.numberIfRare(37).map { Proof(code: Int($0)) }
        grant.residualUntil = rareTime(38)
        grant.firstSeenAt = rareTime(44)
        grant.coversAnother = row.number(45) != 0
        grant.firstRecordedAt = time(46)
        if row.number(47) == 0 { try readFindings(ofRow: row.number(0), into: &grant, words) }
        if let until = rareTime(42) {
            grant.exemption = Exemption(owner: row.text(40), reason: row.text(41), until: until)
        }
        var stored = StoredGrant(
            grant: grant,
            row: row.number(0),
            recordedAt: Timestamp(milliseconds: row.number(20)),
            askAt: time(23),
            cohort: shared.cohort
        )
        stored.subjectReference = row.numberIfAny(6)
        stored.dueAt = time(22)
        stored.keptBy = row.numberIfRare(25).map { Rule(code: Int($0)) }
        stored.waitsForEvidence = row.number(26) != 0
        stored.endedAt = rareTime(39)
        stored.holding = row.number(43)
        return stored
    }

    private static func validity(_ row: HotRow) -> Validity {
        var validity = Validity()
        // Never asked: there is nothing more to read but failures.
        if let verdict = row.numberIfRare(30) {
            validity.lastVerdict = verdict == 1 ? .active : .inactive
            validity.lastVerdictAt = row.numberIfAny(31).map(Timestamp.init(milliseconds:))
        }
        validity.inactiveSince = row.numberIfRare(32).map(Timestamp.init(milliseconds:))
        validity.inactiveCount = Int(row.number(33))
        validity.firstCountedAt = row.numberIfRare(34).map(Timestamp.init(milliseconds:))
        validity.lastCountedAt = row.numberIfRare(35).map(Timestamp.init(milliseconds:))
        validity.failures = Int(row.number(36))
        return validity
    }
}
