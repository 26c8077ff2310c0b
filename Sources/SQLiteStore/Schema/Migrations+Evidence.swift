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
}
