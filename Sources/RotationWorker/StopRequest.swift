internal import Synchronization

/// Asks jobs to end after the batch in hand: what is on the wire is waited for, unlike with a cancelled task.
package final class StopRequest: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isRequested: Bool { flag.load(ordering: .relaxed) }

    package func request() { flag.store(true, ordering: .relaxed) }

    /// Throws `CancellationError` where work is to end: between two batches.
    package func check() throws {
        try Task.checkCancellation()
        if isRequested { throw CancellationError() }
    }
}
