import Grants
import Synchronization

/// A clock that stands still until it is moved; the program and the sandbox share it.
final class TestClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_780_300_800_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }
}
