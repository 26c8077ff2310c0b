extension Migrations {
    /// What an order remembers between its tries, a number that changes with every gate, and ends that are not shown.
    static let proof =
        [
            // Sets of token kinds, two bits each: accepted, active before, still active, dead.
            "ALTER TABLE revocations ADD COLUMN progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 255)",
            "ALTER TABLE revocations ADD COLUMN accepted_at INTEGER",
            // Orders of older versions heed what is given later.
            "ALTER TABLE revocations ADD COLUMN while_frozen INTEGER NOT NULL DEFAULT 0 CHECK (while_frozen IN (0, 1))",
            "ALTER TABLE revocations ADD COLUMN while_held INTEGER NOT NULL DEFAULT 0 CHECK (while_held IN (0, 1))",
            "CREATE TABLE gate_changes (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL) STRICT",
            "INSERT INTO gate_changes (id, n) VALUES (1, 0)",
            // Ended grants of which nothing shows that the refresh token, or its successor, is dead.
            "CREATE TABLE living_on (row INTEGER PRIMARY KEY REFERENCES grants (row) ON DELETE CASCADE) STRICT",
        ]
        + ["freezes", "holds"].flatMap { table in
            ["INSERT", "DELETE", "UPDATE"].map { change in
                """
                CREATE TRIGGER \(table)_\(change.lowercased()) AFTER \(change) ON \(table)
                BEGIN UPDATE gate_changes SET n = n + 1; END
                """
            }
        }
}
