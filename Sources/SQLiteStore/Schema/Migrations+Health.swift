extension Migrations {
    /// What tells whether all that should happen can happen.
    static let health = [
        // Which run its holder works on; NULL: not said.
        "ALTER TABLE locks ADD COLUMN run INTEGER",
        // How a provider's known-good tokens fare: while they fail, no `inactive` of their kind counts.
        """
        CREATE TABLE canary_states (
            provider TEXT NOT NULL,
            kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
            sound_at INTEGER,
            failing_since INTEGER,
            why TEXT,
            PRIMARY KEY (provider, kind),
            CHECK ((failing_since IS NULL) = (why IS NULL))
        ) STRICT, WITHOUT ROWID
        """,
        // By partition, so that one with very many, which an operator accepted, hides no other.
        "DROP INDEX states_unjudged",
        "CREATE INDEX states_unjudged ON states (of_provider, of_tenant) WHERE kept_by = 9 AND standing <= 2",
        "CREATE INDEX states_cannot_revoke ON states (of_provider, of_tenant) WHERE kept_by = 12 AND standing <= 2",
        "DROP INDEX states_unknown",
        """
        CREATE INDEX states_unknown ON states (of_provider, of_tenant, unknown_since)
            WHERE unknown_since IS NOT NULL AND standing <= 2
        """,
    ]
}
