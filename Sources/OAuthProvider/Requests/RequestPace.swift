internal import Synchronization

/// A token bucket: so many requests a second, and so many at once after a pause.
///
/// Every caller gets the next free slot at once and sleeps until it comes, so nobody is overtaken. Sleep may end late,
/// and many then end together: what is really sent is measured once more.
final class RequestPace: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// When each bucket will be full again, on the caller's monotonic clock.
    private let fullAt = Mutex<(slots: Duration?, sent: Duration?)>((nil, nil))

    /// At most half a second's requests go out at once, so that a second never sees more than `requestsPerSecond` and
    /// `burst` together, late ones included.
    init(requestsPerSecond: Int, burst: Int) {
        interval = .seconds(1) / max(1, requestsPerSecond)
        tolerance = interval * (min(max(1, burst), max(1, requestsPerSecond / 2)) - 1)
    }

    /// Takes a slot and tells how long to wait for it.
    func reserve(at now: Duration) -> Duration {
        fullAt.withLock { take(&$0.slots, now) }
    }

    /// Counts a request that is about to leave; how long it has to be held back.
    func confirm(at now: Duration) -> Duration {
        fullAt.withLock { take(&$0.sent, now) }
    }

    /// Takes a slot for a request that may leave at once; false: it has to wait for one like all others.
    func pass(at now: Duration) -> Bool {
        fullAt.withLock { fullAt in
            let (slots, sent) = (max(fullAt.slots ?? now, now), max(fullAt.sent ?? now, now))
            guard max(slots, sent) - tolerance <= now else { return false }
            fullAt = (slots + interval, sent + interval)
            return true
        }
    }

    private func take(_ fullAt: inout Duration?, _ now: Duration) -> Duration {
        let start = max(fullAt ?? now, now)
        fullAt = start + interval
        return max(.zero, start - tolerance - now)
    }
}
