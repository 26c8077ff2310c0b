internal import GRDB
internal import GRDBSQLite
internal import Glibc
package import Grants

/// What the restore guard asks of the store.
extension SQLiteGrantStore {
    /// The number in the main file of a store that is not open yet; nil: there is none.
    ///
    /// SQLite opens the file and runs no statement: a WAL beside it is neither read nor replayed. It is not opened
    /// past SQLite, because closing any descriptor of a file ends all locks that the process has on it.
    ///
    /// Throws where it cannot be read, twice in a row: what is not known is no reason to freeze.
    package static func checkpointNumber(path: String) throws(StoreError) -> UInt32? {
        try HeaderReading.number(path: path) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                return MainFile.isOwnFailure(errno) ? .failed(String(cString: strerror(errno))) : .none
            }
            // What else is wrong with it is told by the opening that follows, in words of its own.
            guard status.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 else { return .none }
            SQLiteLibrary.setUp
            var connection: OpaquePointer?
            defer { sqlite3_close(connection) }
            let code = sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil)
            guard code == SQLITE_OK else { return .failed(String(cString: sqlite3_errstr(code))) }
            return MainFile(connection)?.checkpointNumber() ?? .failed("SQLite gives no file")
        }
    }

    /// What the store says of itself, with the hash at that place of the journal.
    package func guardState(at seq: Int64?) async throws -> RestoreGuard.State {
        try await Self.run(on: writeQueue, file.path) { [reader, writer, path = file.path] in
            let connection = writer ?? reader
            try connection.inDatabase { try Self.requireInPlace($0, path) }
            var state = try connection.read { db in try SQLiteSnapshot(db, vault: nil).guardState(at: seq) }
            state.checkpoint = try connection.inDatabase { db in
                try HeaderReading.number(path: path) {
                    MainFile(db.sqliteConnection)?.checkpointNumber() ?? .failed("SQLite gives no file")
                }
            }
            return state
        }
    }

    /// The number that the main file has on the disk, whatever becomes of what is not written there yet.
    ///
    /// A checkpoint that a reader stopped half-way has written pages and not synced them.
    package func durableCheckpointNumber() async throws -> UInt32 {
        guard let writer else { throw StoreError(.readOnly, "the store was opened to read only") }
        return try await Self.run(on: writeQueue, file.path) { [path = file.path] in
            try writer.inDatabase { db in
                guard let file = MainFile(db.sqliteConnection),
                    let number = try HeaderReading.number(path: path, file.checkpointNumber), file.sync()
                else { throw StoreError(.other, "the store '\(path)' cannot be synced") }
                return number
            }
        }
    }

    /// Throws where another file lies in the store's place by now, or none.
    ///
    /// Whoever works on would neither see what others order (a freeze) nor be seen, and would write into a WAL that
    /// belongs to the new file.
    static func requireInPlace(_ db: Database, _ path: String) throws {
        var hasMoved: CInt = 0
        let status = sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard status == SQLITE_OK, hasMoved == 0 else {
            throw StoreError(
                .missing,
                "the file '\(path)' was moved, removed or replaced while it was open; nothing is done with it any more",
                hint: "end this process; docs/runbook.md, 'After a restore'"
            )
        }
    }

    /// Gives a store its own random name, unless it has one.
    static func nameStore(_ db: Database, _ newName: () -> String) throws {
        let name = RestoreGuard.storeSetting
        let sql = "SELECT value FROM settings WHERE name = ?"
        guard try String.fetchOne(db, sql: sql, arguments: [name]) == nil else { return }
        try db.execute(sql: "INSERT INTO settings (name, value) VALUES (?, ?)", arguments: [name, newName()])
    }
}

/// The main database file past the WAL, through the descriptor that SQLite has of it.
private struct MainFile {
    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: sqlite3_io_methods
    /// `SQLITE_IOERR_SHORT_READ`, which Swift does not import.
    private static let shortRead = SQLITE_IOERR | (2 << 8)

    /// Whether the error's number speaks of this machine or process, and not of what is stored.
    static func isOwnFailure(_ number: Int32) -> Bool {
        [EIO, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ESTALE, ETIMEDOUT].contains(number)
    }

    init?(_ connection: OpaquePointer?) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK,
            let file, let methods = file.pointee.pMethods
        else { return nil }
        self.file = file
        self.methods = methods.pointee
    }

    /// `user_version`: bytes 60 to 63 of the header, big-endian.
    func checkpointNumber() -> HeaderReading {
        var bytes: [UInt8] = [0, 0, 0, 0]
        let code = methods.xRead(file, &bytes, 4, 60)
        switch code {
        case SQLITE_OK: return .number(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        // A file that was just made has no header yet.
        case Self.shortRead: return .none
        default: return .failed(String(cString: sqlite3_errstr(code)))
        }
    }

    func sync() -> Bool { methods.xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK }
}

extension SQLiteSnapshot {
    func guardState(at seq: Int64?) throws -> RestoreGuard.State {
        let head = try journalHead()
        var state = RestoreGuard.State(
            store: try setting(RestoreGuard.storeSetting),
            // Also where the rows of its runs have been purged.
            hasRuns: try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'runs'") ?? 0 > 0,
            head: JournalPlace(seq: head.seq, hash: head.hash)
        )
        state.finding = try setting(RestoreGuard.freezeSetting)
        if let seq { state.hashAtMark = try hash(at: seq) }
        return state
    }

    private func hash(at seq: Int64) throws -> [UInt8]? {
        if seq == 0 { return JournalHash.start }
        return try Row.fetchOne(
            db,
            sql: """
                SELECT hash FROM journal WHERE seq = ?1
                UNION ALL SELECT hash FROM journal_anchor WHERE seq = ?1
                """,
            arguments: [seq]
        ).map { ($0[0] as Blob).bytes }
    }
}
