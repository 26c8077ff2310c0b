internal import GRDB
internal import Grants

/// What has left the store or may leave it.
extension SQLiteSnapshot {
    func journalAnchor() throws -> JournalAnchor? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT seq, hash, archive FROM journal_anchor"))
            .map { JournalAnchor(seq: $0[0], hash: ($0[1] as Blob).bytes, archive: $0[2]) }
    }

    func journalHash(at seq: Int64) throws -> [UInt8]? {
        if seq == 0 { return JournalHash.start }
        if let anchor = try journalAnchor(), anchor.seq >= seq {
            return anchor.seq == seq ? anchor.hash : nil
        }
        let statement = try db.cachedStatement(sql: "SELECT hash FROM journal WHERE seq = ?")
        return try Blob.fetchOne(statement, arguments: [seq])?.bytes
    }

    func purgedEnd(of key: Grant.Key) throws -> Timestamp? {
        guard try hasPurgedGrants(), let provider = try words.number(key.provider.rawValue) else { return nil }
        return try keyed.purged.on(db).first(
            {
                $0.add(provider)
                $0.add(key.id)
            },
            { Timestamp(milliseconds: $0.number(0)) }
        )
    }

    // MARK: Grants

    func endedGrants(
        before instant: Timestamp,
        at now: Timestamp,
        after mark: EndedGrant.Mark?,
        limit: Int
    ) throws -> [EndedGrant] {
        try fetchEnded(
            "(s.ended_at, s.row) > (?3, ?4) ORDER BY s.ended_at, s.row LIMIT ?5",
            [
                instant.milliseconds, now.milliseconds, mark?.endedAt.milliseconds ?? .min, mark?.row ?? .min, limit,
            ]
        )
    }

    /// `?1` is the end of what is old, `?2` the present; the keepers are in the order of ``EndedGrant/Keeper``.
    func fetchEnded(_ rest: String, _ arguments: StatementArguments) throws -> [EndedGrant] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(GrantRow.columns), CASE
                    WHEN EXISTS (SELECT 1 FROM grants o JOIN states p ON p.row = o.row
                        WHERE o.family = g.family AND p.standing < 5) THEN 0
                    WHEN s.last_used_at >= ?1 THEN 1
                    WHEN s.residual_until > ?2 THEN 2
                    WHEN x.until > ?2 THEN 3
                    WHEN EXISTS (SELECT 1 FROM pending_verdicts WHERE row = g.row)
                        OR EXISTS (SELECT 1 FROM revocations WHERE row = g.row) THEN 4
                    WHEN g.row = (SELECT max(row) FROM grants) THEN 5
                    END
                FROM states s CROSS JOIN grants g ON g.row = s.row
                LEFT JOIN subjects b ON b.id = g.subject LEFT JOIN exemptions x ON x.row = g.row
                WHERE s.ended_at < ?1 AND \(rest)
                """
        )
        var found: [EndedGrant] = []
        try HotRow.forEach(statement, arguments) { row in
            let keeper = row.numberIfAny(GrantRow.count).map { EndedGrant.Keeper.allCases[Int($0)] }
            found.append(EndedGrant(try GrantRow.value(row, words), keptBy: keeper))
        }
        return found
    }

    // MARK: Runs

    /// What waits for a person or a provider names the run that it came from.
    private static let awaited = """
        (r.id IN (SELECT run FROM revocations WHERE run IS NOT NULL)
        OR r.id IN (SELECT run FROM pending_verdicts)
        OR EXISTS (SELECT 1 FROM held_plans h WHERE h.held_at BETWEEN r.started_at AND r.ended_at))
        """

    func spentRuns(before instant: Timestamp, after id: Int64, limit: Int) throws -> [RunRecord] {
        try fetchRuns(
            "r WHERE r.ended_at < ? AND r.id > ? AND NOT \(Self.awaited) ORDER BY r.id LIMIT ?",
            [instant.milliseconds, id, limit]
        )
    }

    func awaitedRuns(before instant: Timestamp) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM runs r WHERE r.ended_at < ? AND \(Self.awaited)",
            arguments: [instant.milliseconds]
        ) ?? 0
    }

    // MARK: Subjects

    func unnamedSubjects(after reference: Int64, limit: Int) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM subjects WHERE id > ? AND id < (SELECT max(id) FROM subjects)
                AND NOT EXISTS (SELECT 1 FROM grants WHERE subject = subjects.id)
                AND id NOT IN (SELECT subject FROM journal WHERE subject IS NOT NULL)
                ORDER BY id LIMIT ?
                """,
            arguments: [reference, limit]
        )
    }
}
