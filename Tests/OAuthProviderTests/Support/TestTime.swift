import Grants
import Synchronization

/// A wall clock and a monotonic one that move only when somebody sleeps or a test says so.
final class TestTime: WallClock {
    private struct State {
        var wall = Timestamp(milliseconds: 1_790_000_000_000)
        var uptime = Duration.zero
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())

    func now() -> Timestamp { state.withLock { $0.wall } }
    func uptime() -> Duration { state.withLock { $0.uptime } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(by duration: Duration) {
        state.withLock { state in
            state.wall = state.wall + duration
            state.uptime += duration
        }
    }

    func sleep(_ duration: Duration) {
        state.withLock { $0.sleeps.append(duration) }
        advance(by: duration)
    }
}
