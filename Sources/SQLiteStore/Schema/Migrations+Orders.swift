extension Migrations {
    /// Orders that cost one step to add: what they are queued by is copied from the grant, and not looked up again.
    static let orders = [
        """
        CREATE TABLE orders (
            row INTEGER PRIMARY KEY REFERENCES grants (row),
            of_provider INTEGER NOT NULL,
            of_tenant INTEGER NOT NULL,
            next_try_at INTEGER,
            tries INTEGER NOT NULL,
            target INTEGER NOT NULL CHECK (target IN (5, 6)),
            rule INTEGER NOT NULL,
            run INTEGER,
            first_tried_at INTEGER,
            reason TEXT NOT NULL,
            reference TEXT,
            last_failure TEXT,
            actor BLOB NOT NULL
        ) STRICT
        """,
        """
        INSERT INTO orders (row, of_provider, of_tenant, next_try_at, tries, target, rule, run, first_tried_at, reason,
        reference, last_failure, actor)
        SELECT r.row, g.provider, g.tenant, r.next_try_at, r.tries, r.target, r.rule, r.run, r.first_tried_at, r.reason,
        r.reference, r.last_failure, r.actor FROM revocations r JOIN grants g ON g.row = r.row
        """,
        "DROP TABLE revocations",
        "ALTER TABLE orders RENAME TO revocations",
        "CREATE INDEX revocations_due ON revocations (of_provider, of_tenant, next_try_at) WHERE next_try_at IS NOT NULL",
        // Rule 15 is `by-hand`.
        """
        CREATE INDEX revocations_by_hand ON revocations (of_provider, of_tenant, next_try_at)
            WHERE rule = 15 AND next_try_at IS NOT NULL
        """,
    ]
}
