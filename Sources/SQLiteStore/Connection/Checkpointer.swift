internal import Dispatch
internal import GRDB
internal import GRDBSQLite
internal import Grants
internal import Synchronization

/// Moves the write-ahead log into the main file.
///
/// All of a long one on a thread of its own, while the writer goes on, and what came meanwhile between two commits;
/// after that the log begins again at its start. A checkpoint never begins without a frame that is new: its number,
/// which is raised right before it. SQLite before 3.51.3 can lose frames otherwise (its "WAL-reset bug").
final class Checkpointer: Sendable {
    /// In pages of the log: where checkpoints cost least (see the design's measurements).
    private static let long = 20_000
    /// The other thread does not keep up: the writer waits for it.
    private static let tooLong = 60_000

    private enum Stage { case idle, moving, moved }

    private let path: String
    private let writer: DatabaseQueue
    private let queue = DispatchQueue(label: "grantkeeper.store.checkpoint")
    private let stage = Mutex(Stage.idle)
    private let aside = Mutex<LogConnection?>(nil)
    /// Of the log, as the last commit left it.
    private let pages = Atomic(0)

    /// Learns from now on how long each commit of `writer` leaves the log; must be closed before it.
    init(_ file: StoreFile, _ writer: DatabaseQueue) {
        path = file.path
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

    /// After each commit, on the thread that made it: begins a checkpoint where the log is long, or ends the one that
    /// was begun.
    func follow() throws {
        let pages = pages.load(ordering: .relaxed)
        if pages > Self.tooLong { queue.sync {} }
        let present = stage.withLock { stage in
            // Moved whole by the other thread, and begun again.
            if pages <= Self.long, stage == .moved { stage = .idle }
            return stage
        }
        guard pages > Self.long else { return }
        switch present {
        case .moving:
            break
        case .idle:
            // What is no more the writer's file, or cannot be opened again, the writer itself looks after.
            guard let connection = try? connection() else { return try Self.checkpoint(writer, mode: "PASSIVE") }
            stage.withLock { $0 = .moving }
            queue.async { [self] in
                // Where another process is at it, or a reader stands in the way, the rest is moved below, or later.
                if (try? Self.raiseNumber(writer)) != nil { connection.move() }
                stage.withLock { $0 = .moved }
            }
        case .moved:
            stage.withLock { $0 = .idle }
            try Self.checkpoint(writer, mode: "PASSIVE")
        }
    }

    /// The connection that moves, opened when first needed, to the writer's own file.
    private func connection() throws -> LogConnection {
        try aside.withLock { aside in
            if let aside { return aside }
            let connection = try LogConnection(path)
            try writer.inDatabase { try SQLiteGrantStore.requireInPlace($0, path) }
            aside = connection
            return connection
        }
    }

    /// Waits until the other thread moves nothing.
    func settle() { queue.sync {} }

    /// Waits for the other thread, and closes its connection.
    func close() {
        queue.sync {}
        aside.withLock { $0 = nil }
        writer.inDatabase { db in
            if let connection = db.sqliteConnection { _ = sqlite3_wal_hook(connection, nil, nil) }
        }
        pages.store(0, ordering: .relaxed)
    }

    /// Moves the log at once, on the caller's thread.
    static func checkpoint(_ writer: DatabaseQueue, mode: String) throws {
        try raiseNumber(writer)
        _ = try writer.inDatabase { try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(\(mode))") }
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
