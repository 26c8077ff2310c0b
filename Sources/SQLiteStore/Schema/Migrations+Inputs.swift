extension Migrations {
    /// When a person closed the finding that a grant has resurfaced; whose the tokens are that were.
    static let settled = [
        "ALTER TABLE states ADD COLUMN settled_at INTEGER",
        // A new life of a purged grant takes over the tokens that it had.
        "CREATE INDEX former_tokens_of_row ON former_tokens (row)",
    ]

    /// When a feed was heard and what it covered then, and inputs whose end nobody has read.
    static let inputs = [
        // NULL: of before this version.
        "ALTER TABLE feeds ADD COLUMN heard_at INTEGER",
        // JSON; NULL: of before this version, and so whatever the configuration says at the first ingest.
        "ALTER TABLE feeds ADD COLUMN covers TEXT",
        // A row for each input that is being read, or was not read to its end. Size and digest tell a file again; NULL:
        // nothing can. A lease counts in CLOCK_BOOTTIME of one boot.
        """
        CREATE TABLE usage_inputs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            size INTEGER,
            digest BLOB CHECK (digest IS NULL OR length(digest) = 32),
            feeds TEXT NOT NULL,
            unfinished_line INTEGER,
            begun_at INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            pid_namespace TEXT NOT NULL,
            process_start TEXT NOT NULL,
            boot TEXT NOT NULL,
            lease_until INTEGER NOT NULL,
            CHECK ((size IS NULL) = (digest IS NULL))
        ) STRICT
        """,
    ]
}
