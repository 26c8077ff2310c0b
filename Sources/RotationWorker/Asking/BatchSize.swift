/// How many questions make a batch: more where they are answered fast.
///
/// Around every batch what is known is asked, one after another, and nothing else is on the wire meanwhile. A batch that
/// takes long keeps its answers out of the store as long, and its grants out of another's hands.
struct BatchSize: Sendable {
    static let smallest = 500
    /// Larger ones took more memory than the 96 MB that a run may take (docs/performance.md).
    static let largest = 700
    /// Faster than this, and the next is twice as large; slower than four times this, and it is half as large.
    static let wanted = Duration.milliseconds(500)

    private(set) var count = smallest

    /// Takes how long a batch was on the wire.
    mutating func follow(_ asked: Int, in time: Duration) {
        if time > Self.wanted * 4 {
            count = max(Self.smallest, count / 2)
        } else if asked >= count, time < Self.wanted {
            count = min(Self.largest, count * 2)
        }
    }
}
