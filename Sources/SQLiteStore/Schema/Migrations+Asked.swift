extension Migrations {
    /// What `status` and forecasts count, beside the rows: to look costs what is due, not what is stored.
    static let asked = [
        """
        CREATE TABLE asked (
            provider INTEGER NOT NULL,
            tenant INTEGER NOT NULL,
            n INTEGER NOT NULL CHECK (n >= 0),
            PRIMARY KEY (provider, tenant)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO asked (provider, tenant, n)
        SELECT of_provider, of_tenant, count(*) FROM states WHERE ask_at IS NOT NULL GROUP BY of_provider, of_tenant
        """,
        "CREATE INDEX revocations_tried ON revocations (row) WHERE tries > 0",
    ]
}
