internal import GRDB
internal import Grants

/// What leaves the store; the schema's triggers refuse what may not (`Migrations/version3`).
extension SQLiteTransaction {
    func endedGrant(row: Int64, before instant: Timestamp, at now: Timestamp) throws -> EndedGrant? {
        try fetchEnded("s.row = ?3", [instant.milliseconds, now.milliseconds, row]).first
    }

    func purge(_ stored: StoredGrant) throws {
        guard let endedAt = stored.endedAt else {
            throw StoreError(.conflict, "\(stored.grant.key) has not ended and stays in the store")
        }
        try execute(
            """
            INSERT INTO purged_grants (provider, id, ended_at, row, by_hand) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET ended_at = max(ended_at, ?3), row = ?4, by_hand = ?5
            """,
            [
                try words.intern(stored.grant.key.provider.rawValue), stored.grant.key.id, endedAt.milliseconds,
                stored.row, stored.grant.cause == .byHand ? 1 : 0,
            ]
        )
        try keepFingerprints(row: stored.row)
        anyPurged = true
        for table in ["tokens", "exemptions", "states"] {
            try execute("DELETE FROM \(table) WHERE row = ?", [stored.row])
        }
        guard db.changesCount == 1 else {
            throw StoreError(.conflict, "\(stored.grant.key) is not in the store any more")
        }
        try execute("DELETE FROM grants WHERE row = ?", [stored.row])
        if let family = stored.grant.family {
            try execute(
                "DELETE FROM families WHERE id = ? AND NOT EXISTS (SELECT 1 FROM grants WHERE family = families.id)",
                [family]
            )
        }
        try countStanding(stored.grant, from: stored.grant.standing, to: nil)
    }

    /// A new life of a purged grant: what it was before is over, but the tokens that it had stay known as its own.
    func forgetPurged(_ key: Grant.Key, for row: Int64) throws {
        guard let purged = try purgedGrant(key) else { return }
        if let former = purged.row {
            try execute("UPDATE OR IGNORE former_tokens SET row = ? WHERE row = ?", [row, former])
        }
        let provider = try words.intern(key.provider.rawValue)
        try inserting.purged.on(db).run {
            $0.add(provider)
            $0.add(key.id)
        }
    }

    @discardableResult
    func purgeJournal(through seq: Int64, archive: String) throws -> JournalAnchor {
        guard let hash = try journalHash(at: seq), seq > 0 else {
            throw StoreError(.conflict, "the journal has no entry \(seq)")
        }
        try execute(
            """
            INSERT INTO journal_anchor (one, seq, hash, archive) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET seq = ?1, hash = ?2, archive = ?3
            """,
            [seq, Blob(hash), archive]
        )
        try execute("DELETE FROM journal WHERE seq <= ?", [seq])
        return JournalAnchor(seq: seq, hash: hash, archive: archive)
    }

    func purgeEnds(before instant: Timestamp, limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM ends WHERE (minute, provider, tenant) IN
            (SELECT minute, provider, tenant FROM ends WHERE minute < ? LIMIT ?)
            """,
            [instant.milliseconds / 60_000, limit]
        )
        return db.changesCount
    }

    func purgeRun(_ id: Int64, before instant: Timestamp) throws -> Bool {
        guard try spentRuns(before: instant, after: id - 1, limit: 1).first?.id == id else { return false }
        try execute("DELETE FROM runs WHERE id = ?", [id])
        return true
    }

    func purgeSubject(_ reference: Int64, unnamedAt seq: Int64) throws -> Bool {
        // A search of the whole journal for each would be long; what was written since is short.
        try execute(
            """
            DELETE FROM subjects WHERE id = ?1 AND id < (SELECT max(id) FROM subjects)
            AND NOT EXISTS (SELECT 1 FROM grants WHERE subject = ?1)
            AND NOT EXISTS (SELECT 1 FROM journal WHERE seq > ?2 AND subject = ?1)
            """,
            [reference, seq]
        )
        return db.changesCount == 1
    }
}
