internal import Dispatch
internal import Synchronization

/// The one timer of the worker: calls `fire` on a queue of its own when the next start may be due.
///
/// It counts monotonic time, so that a stepped clock neither holds it up nor sets it off, and it never waits longer
/// than `longest`, so that the step itself is noticed. It may fire early or once too often: whoever is called
/// compares with the wall clock. Without a new ``arm(in:)`` it fires every `longest`.
package final class ScheduleTimer: Sendable {
    private struct State {
        var source: (any DispatchSourceTimer)?
        var isCancelled = false
    }

    private let longest: Duration
    private let fire: @Sendable () -> Void
    private let queue = DispatchQueue(label: "grantkeeper.schedule-timer")
    private let state = Mutex(State())

    /// The timer rests until it is armed.
    package init(longest: Duration = .seconds(30), _ fire: @escaping @Sendable () -> Void) {
        self.longest = max(longest, .milliseconds(1))
        self.fire = fire
    }

    deinit {
        cancel()
    }

    /// Fires once after `delay`, at the latest after `longest`, in place of what was armed before; nil: `longest`.
    package func arm(in delay: Duration?) {
        let wait = Self.interval(min(max(delay ?? longest, .zero), longest))
        let rest = Self.interval(longest)
        state.withLock { state in
            guard !state.isCancelled else { return }
            let isNew = state.source == nil
            let source = state.source ?? DispatchSource.makeTimerSource(queue: queue)
            source.schedule(deadline: .now() + wait, repeating: rest, leeway: .milliseconds(10))
            if isNew {
                let fire = fire
                source.setEventHandler { fire() }
                source.activate()
                state.source = source
            }
        }
    }

    /// Stops it for good; a call of `fire` that has begun goes on.
    package func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.source?.cancel()
            state.source = nil
        }
    }

    private static func interval(_ duration: Duration) -> DispatchTimeInterval {
        let (seconds, attoseconds) = duration.components
        return .nanoseconds(Int(min(seconds, 86_400) * 1_000_000_000 + attoseconds / 1_000_000_000))
    }
}
