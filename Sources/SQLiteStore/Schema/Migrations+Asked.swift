extension Migrations {
    /// How many grants there are to ask about, kept beside the rows: to forecast costs what is due, not what is stored.
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
    ]
}
