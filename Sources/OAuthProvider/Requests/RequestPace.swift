internal import Synchronization

/// A token bucket: so many requests a second, and so many at once after a pause.
///
/// Every caller gets the next free slot at once and sleeps until it comes, so nobody is overtaken.
final class RequestPace: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// When the bucket will be full again, on the caller's monotonic clock.
    private let fullAt = Mutex<Duration?>(nil)

    init(requestsPerSecond: Int, burst: Int) {
        interval = .seconds(1) / max(1, requestsPerSecond)
        tolerance = interval * (max(1, burst) - 1)
    }

    /// Takes a slot and tells how long to wait for it.
    func reserve(at now: Duration) -> Duration {
        fullAt.withLock { fullAt in
            let start = max(fullAt ?? now, now)
            fullAt = start + interval
            return max(.zero, start - tolerance - now)
        }
    }
}
