import HTTPTransport
import Synchronization

/// All that callers and the loop's thread share.
///
/// Callers never wait here for the network: they leave a job, a cancellation or the order to stop, and wake the thread.
final class Mailbox: Sendable {
    /// What the thread takes out at once.
    struct Orders {
        var jobs: [Job] = []
        /// Of jobs taken before or now; those of finished jobs come late and mean nothing.
        var cancelled: [UInt64] = []
        var stop = false
    }

    private enum Phase {
        case open
        case stopping
        case ended
    }

    private struct State {
        var phase = Phase.open
        var orders = Orders()
        /// `nil` before the loop exists and once its handle is about to go.
        var waker: MultiHandle.Waker?
        /// Spares a system call for each of many requests at once.
        var wakeIsDue = false
        var lastID: UInt64 = 0
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func wake() {
            guard !wakeIsDue, let waker else { return }
            wakeIsDue = true
            waker.wake()
        }
    }

    private let state = Mutex(State())

    func connect(_ waker: MultiHandle.Waker) {
        state.withLock { $0.waker = waker }
    }

    func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Called in the task that waits for the job.
    func submit(_ job: Job) {
        enum Refusal {
            case cancelled
            case shutDown
        }
        let refusal: Refusal? = state.withLock { state in
            guard state.phase == .open else { return .shutDown }
            // A task is marked before its cancellation handler runs: a cancellation that came to the lock first is
            // seen here, a later one finds the job among the orders.
            guard !Task.isCancelled else { return .cancelled }
            state.orders.jobs.append(job)
            state.wake()
            return nil
        }
        switch refusal {
        case .cancelled: job.fail(.cancelled, "the request was cancelled")
        case .shutDown: job.fail(.shutDown, "the transport is shut down")
        case nil: break
        }
    }

    func cancel(_ id: UInt64) {
        state.withLock { state in
            guard state.phase == .open else { return }
            state.orders.cancelled.append(id)
            state.wake()
        }
    }

    func stop() {
        state.withLock { state in
            guard state.phase == .open else { return }
            state.phase = .stopping
            state.orders.stop = true
            state.wake()
        }
    }

    /// Returns when the thread has let go of everything.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                guard state.phase != .ended else { return true }
                state.waiters.append(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// The thread's turn to read.
    func take() -> Orders {
        state.withLock { state in
            state.wakeIsDue = false
            let orders = state.orders
            state.orders = Orders(stop: orders.stop)
            return orders
        }
    }

    /// The last reading: nothing is accepted and nobody wakes the loop from here on, so that its handle may go.
    func disconnect() -> Orders {
        state.withLock { state in
            if state.phase == .open { state.phase = .stopping }
            state.waker = nil
            let orders = state.orders
            state.orders = Orders()
            return orders
        }
    }

    /// The thread's last act.
    func end() {
        let waiters = state.withLock { state in
            state.phase = .ended
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
