internal import Dispatch
internal import GRDB
internal import Synchronization

/// A second reading connection with a thread of its own, for what reads beside a transaction; opened when first used.
final class ScoutConnection: Sendable {
    let queue = DispatchQueue(label: "grantkeeper.store.scout")
    private let opened = Mutex<DatabaseQueue?>(nil)

    func open(_ file: StoreFile) throws -> DatabaseQueue {
        try opened.withLock { opened in
            if let opened { return opened }
            let connection = try file.openReader()
            opened = connection
            return connection
        }
    }

    func close() throws {
        try opened.withLock { opened in
            try opened?.close()
            opened = nil
        }
    }
}
