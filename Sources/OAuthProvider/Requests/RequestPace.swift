/// A token bucket: so many requests a second, and so many at once after a pause.
///
/// Every caller gets the next free slot at once and sleeps until it comes, so that none is overtaken. Sleep may end
/// late, and many then end together: what is really sent is measured once more. Where the buckets are shared, the rate is
/// that of all who share them.
final class RequestPace: Sendable {
    private let interval: Int64
    private let tolerance: Int64
    private let buckets: RateBuckets

    /// At most half a second's requests go out at once, so that a second never sees more than `requestsPerSecond` and
    /// `burst` together, late ones included.
    init(requestsPerSecond: Int, burst: Int, buckets: RateBuckets = RateBuckets()) {
        let rate = Int64(min(max(1, requestsPerSecond), 1_000_000_000))
        interval = (1_000_000_000 + rate - 1) / rate
        tolerance = interval * (min(max(1, Int64(burst)), max(1, rate / 2)) - 1)
        self.buckets = buckets
    }

    /// Takes a slot and tells how long to wait for it.
    func reserve(at now: Duration) -> Duration {
        let now = now.nanoseconds
        return wait(until: buckets.takeSlot(RateBucket(now: now, interval: interval)), now)
    }

    /// Counts a request that is about to leave; how long it has to be held back.
    func confirm(at now: Duration) -> Duration {
        let now = now.nanoseconds
        return wait(until: buckets.send(RateBucket(now: now, interval: interval)), now)
    }

    /// Takes a slot for a request that may leave at once; false: it has to wait for one like all others.
    func pass(at now: Duration) -> Bool {
        buckets.pass(RateBucket(now: now.nanoseconds, interval: interval), within: tolerance)
    }

    private func wait(until start: Int64, _ now: Int64) -> Duration {
        .nanoseconds(max(0, start - tolerance - now))
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { Int64(attoseconds / 1_000_000_000) }
}
