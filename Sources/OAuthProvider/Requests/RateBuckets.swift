internal import Synchronization

/// The two buckets of a provider's rate: when the slots that were given out, and the requests that were sent, will have
/// made room again, in nanoseconds of one clock.
///
/// They are a process's own, or lie in memory that all processes on one store share. Whoever uses them takes no lock:
/// one that ends at any point leaves them whole.
// Unchecked because of the pointer: what it points to is atomic, and lives as long as this.
@safe
package final class RateBuckets: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<Int64>>
    /// What keeps the memory; nil: it is this object's own.
    private let owner: (any Sendable)?

    /// What the two take in memory, in bytes.
    package static let size = 16

    /// Buckets of this process alone.
    package init() {
        unsafe cells = .allocate(capacity: 2)
        for index in 0..<2 { unsafe (cells + index).initialize(to: Atomic(Int64.min)) }
        owner = nil
    }

    /// Buckets in ``size`` bytes that are aligned to 8, zero at first, and valid as long as `owner` lives.
    @unsafe
    package init(at address: UnsafeMutableRawPointer, keeping owner: any Sendable) {
        unsafe cells = address.bindMemory(to: Atomic<Int64>.self, capacity: 2)
        self.owner = owner
    }

    deinit {
        guard owner == nil else { return }
        unsafe cells.deinitialize(count: 2)
        unsafe cells.deallocate()
    }

    /// Takes a slot, and tells where the bucket stood.
    func takeSlot(_ bucket: RateBucket) -> Int64 {
        unsafe Self.take(cells[0], bucket, within: .max) ?? bucket.now
    }

    /// Counts what is about to be sent, and tells where the bucket stood.
    func send(_ bucket: RateBucket) -> Int64 {
        unsafe Self.take(cells[1], bucket, within: .max) ?? bucket.now
    }

    /// Takes a slot and counts a request, if both may leave within `tolerance` of now.
    func pass(_ bucket: RateBucket, within tolerance: Int64) -> Bool {
        let limit = bucket.now + tolerance
        guard unsafe bucket.start(cells[0].load(ordering: .relaxed)) <= limit,
            unsafe Self.take(cells[1], bucket, within: limit) != nil
        else { return false }
        unsafe _ = Self.take(cells[0], bucket, within: .max)
        return true
    }

    /// Where the bucket stood, after it was filled by one; nil, and unchanged: that is later than `limit`.
    private static func take(_ cell: borrowing Atomic<Int64>, _ bucket: RateBucket, within limit: Int64) -> Int64? {
        var known = cell.load(ordering: .relaxed)
        while true {
            let start = bucket.start(known)
            guard start <= limit else { return nil }
            let (isDone, present) = cell.weakCompareExchange(
                expected: known,
                desired: start + bucket.interval,
                ordering: .relaxed
            )
            if isDone { return start }
            known = present
        }
    }
}

/// The moment and the rate with which a bucket is looked at, in nanoseconds.
struct RateBucket {
    let now: Int64
    let interval: Int64

    /// No queue of ours is longer; what says so was written by another clock.
    private static let longest: Int64 = 3_600_000_000_000

    /// When a bucket that is said to be full again at `fullAt` really is.
    func start(_ fullAt: Int64) -> Int64 {
        guard fullAt > now else { return now }
        return fullAt - now <= Self.longest ? fullAt : now
    }
}
