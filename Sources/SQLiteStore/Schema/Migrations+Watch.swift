extension Migrations {
    /// What is remembered of the providers: since when their canaries live, who turned inactive on which day, what rule 4
    /// ended, and how far ended grants were asked about again.
    static let watch = [
        // Canaries, and the grants that controlled them; by fingerprint, since a canary is in no other table.
        """
        CREATE TABLE token_sightings (
            provider INTEGER NOT NULL REFERENCES words (id),
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
            row INTEGER,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            PRIMARY KEY (provider, fingerprint)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE provider_watch (
            provider INTEGER PRIMARY KEY REFERENCES words (id),
            longest_lifetime INTEGER,
            approved_at INTEGER
        ) STRICT
        """,
        """
        CREATE TABLE first_inactives (
            provider INTEGER NOT NULL REFERENCES words (id),
            row INTEGER NOT NULL,
            at INTEGER NOT NULL,
            approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
            PRIMARY KEY (provider, row)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX first_inactives_at ON first_inactives (provider, at)",
        """
        CREATE TABLE surge_days (
            provider INTEGER NOT NULL REFERENCES words (id),
            day INTEGER NOT NULL,
            n INTEGER NOT NULL CHECK (n >= 0),
            PRIMARY KEY (provider, day)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE gone_ends (
            provider INTEGER NOT NULL REFERENCES words (id),
            minute INTEGER NOT NULL,
            n INTEGER NOT NULL CHECK (n > 0),
            PRIMARY KEY (provider, minute)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE ended_questions (
            provider INTEGER NOT NULL REFERENCES words (id),
            question INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            row INTEGER NOT NULL,
            day INTEGER NOT NULL,
            asked INTEGER NOT NULL CHECK (asked >= 0),
            PRIMARY KEY (provider, question)
        ) STRICT, WITHOUT ROWID
        """,
        // The history of surges begins again: it was counted by runs.
        "DELETE FROM settings WHERE name LIKE 'surge_history:%'",
    ]
}
