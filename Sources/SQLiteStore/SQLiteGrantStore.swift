internal import Dispatch
internal import GRDB
internal import Glibc
package import Grants

/// ``GrantStore`` in one SQLite file.
///
/// One connection writes, one reads; each has a thread of its own, which cancellation does not reach.
package final class SQLiteGrantStore: GrantStore {
    let file: StoreFile
    let reader: DatabaseQueue
    /// nil: opened to read only.
    let writer: DatabaseQueue?
    private let vault: TokenVault?
    private let leases: LeaseKeeper
    private let newEventID: @Sendable () -> String
    /// What readers find frozen besides what is stored.
    private let imposed: [Freeze]
    private let scouts = ScoutConnection()
    private let checkpointer: Checkpointer?
    let readQueue = DispatchQueue(label: "grantkeeper.store.read")
    let writeQueue = DispatchQueue(label: "grantkeeper.store.write")

    /// Opens the store, made where there is none, to read and write.
    ///
    /// Without a keyring, what needs no token works all the same. `newEventID` gives 128 random bits in hex.
    package static func open(
        path: String,
        keyring: Keyring?,
        identity: ProcessIdentity = .current(),
        limits: StoreLimits = StoreLimits(),
        newEventID: @escaping @Sendable () -> String
    ) async throws(StoreError) -> SQLiteGrantStore {
        try await onThread(path) {
            let file = StoreFile(path: path, limits: limits)
            let writer = try file.openWriter()
            let vault = try Self.raisingOnFailure(writer) { db in
                try Self.nameStore(db, newEventID)
                let known = try String.fetchOne(
                    db,
                    sql: "SELECT value FROM settings WHERE name = ?",
                    arguments: [TokenVault.setting]
                )
                if let keyring, known == nil {
                    try db.execute(
                        sql: "INSERT INTO settings (name, value) VALUES (?, ?)",
                        arguments: [TokenVault.setting, TokenVault.makeFingerprintKey(keyring)]
                    )
                }
                return try Self.vault(db, keyring)
            }
            let (reader, checkpointer) = (try file.openReader(), Checkpointer(file, writer))
            return SQLiteGrantStore(file, reader: reader, writer: writer, checkpointer, vault, identity, newEventID)
        }
    }

    /// Opens the store to read only: not a byte of database or WAL changes.
    package static func openReadOnly(
        path: String,
        keyring: Keyring?
    ) async throws(StoreError) -> SQLiteGrantStore {
        try await onThread(path) {
            let file = StoreFile(path: path)
            let reader = try file.openReader()
            let vault = try reader.read { try Self.vault($0, keyring) }
            return SQLiteGrantStore(file, reader: reader, writer: nil, nil, vault, .current()) { "" }
        }
    }

    private init(
        _ file: StoreFile,
        reader: DatabaseQueue,
        writer: DatabaseQueue?,
        _ checkpointer: Checkpointer?,
        _ vault: TokenVault?,
        _ identity: ProcessIdentity,
        imposed: [Freeze] = [],
        _ newEventID: @escaping @Sendable () -> String
    ) {
        self.imposed = imposed
        self.file = file
        self.reader = reader
        self.writer = writer
        self.checkpointer = checkpointer
        self.vault = vault
        self.newEventID = newEventID
        leases = LeaseKeeper(identity: identity)
    }

    /// The same store for readers, who find this frozen besides; it must be the only one that is closed.
    package func imposing(_ freeze: Freeze) -> SQLiteGrantStore {
        let identity = ProcessIdentity.current()
        return SQLiteGrantStore(
            file,
            reader: reader,
            writer: writer,
            checkpointer,
            vault,
            identity,
            imposed: [freeze],
            newEventID
        )
    }

    private static func vault(_ db: Database, _ keyring: Keyring?) throws -> TokenVault? {
        guard let keyring,
            let sealed = try String.fetchOne(
                db,
                sql: "SELECT value FROM settings WHERE name = ?",
                arguments: [TokenVault.setting]
            )
        else { return nil }
        return try TokenVault(keyring: keyring, sealedFingerprintKey: sealed)
    }

    // MARK: GrantStore

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Result
    ) async throws -> Result {
        try await Self.run(on: readQueue, file.path) { [reader, vault, imposed] in
            try reader.read { try body(SQLiteSnapshot($0, vault: vault, imposed: imposed)) }
        }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting) throws -> Result
    ) async throws -> Result {
        try await transaction { transaction in try body(transaction) }
    }

    package func write<Answer: Sendable>(
        scouting scout: @escaping @Sendable (Result<any StoreReading, any Error>) -> Void,
        _ body: @escaping @Sendable (any StoreWriting) throws -> Answer
    ) async throws -> Answer {
        let connection = try scouts.open(file)
        return try await transaction { [scouts, vault, imposed] transaction in
            // The transaction has begun, and with it nobody else can commit: any snapshot from here on is its start.
            let scouting = DispatchGroup()
            scouts.queue.async(group: scouting) {
                var isTold = false
                do {
                    try connection.read { db in
                        isTold = true
                        scout(.success(SQLiteSnapshot(db, vault: vault, imposed: imposed)))
                    }
                } catch {
                    if !isTold { scout(.failure(error)) }
                }
            }
            defer { scouting.wait() }
            return try body(transaction)
        }
    }

    package func lock(_ job: String, owner: Actor, at now: Timestamp) async throws -> JobLock {
        try await transaction { [leases] in try leases.acquire(job, owner: owner, at: now, in: $0.db) }
    }

    package func unlock(_ lock: JobLock) async throws {
        try await transaction { [leases] in try leases.release(lock, in: $0.db) }
    }

    package var tokenReadying: (any TokenReadying)? { vault }

    package func changeNumber() async throws -> Int64 {
        guard let writer else { throw StoreError(.readOnly, "the store '\(file.path)' was opened to read only") }
        return try await Self.run(on: writeQueue, file.path) { [path = file.path] in
            try writer.inDatabase { db in
                try Self.requireInPlace(db, path)
                return try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
            }
        }
    }

    private func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (SQLiteTransaction) throws -> Result
    ) async throws -> Result {
        guard let writer else {
            throw StoreError(.readOnly, "the store '\(file.path)' was opened to read only")
        }
        return try await Self.run(on: writeQueue, file.path) {
            [vault, leases, newEventID, checkpointer, path = file.path] in
            let result = try writer.write { db in
                try Self.requireInPlace(db, path)
                let transaction = SQLiteTransaction(db, vault: vault, leases: leases, newEventID: newEventID)
                let result = try body(transaction)
                try transaction.finish()
                return result
            }
            // What is committed stays so; a log that stays long is tried again after the next commit.
            try? checkpointer?.follow()
            return result
        }
    }

    // MARK: Upkeep

    /// What `PRAGMA synchronous` says on the open writer: 2 (FULL), or commits could be lost.
    package func synchronousSetting() async throws -> Int {
        guard let writer else { throw StoreError(.readOnly, "the store was opened to read only") }
        return try await Self.run(on: writeQueue, file.path) {
            try writer.inDatabase { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
        }
    }

    /// Waits until no part of the log is on its way into the store.
    package func settleLog() async throws {
        try await Self.run(on: writeQueue, file.path) { [checkpointer] in checkpointer?.settle() }
    }

    /// SQLite's own check of the whole file; empty: nothing found.
    package func integrityProblems() async throws -> [String] {
        try await Self.run(on: readQueue, file.path) { [reader] in
            try reader.read { db in
                try String.fetchAll(db, sql: "PRAGMA quick_check").filter { $0 != "ok" }
            }
        }
    }

    /// Closes the connections; a store that was written leaves no WAL behind.
    ///
    /// `mark` runs after the last checkpoint, when only writing is left; it returns whether it has written.
    package func close(marking mark: () async -> Bool = { false }) async {
        _ = try? await Self.run(on: writeQueue, file.path) { [reader, scouts, checkpointer, writer] in
            try reader.close()
            try scouts.close()
            checkpointer?.close()
            if let writer { try Checkpointer.checkpoint(writer, mode: "TRUNCATE") }
        }
        let hasWritten = await mark()
        _ = try? await Self.run(on: writeQueue, file.path) { [writer] in
            guard let writer else { return }
            if hasWritten { try Checkpointer.checkpoint(writer, mode: "TRUNCATE") }
            try writer.close()
        }
    }

    /// In bytes.
    private static func logSize(of writer: DatabaseQueue) -> Int {
        var status = stat()
        return stat(writer.path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }

    /// The first transaction of a writer; when it fails, the connection's end moves the WAL, and that too has a number.
    private static func raisingOnFailure<Result>(
        _ writer: DatabaseQueue,
        _ body: (Database) throws -> Result
    ) throws -> Result {
        do {
            return try writer.write(body)
        } catch {
            // Where nothing is to be moved, nothing is written.
            if logSize(of: writer) > 0 { try? Checkpointer.checkpoint(writer, mode: "TRUNCATE") }
            throw error
        }
    }

    // MARK: Threads

    /// Runs to its end whatever becomes of the awaiting task.
    static func run<Result: Sendable>(
        on queue: DispatchQueue,
        _ path: String,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                do {
                    continuation.resume(returning: try body())
                } catch let error as DatabaseError {
                    continuation.resume(throwing: StoreError(error, path: path))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private static func onThread<Result: Sendable>(
        _ path: String,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws(StoreError) -> Result {
        do {
            return try await run(on: DispatchQueue(label: "grantkeeper.store.open"), path, body)
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
