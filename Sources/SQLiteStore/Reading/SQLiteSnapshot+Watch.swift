internal import GRDB
internal import Grants

/// What is remembered of the providers themselves.
extension SQLiteSnapshot {
    func firstActive(_ token: Secret, at provider: ProviderID) throws -> Timestamp? {
        guard let provider = try words.number(provider.rawValue) else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT first_at FROM token_sightings WHERE provider = ? AND fingerprint = ?"
        )
        return try Int64.fetchOne(statement, arguments: [provider, Blob(openVault().fingerprint(token))])
            .map { Timestamp(milliseconds: $0) }
    }

    func controls(at provider: ProviderID, kind: TokenKind, limit: Int) throws -> [StoredGrant] {
        guard let provider = try words.number(provider.rawValue) else { return [] }
        let statement = try db.cachedStatement(
            sql: """
                SELECT t.row FROM token_sightings t JOIN states s ON s.row = t.row
                WHERE t.provider = ? AND t.kind = ? AND s.verdict = 1 AND s.inactive_since IS NULL AND s.standing <= 2
                ORDER BY t.first_at, t.row LIMIT ?
                """
        )
        return try Int64.fetchAll(statement, arguments: [provider, kind.code, limit]).compactMap { try grant(row: $0) }
    }

    func longestLifetime(at provider: ProviderID) throws -> Duration? {
        guard let provider = try words.number(provider.rawValue) else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT longest_lifetime FROM provider_watch WHERE provider = ? AND longest_lifetime IS NOT NULL"
        )
        return try Int64.fetchOne(statement, arguments: [provider]).map { .milliseconds($0) }
    }

    func firstInactives(at provider: ProviderID, since: Timestamp) throws -> [FirstInactive] {
        guard let provider = try words.number(provider.rawValue) else { return [] }
        let statement = try db.cachedStatement(
            sql: "SELECT row, at, approved FROM first_inactives WHERE provider = ? AND at >= ? ORDER BY row"
        )
        return try Row.fetchAll(statement, arguments: [provider, since.milliseconds]).map {
            FirstInactive(row: $0[0], at: Timestamp(milliseconds: $0[1]), isApproved: $0[2] == 1)
        }
    }

    func surgeHistory(at provider: ProviderID, before day: Int64, days: Int) throws -> [Int] {
        guard let provider = try words.number(provider.rawValue) else { return [] }
        let statement = try db.cachedStatement(
            sql: "SELECT n FROM surge_days WHERE provider = ? AND day < ? AND day >= ?"
        )
        return try Int.fetchAll(statement, arguments: [provider, day, day - Int64(days)])
    }

    func askedGrants(at provider: ProviderID, since: Timestamp, enough: Int) throws -> Int {
        guard let provider = try words.number(provider.rawValue) else { return 0 }
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM states WHERE of_provider = ? AND ask_at IS NOT NULL
                AND verdict_at >= ? AND standing <= 2 LIMIT ?)
                """
        )
        return try Int.fetchOne(statement, arguments: [provider, since.milliseconds, enough]) ?? 0
    }

    func goneEnds(at provider: ProviderID, since: Timestamp) throws -> Int {
        guard let provider = try words.number(provider.rawValue) else { return 0 }
        let statement = try db.cachedStatement(
            sql: """
                SELECT coalesce(sum(n), 0) FROM gone_ends WHERE provider = ?1 AND minute >= ?2
                AND minute > coalesce((SELECT approved_at FROM provider_watch WHERE provider = ?1), -1)
                """
        )
        return try Int.fetchOne(statement, arguments: [provider, since.milliseconds / 60_000]) ?? 0
    }

    func endedProgress(_ question: EndedQuestion, at provider: ProviderID) throws -> EndedProgress? {
        guard let provider = try words.number(provider.rawValue) else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT ended_at, row, day, asked FROM ended_questions WHERE provider = ? AND question = ?"
        )
        return try Row.fetchOne(statement, arguments: [provider, question.rawValue]).map {
            EndedProgress(
                place: .init(at: Timestamp(milliseconds: $0[0]), row: $0[1]),
                day: $0[2],
                asked: $0[3]
            )
        }
    }

    func ended(
        at provider: ProviderID,
        after place: QueueQuery.Place,
        until: Timestamp,
        limit: Int
    ) throws -> [StoredGrant] {
        guard let provider = try words.number(provider.rawValue) else { return [] }
        // The unary plus keeps the walk on the index of ends.
        return try fetch(
            """
            s.ended_at IS NOT NULL AND (s.ended_at, s.row) > (?, ?) AND s.ended_at <= ? AND +s.of_provider = ?
            AND g.tokens <> 0 ORDER BY s.ended_at, s.row LIMIT ?
            """,
            [place.at.milliseconds, place.row, until.milliseconds, provider, limit]
        )
    }
}
