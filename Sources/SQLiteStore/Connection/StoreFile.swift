internal import GRDB
internal import Glibc
internal import Grants

/// Opens the database's connections, set as the design asks, and checks that the file is ours.
struct StoreFile: Sendable {
    let path: String
    var limits = StoreLimits()

    /// The one connection that writes: WAL, `synchronous=FULL`, checkpoints only when we ask.
    ///
    /// A `DatabaseQueue`, never a pool: a pool resets `synchronous` to NORMAL after `prepareDatabase`.
    func openWriter() throws -> DatabaseQueue {
        SQLiteLibrary.setUp
        try checkFile()
        var configuration = Configuration()
        configuration.label = "grantkeeper.writer"
        configuration.busyMode = .timeout(limits.busyTimeout)
        configuration.prepareDatabase { db in
            try Self.checkOurs(db, path: path)
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            // Written over where it is, not cut and made longer again; one that a reader made very long is cut.
            try db.execute(sql: "PRAGMA journal_size_limit = 134217728")
            try db.execute(sql: "PRAGMA cache_size = -32768")
            if let pages = limits.maximumPages { try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        // Made here, so that neither it nor its WAL, which takes its mode, is ever open to others.
        let made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 { close(made) }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            if try Migrations.migrator.hasBeenSuperseded(db) { throw newer }
            if try Int32.fetchOne(db, sql: "PRAGMA application_id") == 0 {
                try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID)")
            }
        }
        try Migrations.migrator.migrate(queue)
        return queue
    }

    /// A connection that changes neither database nor WAL, also after a killed writer (`mode=ro`).
    func openReader() throws -> DatabaseQueue {
        SQLiteLibrary.setUp
        try checkFile()
        guard access(path, F_OK) == 0 else {
            throw StoreError(
                .missing,
                "there is no store at '\(path)'",
                hint: "'grantkeeper grants import FILE' makes one"
            )
        }
        var configuration = Configuration()
        configuration.label = "grantkeeper.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(limits.busyTimeout)
        configuration.prepareDatabase { db in
            try Self.checkOurs(db, path: path)
            try db.execute(sql: "PRAGMA cache_size = -2048")
            try db.execute(sql: "PRAGMA temp_store = FILE")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            if try Migrations.migrator.hasBeenSuperseded(db) { throw newer }
            guard try Migrations.migrator.hasCompletedMigrations(db) else {
                throw StoreError(
                    .needsMigration,
                    "the store '\(path)' is of an older version and must be migrated",
                    hint: "run 'grantkeeper doctor --migrate' once as the service's user"
                )
            }
        }
        return queue
    }

    private var newer: StoreError {
        StoreError(
            .newer,
            "the store '\(path)' was written by a newer version of grantkeeper",
            hint: "run that version, or restore a backup made before the upgrade"
        )
    }

    private func checkFile() throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw StoreError(
                .missing,
                "the store '\(path)' cannot be reached: \(String(cString: strerror(errno)))",
                hint: "run it as the service's user"
            )
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.notOurs, "'\(path)' is not a regular file", hint: "store.sqlite names one file")
        }
        guard status.st_nlink == 1 else {
            throw StoreError(
                .notOurs,
                "the store '\(path)' is a hard link, the file has \(status.st_nlink) names: SQLite keeps one log for each "
                    + "name, and two of them damage the store",
                hint: "remove the other names ('find DIRECTORY -samefile FILE'), or copy the file and name the copy"
            )
        }
        guard access(path, R_OK) == 0 else {
            throw StoreError(
                .readOnly,
                "the store '\(path)' cannot be read by this user",
                hint: "run it as the service's user"
            )
        }
    }

    /// Before anything is written: an empty file, or one with our application id.
    private static func checkOurs(_ db: Database, path: String) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if id == Migrations.applicationID { return }
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
        guard id == 0, isEmpty else {
            throw StoreError(
                .notOurs,
                "'\(path)' is another program's database",
                hint: "store.sqlite must name a store of grantkeeper or a file that does not exist yet"
            )
        }
    }
}
