import Synchronization

/// The requests that are being answered, so that the server's end can cut them short.
final class OpenExchanges: Sendable {
    private struct State {
        var isOver = false
        var lastID: UInt64 = 0
        /// What cuts each one short.
        var cuts: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// A request has come.
    ///
    /// `cut` closes its connection. Throws when the server has ended.
    func begin(_ cut: @escaping @Sendable () -> Void) throws(CancellationError) -> UInt64 {
        let id: UInt64? = state.withLock { state in
            guard !state.isOver else { return nil }
            state.lastID += 1
            state.cuts[state.lastID] = cut
            return state.lastID
        }
        guard let id else { throw CancellationError() }
        return id
    }

    func end(_ id: UInt64) {
        state.withLock { state in _ = state.cuts.removeValue(forKey: id) }
    }

    /// Sleeps, until the server ends at the longest.
    func sleep(for length: Duration) async throws {
        let sleep = Task { try await Task.sleep(for: length) }
        let id: UInt64
        do {
            id = try begin { sleep.cancel() }
        } catch {
            sleep.cancel()
            throw error
        }
        defer { end(id) }
        try await withTaskCancellationHandler {
            try await sleep.value
        } onCancel: {
            sleep.cancel()
        }
    }

    /// The server ends: nothing is waited for any more.
    func end() {
        let cuts = state.withLock { state in
            state.isOver = true
            return state.cuts.values.map(\.self)
        }
        for cut in cuts { cut() }
    }
}
