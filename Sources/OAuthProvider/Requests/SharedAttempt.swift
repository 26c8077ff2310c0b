internal import Synchronization

/// Lets those who need the same thing at the same time share one attempt to get it.
///
/// A cancelled caller leaves at once and the attempt goes on for the others; when the last has left, the
/// attempt is cancelled.
final class SharedAttempt<Value: Sendable>: Sendable {
    private struct State {
        var lastCaller: UInt64 = 0
        var lastAttempt: UInt64 = 0
        var callers: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        /// nil: none is running.
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// How many wait at this moment.
    var callerCount: Int { state.withLock { $0.callers.count } }

    /// Joins the running attempt or starts one; nil if the calling task was cancelled.
    func value(of work: @escaping @Sendable () async -> Value) async -> Value? {
        let caller = state.withLock { state in
            state.lastCaller += 1
            return state.lastCaller
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if !join(caller, continuation, work) { continuation.resume(returning: nil) }
            }
        } onCancel: {
            leave(caller)
        }
    }

    private func join(
        _ caller: UInt64,
        _ continuation: CheckedContinuation<Value?, Never>,
        _ work: @escaping @Sendable () async -> Value
    ) -> Bool {
        // A cancellation that comes after the check waits for the lock, and then finds the caller.
        state.withLock { state in
            guard !Task.isCancelled else { return false }
            state.callers[caller] = continuation
            if state.task == nil {
                state.lastAttempt += 1
                let attempt = state.lastAttempt
                state.task = Task { self.finish(attempt, with: await work()) }
            }
            return true
        }
    }

    private func leave(_ caller: UInt64) {
        let (continuation, abandoned) = state.withLock { state in
            let continuation = state.callers.removeValue(forKey: caller)
            var abandoned: Task<Void, Never>?
            if continuation != nil, state.callers.isEmpty {
                abandoned = state.task
                state.task = nil
                state.lastAttempt += 1
            }
            return (continuation, abandoned)
        }
        abandoned?.cancel()
        continuation?.resume(returning: nil)
    }

    private func finish(_ attempt: UInt64, with value: Value) {
        let callers = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            guard attempt == state.lastAttempt else { return [] }
            state.task = nil
            defer { state.callers = [:] }
            return Array(state.callers.values)
        }
        for caller in callers { caller.resume(returning: value) }
    }
}
