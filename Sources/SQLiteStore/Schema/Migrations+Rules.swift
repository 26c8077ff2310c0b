extension Migrations {
    /// What the corrected rules rest on: whose a token is, who carries a consent on, which ends are near.
    static let rules = [
        // `client_id` of the last active answer about this very token.
        "ALTER TABLE tokens ADD COLUMN told_client TEXT",
        // nil: of before this version, and so earlier than every other.
        "ALTER TABLE grants ADD COLUMN first_recorded_at INTEGER",
        // The successor of a member that has ended; it can be no other's.
        "ALTER TABLE states ADD COLUMN covers INTEGER NOT NULL DEFAULT 0 CHECK (covers IN (0, 1))",
        "CREATE INDEX grants_by_end ON grants (expires_at) WHERE expires_at IS NOT NULL",
        """
        CREATE INDEX grants_by_token_end ON grants (access_token_expires_at)
            WHERE tokens = 1 AND claims_refresh_token = 0 AND provider_grant_id IS NULL
            AND access_token_expires_at IS NOT NULL
        """,
        // What ended by itself (rule 5 of the codes) or was superseded (3, as `expired`) is no part of what the valve
        // measures; it was counted as live until now.
        """
        UPDATE ends SET ended = max(counted, ended - (
            SELECT count(*) FROM states s WHERE s.of_provider = ends.provider AND s.of_tenant = ends.tenant
            AND s.ended_at >= ends.minute * 60000 AND s.ended_at < (ends.minute + 1) * 60000
            AND (s.cause = 5 OR (s.cause = 3 AND s.standing = 5))
        ))
        """,
        // Planned by other rules: nobody may approve them any more.
        "UPDATE held_plans SET policy_hash = 'older-version'",
    ]
}
