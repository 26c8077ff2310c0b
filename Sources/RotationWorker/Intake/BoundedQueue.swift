internal import Dispatch
internal import Synchronization

/// Hands batches from the thread that prepares them to the one that writes, a few at a time.
///
/// Both sides block; never call it from an asynchronous function, but for ``cancel()``. What was taken last counts
/// as there until the next is asked for, so that no more than `capacity` and the one being prepared are in memory.
final class BoundedQueue<Element: Sendable>: Sendable {
    /// What is there to be taken.
    enum Taken: Sendable {
        case element(Element)
        /// Nothing came in time.
        case nothing
        case end
    }

    private struct State {
        var elements: [Element] = []
        var isCancelled = false
        /// One was taken, and is being worked on.
        var isHolding = false
    }

    private let state = Mutex(State())
    private let free = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    init(capacity: Int) {
        // Counted up, because a semaphore must not be let go of below what it began with.
        for _ in 0..<capacity { free.signal() }
    }

    /// Waits for room; false: nobody takes anything any more.
    func put(_ element: Element) -> Bool {
        free.wait()
        let isTaken = state.withLock { state in
            guard !state.isCancelled else { return false }
            state.elements.append(element)
            return true
        }
        (isTaken ? filled : free).signal()
        return isTaken
    }

    /// Nothing more comes.
    func finish() { filled.signal() }

    /// Whoever puts is let go.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.elements = []
        }
        free.signal()
    }

    /// The next element, waited for until a point in time.
    func take(until deadline: DispatchTime) -> Taken {
        let isDone = state.withLock { state in
            defer { state.isHolding = false }
            return state.isHolding
        }
        if isDone { free.signal() }
        guard filled.wait(timeout: deadline) == .success else { return .nothing }
        let element = state.withLock { state -> Element? in
            guard !state.elements.isEmpty else { return nil }
            state.isHolding = true
            return state.elements.removeFirst()
        }
        guard let element else {
            // Found again by the next call.
            filled.signal()
            return .end
        }
        return .element(element)
    }
}
