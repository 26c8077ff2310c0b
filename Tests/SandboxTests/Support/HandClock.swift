import Grants
import Synchronization

/// A clock that stands still until it is moved; it begins at `Sun, 06 Nov 1994 08:49:37 GMT`.
final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 784_111_777_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }
}
