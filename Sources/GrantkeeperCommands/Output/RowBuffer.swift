internal import Synchronization

/// Gathers the rows of a table while the store is walked on its own thread.
final class RowBuffer: Sendable {
    private let rows = Mutex<[[String]]>([])

    func append(_ row: [String]) { rows.withLock { $0.append(row) } }
    var all: [[String]] { rows.withLock { $0 } }
}
