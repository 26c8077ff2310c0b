extension Migrations {
    /// What contradicts an end or an answer, beside the state that it speaks of.
    static let evidence = [
        // The last active verdict before a later one of another kind; the last raw `inactive`.
        "ALTER TABLE states ADD COLUMN active_at INTEGER",
        "ALTER TABLE states ADD COLUMN inactive_answer_at INTEGER",
        "ALTER TABLE states ADD COLUMN unknown_why TEXT",
        "ALTER TABLE states ADD COLUMN unknown_since INTEGER",
        "ALTER TABLE states ADD COLUMN contradicted_end INTEGER",
        "ALTER TABLE states ADD COLUMN resurfaced_at INTEGER",
        "ALTER TABLE states ADD COLUMN first_seen_at INTEGER",
        "ALTER TABLE states ADD COLUMN told_scopes INTEGER REFERENCES words (id)",
        "ALTER TABLE states ADD COLUMN told_scopes_kind INTEGER CHECK (told_scopes_kind IN (1, 2))",
        "CREATE INDEX states_resurfaced ON states (row) WHERE resurfaced_at IS NOT NULL",
        "CREATE INDEX states_unknown ON states (unknown_since) WHERE unknown_since IS NOT NULL AND standing <= 2",
    ]

    /// Marks the rows in which all nine of these columns are NULL, so that readers can skip them.
    ///
    /// The constraint keeps a row with a finding from being marked; an unmarked row is read in full.
    static let plain = [
        """
        ALTER TABLE states ADD COLUMN is_plain INTEGER NOT NULL DEFAULT 0
            CHECK (is_plain = 0 OR (is_plain = 1 AND \(nothingFound)))
        """,
        "UPDATE states SET is_plain = 1 WHERE \(nothingFound)",
    ]

    private static let nothingFound = """
        active_at IS NULL AND inactive_answer_at IS NULL AND unknown_why IS NULL AND unknown_since IS NULL
        AND contradicted_end IS NULL AND resurfaced_at IS NULL AND settled_at IS NULL AND told_scopes IS NULL
        AND told_scopes_kind IS NULL
        """
}
