extension Migrations {
    /// Queues by provider and tenant: a page costs the page, however much is due of others.
    static let pressure = [
        "ALTER TABLE states ADD COLUMN of_provider INTEGER REFERENCES words (id)",
        "ALTER TABLE states ADD COLUMN of_tenant INTEGER REFERENCES words (id)",
        """
        UPDATE states SET of_provider = g.provider, of_tenant = g.tenant FROM grants g WHERE g.row = states.row
        """,
        "DROP INDEX states_to_ask",
        "CREATE INDEX states_to_ask ON states (of_provider, of_tenant, ask_at) WHERE ask_at IS NOT NULL",
        """
        CREATE INDEX states_to_confirm ON states (of_provider, of_tenant, ask_at)
            WHERE inactive_count > 0 AND ask_at IS NOT NULL
        """,
        """
        CREATE TRIGGER states_follow_tenant AFTER UPDATE OF tenant ON grants WHEN OLD.tenant <> NEW.tenant
        BEGIN UPDATE states SET of_tenant = NEW.tenant WHERE row = NEW.row; END
        """,
        "ALTER TABLE revocations ADD COLUMN of_provider INTEGER REFERENCES words (id)",
        "ALTER TABLE revocations ADD COLUMN of_tenant INTEGER REFERENCES words (id)",
        """
        UPDATE revocations SET of_provider = g.provider, of_tenant = g.tenant FROM grants g WHERE g.row = revocations.row
        """,
        "DROP INDEX revocations_due",
        "CREATE INDEX revocations_due ON revocations (of_provider, of_tenant, next_try_at) WHERE next_try_at IS NOT NULL",
        // Rule 15 is `by-hand`.
        """
        CREATE INDEX revocations_by_hand ON revocations (of_provider, of_tenant, next_try_at)
            WHERE rule = 15 AND next_try_at IS NOT NULL
        """,
        // The last run of each job is one step away, however many others there were.
        "CREATE INDEX runs_of_job ON runs (job, id)",
    ]
}
