internal import GRDB
internal import Grants

extension SQLiteTransaction {
    /// So many controls of a kind are remembered at one provider.
    private static let mostControls = 16
    /// A canary that was not asked for so long is another one now.
    private static let longestPause = Duration.days(90)

    func noteActive(_ token: Secret, kind: TokenKind, of row: Int64?, at provider: ProviderID, now: Timestamp) throws {
        let number = try words.intern(provider.rawValue)
        let fingerprint = try openVault().fingerprint(token)
        if let row {
            // Its token was replaced: what the old one showed is over.
            try execute(
                "DELETE FROM token_sightings WHERE provider = ? AND row = ? AND kind = ? AND fingerprint <> ?",
                [number, row, kind.code, Blob(fingerprint)]
            )
        }
        try execute(
            """
            INSERT INTO token_sightings (provider, fingerprint, kind, row, first_at, last_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO UPDATE SET last_at = ?5, row = coalesce(row, ?4)
            """,
            [number, Blob(fingerprint), kind.code, row, now.milliseconds]
        )
        try execute(
            "DELETE FROM token_sightings WHERE provider = ? AND last_at < ?",
            [number, (now - Self.longestPause).milliseconds]
        )
        try execute(
            """
            DELETE FROM token_sightings WHERE provider = ?1 AND kind = ?2 AND row IS NOT NULL AND fingerprint NOT IN
            (SELECT fingerprint FROM token_sightings WHERE provider = ?1 AND kind = ?2 AND row IS NOT NULL
                ORDER BY first_at, fingerprint LIMIT ?3)
            """,
            [number, kind.code, Self.mostControls]
        )
    }

    func forgetActive(_ token: Secret, at provider: ProviderID) throws {
        guard let number = try words.number(provider.rawValue) else { return }
        try execute(
            "DELETE FROM token_sightings WHERE provider = ? AND fingerprint = ?",
            [number, Blob(openVault().fingerprint(token))]
        )
    }

    func noteLifetime(_ lifetime: Duration, at provider: ProviderID) throws {
        try execute(
            """
            INSERT INTO provider_watch (provider, longest_lifetime) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET longest_lifetime = max(coalesce(longest_lifetime, 0), ?2)
            """,
            [words.intern(provider.rawValue), lifetime.milliseconds]
        )
    }

    func noteFirstInactives(_ firsts: [FirstInactive], at provider: ProviderID, now: Timestamp) throws {
        let number = try words.intern(provider.rawValue)
        for first in firsts {
            try execute(
                """
                INSERT INTO first_inactives (provider, row, at, approved) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET at = ?3, approved = ?4
                """,
                [number, first.row, first.at.milliseconds, first.isApproved ? 1 : 0]
            )
        }
        let day = now.milliseconds / 86_400_000
        try execute(
            "INSERT INTO surge_days (provider, day, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + ?3",
            [number, day, firsts.count]
        )
        try execute("DELETE FROM surge_days WHERE provider = ? AND day < ?", [number, day - 30])
        try execute(
            "DELETE FROM first_inactives WHERE provider = ? AND at < ?",
            [number, (now - .days(30)).milliseconds]
        )
        try execute(
            "DELETE FROM gone_ends WHERE provider = ? AND minute < ?",
            [number, (now - Creep.window - .days(1)).milliseconds / 60_000]
        )
    }

    func approveWatch(of provider: ProviderID, at now: Timestamp) throws {
        let number = try words.intern(provider.rawValue)
        try execute("UPDATE first_inactives SET approved = 1 WHERE provider = ?", [number])
        try execute(
            """
            INSERT INTO provider_watch (provider, approved_at) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET approved_at = ?2
            """,
            [number, now.milliseconds / 60_000]
        )
    }

    func setEndedProgress(_ progress: EndedProgress, _ question: EndedQuestion, at provider: ProviderID) throws {
        try execute(
            """
            INSERT INTO ended_questions (provider, question, ended_at, row, day, asked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET ended_at = ?3, row = ?4, day = ?5, asked = ?6
            """,
            [
                words.intern(provider.rawValue), question.rawValue, progress.place.at.milliseconds, progress.place.row,
                progress.day, progress.asked,
            ]
        )
    }

    func dropTokens(of row: Int64) throws {
        try execute("UPDATE tokens SET sealed = x'' WHERE row = ?", [row])
        try execute("UPDATE grants SET tokens = 0 WHERE row = ?", [row])
    }
}
