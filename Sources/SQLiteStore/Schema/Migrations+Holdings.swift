extension Migrations {
    /// What is alike to a policy is judged once, and found again by index, however many grants there are of it.
    static let holdings = [
        // 0: no role, no environment; NULLs would not be alike to UNIQUE. None ever leaves: numbers stay what they are.
        """
        CREATE TABLE holdings (
            id INTEGER PRIMARY KEY,
            provider INTEGER NOT NULL REFERENCES words (id),
            tenant INTEGER NOT NULL REFERENCES words (id),
            client INTEGER NOT NULL REFERENCES words (id),
            role INTEGER NOT NULL,
            environment INTEGER NOT NULL,
            scopes INTEGER NOT NULL REFERENCES words (id),
            live INTEGER NOT NULL CHECK (live >= 0),
            UNIQUE (provider, tenant, client, role, environment, scopes)
        ) STRICT
        """,
        // Without a reference: an import would look each of them up once more.
        "ALTER TABLE grants ADD COLUMN holding INTEGER",
        """
        INSERT INTO holdings (provider, tenant, client, role, environment, scopes, live)
        SELECT g.provider, g.tenant, g.client, coalesce(g.role, 0), coalesce(g.environment, 0), g.scopes,
        count(nullif(s.standing <= 2, 0)) FROM grants g JOIN states s ON s.row = g.row GROUP BY 1, 2, 3, 4, 5, 6
        """,
        """
        UPDATE grants SET holding = (
            SELECT h.id FROM holdings h WHERE h.provider = grants.provider AND h.tenant = grants.tenant
            AND h.client = grants.client AND h.role = coalesce(grants.role, 0)
            AND h.environment = coalesce(grants.environment, 0) AND h.scopes = grants.scopes
        )
        """,
        "CREATE INDEX grants_of_holding ON grants (holding)",
        """
        CREATE TABLE scope_policy (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            hash TEXT NOT NULL,
            revision TEXT NOT NULL,
            since INTEGER NOT NULL,
            documents BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE scope_changes (
            holding INTEGER NOT NULL PRIMARY KEY REFERENCES holdings (id),
            revision TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE scope_uses (
            provider INTEGER NOT NULL REFERENCES words (id),
            tenant INTEGER NOT NULL REFERENCES words (id),
            client INTEGER NOT NULL REFERENCES words (id),
            scope TEXT NOT NULL,
            last_used_at INTEGER NOT NULL,
            PRIMARY KEY (provider, tenant, client, scope)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
