internal import GRDB

/// The schema's versions, append-only: a released migration is never edited.
enum Migrations {
    /// `grkp`: tells our files from other programs' (`PRAGMA application_id`).
    static let applicationID: Int32 = 0x6772_6B70

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-grants") { db in
            for statement in version1 { try db.execute(sql: statement) }
        }
        migrator.registerMigration("2-worker") { db in
            for statement in version2 { try db.execute(sql: statement) }
        }
        migrator.registerMigration("3-purge") { db in
            for statement in version3 { try db.execute(sql: statement) }
        }
        migrator.registerMigration("4-pressure") { db in
            for statement in pressure { try db.execute(sql: statement) }
        }
        migrator.registerMigration("5-orders") { db in
            for statement in orders { try db.execute(sql: statement) }
        }
        migrator.registerMigration("6-asked") { db in
            for statement in asked { try db.execute(sql: statement) }
        }
        migrator.registerMigration("7-holdings") { db in
            for statement in holdings { try db.execute(sql: statement) }
        }
        migrator.registerMigration("8-evidence") { db in
            for statement in evidence { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-rules") { db in
            for statement in rules { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-proof") { db in
            for statement in proof { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-health") { db in
            for statement in health { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-intake") { db in
            for statement in intake { try db.execute(sql: statement) }
            try noteUnfitNames(db)
        }
        migrator.registerMigration("9-watch") { db in
            for statement in watch { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-drift") { db in
            try db.execute(
                sql: "CREATE INDEX states_drifting ON states (row) WHERE told_scopes IS NOT NULL AND standing <= 2"
            )
        }
        migrator.registerMigration("9-settled") { db in
            for statement in settled { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9-inputs") { db in
            for statement in inputs { try db.execute(sql: statement) }
        }
        migrator.registerMigration("10-plain") { db in
            for statement in plain { try db.execute(sql: statement) }
        }
        return migrator
    }()

    private static let version1 = [
        "CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        // Providers, tenants, clients, roles, environments and whole scope sets, each text once.
        "CREATE TABLE words (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
        // Apart from the words: a subject can be erased, its reference stays.
        "CREATE TABLE subjects (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT",
        """
        CREATE TABLE families (
            id INTEGER PRIMARY KEY,
            provider INTEGER NOT NULL REFERENCES words (id),
            name TEXT,
            UNIQUE (provider, name)
        ) STRICT
        """,
        // What the records say. Times are milliseconds since 1970, UTC.
        """
        CREATE TABLE grants (
            row INTEGER PRIMARY KEY,
            provider INTEGER NOT NULL REFERENCES words (id),
            id TEXT NOT NULL CHECK (length(id) > 0),
            tenant INTEGER NOT NULL REFERENCES words (id),
            client INTEGER NOT NULL REFERENCES words (id),
            subject INTEGER REFERENCES subjects (id),
            scopes INTEGER NOT NULL REFERENCES words (id),
            role INTEGER REFERENCES words (id),
            environment INTEGER REFERENCES words (id),
            family INTEGER REFERENCES families (id),
            provider_grant_id TEXT,
            issued_at INTEGER NOT NULL,
            expires_at INTEGER,
            access_token_expires_at INTEGER,
            refresh_token_expires_at INTEGER,
            observed_from INTEGER,
            observed_until INTEGER,
            claims_refresh_token INTEGER NOT NULL CHECK (claims_refresh_token IN (0, 1)),
            tokens INTEGER NOT NULL CHECK (tokens BETWEEN 0 AND 3),
            recorded_at INTEGER NOT NULL,
            UNIQUE (provider, id)
        ) STRICT
        """,
        "CREATE INDEX grants_of_family ON grants (family) WHERE family IS NOT NULL",
        "CREATE INDEX grants_of_subject ON grants (subject, provider, client) WHERE subject IS NOT NULL",
        """
        CREATE INDEX grants_of_provider_grant ON grants (provider, provider_grant_id)
            WHERE provider_grant_id IS NOT NULL
        """,
        // What is decided and learned: the narrow rows that a scan reads and a run writes.
        """
        CREATE TABLE states (
            row INTEGER PRIMARY KEY REFERENCES grants (row),
            standing INTEGER NOT NULL CHECK (standing BETWEEN 0 AND 6),
            due_at INTEGER,
            ask_at INTEGER,
            last_used_at INTEGER,
            kept_by INTEGER,
            waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1)),
            cause INTEGER,
            announced_at INTEGER,
            clock_from INTEGER,
            verdict INTEGER CHECK (verdict IN (0, 1)),
            verdict_at INTEGER,
            inactive_since INTEGER,
            inactive_count INTEGER NOT NULL DEFAULT 0 CHECK (inactive_count >= 0),
            first_counted_at INTEGER,
            last_counted_at INTEGER,
            failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
            proof INTEGER,
            residual_until INTEGER,
            ended_at INTEGER,
            CHECK ((standing >= 5) = (ended_at IS NOT NULL)),
            CHECK ((verdict IS NULL) = (verdict_at IS NULL))
        ) STRICT
        """,
        "CREATE INDEX states_due ON states (due_at) WHERE due_at IS NOT NULL",
        "CREATE INDEX states_to_ask ON states (ask_at) WHERE ask_at IS NOT NULL",
        "CREATE INDEX states_waiting ON states (row) WHERE waits = 1",
        "CREATE INDEX states_unjudged ON states (row) WHERE kept_by = 9",
        "CREATE INDEX states_active ON states (verdict_at) WHERE verdict = 1",
        """
        CREATE TABLE tokens (
            row INTEGER NOT NULL REFERENCES grants (row),
            kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            sealed BLOB NOT NULL,
            PRIMARY KEY (row, kind)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX tokens_by_fingerprint ON tokens (fingerprint)",
        """
        CREATE TABLE exemptions (
            row INTEGER PRIMARY KEY REFERENCES grants (row),
            owner TEXT NOT NULL,
            reason TEXT NOT NULL,
            until INTEGER NOT NULL
        ) STRICT
        """,
        // The audit log and the outbox in one. Each hash covers the previous hash and the exact body.
        """
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY CHECK (seq > 0),
            row INTEGER,
            subject INTEGER,
            body BLOB NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT
        """,
        """
        CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TABLE counts (
            provider INTEGER NOT NULL,
            tenant INTEGER NOT NULL,
            standing INTEGER NOT NULL,
            n INTEGER NOT NULL CHECK (n >= 0),
            PRIMARY KEY (provider, tenant, standing)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE ends (
            minute INTEGER NOT NULL,
            provider INTEGER NOT NULL,
            tenant INTEGER NOT NULL,
            ended INTEGER NOT NULL,
            counted INTEGER NOT NULL,
            PRIMARY KEY (minute, provider, tenant)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE feeds (
            id TEXT NOT NULL PRIMARY KEY,
            observed_from INTEGER,
            observed_until INTEGER,
            mapped INTEGER NOT NULL,
            unmapped INTEGER NOT NULL,
            rated_until INTEGER,
            mapped_since_rated INTEGER NOT NULL,
            rates TEXT NOT NULL,
            is_stale INTEGER NOT NULL CHECK (is_stale IN (0, 1))
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE freezes (
            id INTEGER PRIMARY KEY,
            tenant TEXT, provider TEXT, client TEXT,
            reason TEXT NOT NULL,
            since INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE holds (
            provider TEXT NOT NULL PRIMARY KEY,
            why TEXT NOT NULL,
            since INTEGER NOT NULL,
            hash TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE pending_verdicts (
            row INTEGER PRIMARY KEY REFERENCES grants (row),
            provider TEXT NOT NULL,
            at INTEGER NOT NULL,
            run INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE held_plans (
            hash TEXT NOT NULL PRIMARY KEY,
            tenant TEXT, provider TEXT,
            would_end INTEGER NOT NULL,
            live INTEGER NOT NULL,
            why TEXT NOT NULL,
            policy_hash TEXT NOT NULL,
            held_at INTEGER NOT NULL,
            only_tenant TEXT, only_provider TEXT, only_client TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL,
            actor BLOB NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            summary BLOB
        ) STRICT
        """,
        // A lease counts in CLOCK_BOOTTIME of one boot: it outlives neither that boot nor its process.
        """
        CREATE TABLE locks (
            job TEXT NOT NULL PRIMARY KEY,
            owner BLOB,
            pid INTEGER NOT NULL,
            pid_namespace TEXT NOT NULL,
            process_start TEXT NOT NULL,
            term INTEGER NOT NULL,
            since INTEGER NOT NULL,
            boot TEXT NOT NULL,
            lease_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE revocations (
            row INTEGER PRIMARY KEY REFERENCES grants (row),
            target INTEGER NOT NULL CHECK (target IN (5, 6)),
            rule INTEGER NOT NULL,
            reason TEXT NOT NULL,
            reference TEXT,
            actor BLOB NOT NULL,
            run INTEGER,
            tries INTEGER NOT NULL,
            first_tried_at INTEGER,
            next_try_at INTEGER,
            last_failure TEXT
        ) STRICT
        """,
        "CREATE INDEX revocations_due ON revocations (next_try_at) WHERE next_try_at IS NOT NULL",
        """
        CREATE TABLE sinks (
            id TEXT NOT NULL PRIMARY KEY,
            seq INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            last_error TEXT
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let version2 = [
        """
        CREATE TABLE schedules (
            name TEXT NOT NULL PRIMARY KEY,
            definition TEXT NOT NULL,
            since INTEGER NOT NULL,
            scheduled_at INTEGER,
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
            started_at INTEGER,
            succeeded_at INTEGER,
            outcome TEXT,
            failures INTEGER NOT NULL CHECK (failures >= 0),
            is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
            CHECK (is_open = 0 OR scheduled_at IS NOT NULL)
        ) STRICT, WITHOUT ROWID
        """,
        // A provider that does not answer: how often in a row, and when it is tried again.
        """
        CREATE TABLE breakers (
            provider TEXT NOT NULL PRIMARY KEY,
            failures INTEGER NOT NULL CHECK (failures > 0),
            opened_at INTEGER NOT NULL,
            retry_at INTEGER NOT NULL,
            last_error TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        // What has left the journal: where its links begin now.
        """
        CREATE TABLE journal_anchor (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            seq INTEGER NOT NULL CHECK (seq > 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            archive TEXT NOT NULL
        ) STRICT
        """,
    ]
}
