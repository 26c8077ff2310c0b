internal import CSQLite
internal import GRDBSQLite
internal import Grants
internal import Synchronization

/// A connection that moves a store's write-ahead log and does nothing else.
///
/// Past GRDB, which would make a file where none is. It moves nothing when it closes: whoever has put another file in
/// the store's place meanwhile would find the old log in it.
final class LogConnection: Sendable {
    private let handle: Mutex<Int>

    init(_ path: String) throws(StoreError) {
        var handle: OpaquePointer?
        var isReady = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK
        isReady = isReady && csqlite_close_without_checkpoint(handle) == SQLITE_OK
        isReady = isReady && sqlite3_exec(handle, "PRAGMA synchronous = FULL", nil, nil, nil) == SQLITE_OK
        isReady = isReady && sqlite3_wal_autocheckpoint(handle, 0) == SQLITE_OK
        guard isReady else {
            sqlite3_close(handle)
            throw StoreError(.other, "the store '\(path)' cannot be opened a second time")
        }
        self.handle = Mutex(Int(bitPattern: handle))
    }

    deinit { handle.withLock { _ = sqlite3_close(OpaquePointer(bitPattern: $0)) } }

    /// As much as no reader stands in the way of, on the caller's thread.
    func move() {
        handle.withLock { handle in
            let handle = OpaquePointer(bitPattern: handle)
            _ = sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        }
    }
}
