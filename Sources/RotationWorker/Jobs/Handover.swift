internal import Dispatch
internal import Synchronization

/// Passes batches from one thread to another, a few at a time.
final class Handover<Element: Sendable>: Sendable {
    private struct State {
        var batches: [[Element]] = []
        /// What the giver failed with.
        var failure: (any Error)?
        /// The taker takes no more.
        var isAbandoned = false
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    /// At most so many batches wait.
    init(capacity: Int) {
        // Begun with this value, it would trap when it goes with less.
        for _ in 0..<capacity { room.signal() }
    }

    /// Waits for room; false: nobody takes any more.
    func give(_ batch: [Element]) -> Bool {
        room.wait()
        let isTaken = state.withLock { state in
            guard !state.isAbandoned else { return false }
            state.batches.append(batch)
            return true
        }
        filled.signal()
        return isTaken
    }

    /// No more comes; the taker gets what waits, and then the failure.
    func close(failure: (any Error)? = nil) {
        state.withLock { $0.failure = failure }
        filled.signal()
    }

    /// Waits for the next batch; nil: there is none.
    ///
    /// Throws what the giver failed with.
    func take() throws -> [Element]? {
        filled.wait()
        let (batch, failure) = state.withLock { state in
            state.batches.isEmpty ? (nil, state.failure) : (state.batches.removeFirst(), nil)
        }
        guard let batch else {
            // Whoever asks again gets the same answer.
            filled.signal()
            if let failure { throw failure }
            return nil
        }
        room.signal()
        return batch
    }

    /// The giver, who may be waiting for room, is let go.
    func abandon() {
        state.withLock { state in
            state.isAbandoned = true
            state.batches = []
        }
        room.signal()
    }
}
