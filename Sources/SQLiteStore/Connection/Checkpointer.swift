internal import Dispatch
internal import GRDB
internal import GRDBSQLite
internal import Grants
internal import Synchronization

/// Moves the write-ahead log into the main file.
///
/// All of a long one on a thread of its own, while the writer goes on, and what came meanwhile between two commits;
/// after that the log begins again at its start.
///
/// All but ``moveAside()`` runs on the writer's thread.
final class Checkpointer: Sendable {
    /// In pages of the log: where checkpoints cost least (see the design's measurements).
    private static let long = 20_000
    /// The other thread does not keep up: the writer waits for it.
    private static let tooLong = 60_000

    private enum Stage { case idle, moving, moved }

    private let file: StoreFile
    private let writer: DatabaseQueue
    private let queue = DispatchQueue(label: "grantkeeper.store.checkpoint")
    private let stage = Mutex(Stage.idle)
    private let aside = Mutex<DatabaseQueue?>(nil)
    /// Of the log, as the last commit left it.
    private let pages = Atomic(0)

    /// Learns from now on how long each commit of `writer` leaves the log; must be closed before it.
    init(_ file: StoreFile, _ writer: DatabaseQueue) {
        self.file = file
        self.writer = writer
        let context = Unmanaged.passUnretained(self).toOpaque()
        writer.inDatabase { db in
            _ = sqlite3_wal_hook(
                db.sqliteConnection,
                { context, _, _, pages in
                    guard let context else { return SQLITE_OK }
                    Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().pages
                        .store(Int(pages), ordering: .relaxed)
                    return SQLITE_OK
                },
                context
            )
        }
    }

    /// After each commit: begins a checkpoint where the log is long, or ends the one that was begun.
    func follow() throws {
        let pages = pages.load(ordering: .relaxed)
        guard pages > Self.long else { return }
        if pages > Self.tooLong { queue.sync {} }
        switch stage.withLock({ $0 }) {
        case .moving:
            break
        case .idle:
            try Self.raiseNumber(writer)
            let connection = try connection()
            stage.withLock { $0 = .moving }
            queue.async { [self] in
                // Where another process is at it, or a reader stands in the way, the rest is moved below, or later.
                _ = try? connection.inDatabase { try Self.move($0, "PASSIVE") }
                stage.withLock { $0 = .moved }
            }
        case .moved:
            stage.withLock { $0 = .idle }
            try Self.checkpoint(writer, mode: "PASSIVE")
        }
    }

    /// The connection that copies; opened when first needed, to the writer's own file.
    private func connection() throws -> DatabaseQueue {
        try aside.withLock { aside in
            if let aside { return aside }
            let connection = try file.openCheckpointer()
            // What lies at the path is what the writer writes, or it is left alone.
            try writer.inDatabase { try SQLiteGrantStore.requireInPlace($0, file.path) }
            aside = connection
            return connection
        }
    }

    /// Waits for the other thread, and closes its connection.
    func close() throws {
        queue.sync {}
        try aside.withLock { aside in
            try aside?.close()
            aside = nil
        }
        writer.inDatabase { _ = sqlite3_wal_hook($0.sqliteConnection, nil, nil) }
    }

    /// Moves the log at once, on the caller's thread.
    static func checkpoint(_ writer: DatabaseQueue, mode: String) throws {
        try raiseNumber(writer)
        try writer.inDatabase { try move($0, mode) }
    }

    private static func move(_ db: Database, _ mode: String) throws {
        _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(\(mode))")
    }

    /// Raises `user_version`, before each checkpoint: a restored main file beside a newer WAL can be told by it.
    ///
    /// Read and raised in one transaction, or two processes would give two checkpoints one number.
    private static func raiseNumber(_ writer: DatabaseQueue) throws {
        try writer.write { db in
            try SQLiteGrantStore.requireInPlace(db, writer.path)
            let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            try db.execute(sql: "PRAGMA user_version = \(version &+ 1)")
        }
    }
}
