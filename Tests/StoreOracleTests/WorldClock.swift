import Grants
import Synchronization

@testable import oracle

/// The time of a world: the true one, and what the worker takes for it.
final class WorldClock: WallClock {
    private struct State {
        var truth: Instant
        var offset: Int64 = 0
    }

    private let world: World
    private let state: Mutex<State>

    init(_ world: World) {
        self.world = world
        state = Mutex(State(truth: world.begins))
    }

    /// By the worker's clock.
    func now() -> Timestamp { state.withLock { Timestamp(milliseconds: $0.truth + $0.offset) } }

    var truth: Instant { state.withLock { $0.truth } }

    /// How far the worker's clock is ahead of the true time.
    var offset: Int64 { state.withLock { $0.offset } }

    /// To a true instant, at which the worker's clock is as wrong as the world says.
    func move(to instant: Instant) {
        let offset = world.clockOffset(at: instant)
        state.withLock { $0 = State(truth: instant, offset: offset) }
    }

    func advance(by span: Int64) { state.withLock { $0.truth += span } }

    /// The worker's clock is set, while the true time goes on.
    func step(by span: Int64) { state.withLock { $0.offset += span } }
}
