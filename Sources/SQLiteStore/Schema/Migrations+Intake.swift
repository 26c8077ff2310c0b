internal import GRDB
internal import Records

extension Migrations {
    /// What holds a feed, what names no grant yet, which tokens a grant ever had, and which names look like others.
    static let intake = [
        "ALTER TABLE feeds ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE feeds ADD COLUMN unreadable_place TEXT",
        "ALTER TABLE feeds ADD COLUMN unreadable_problem TEXT",
        "ALTER TABLE feeds ADD COLUMN unreadable_sample TEXT",
        "ALTER TABLE feeds ADD COLUMN unreadable_since INTEGER",
        "ALTER TABLE feeds ADD COLUMN unreadable_until INTEGER",
        "ALTER TABLE feeds ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0",
        // `until:mapped:unmapped:unreadable`, separated by commas.
        "ALTER TABLE feeds ADD COLUMN refused_words TEXT NOT NULL DEFAULT ''",
        // Kind 0: many names of one client, which no import can resolve any more. An empty provider or client: none named.
        """
        CREATE TABLE unmapped_uses (
            digest BLOB NOT NULL,
            kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
            feed TEXT NOT NULL,
            provider TEXT NOT NULL,
            client TEXT NOT NULL,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL CHECK (last_at >= first_at),
            names INTEGER NOT NULL CHECK (names > 0),
            PRIMARY KEY (digest, kind, feed, provider, client)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX unmapped_uses_of_feed ON unmapped_uses (feed, provider, client, first_at, last_at, names)",
        // Rows are never given twice, so that those of purged grants stay theirs.
        """
        CREATE TABLE former_tokens (
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            row INTEGER NOT NULL,
            PRIMARY KEY (fingerprint, row)
        ) STRICT, WITHOUT ROWID
        """,
        "ALTER TABLE purged_grants ADD COLUMN row INTEGER",
        "ALTER TABLE purged_grants ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1))",
        // Subjects (3) and ids of grants (4) that are not in form C, by that form.
        """
        CREATE TABLE unfit_names (
            kind INTEGER NOT NULL CHECK (kind IN (3, 4)),
            form TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (kind, form, name)
        ) STRICT, WITHOUT ROWID
        """,
    ]

    /// Finds the names of older versions that are not in form C.
    static func noteUnfitNames(_ db: Database) throws {
        for (kind, sql) in [
            (3, "SELECT name FROM subjects WHERE name GLOB '*[^ -~]*'"),
            (4, "SELECT id FROM grants WHERE id GLOB '*[^ -~]*'"),
        ] {
            let names = try String.fetchCursor(db, sql: sql)
            while let name = try names.next() {
                let form = name.normalized
                guard !form.hasSameBytes(as: name) else { continue }
                try db.execute(
                    sql: "INSERT OR IGNORE INTO unfit_names (kind, form, name) VALUES (?, ?, ?)",
                    arguments: [kind, form, name]
                )
            }
        }
    }
}
