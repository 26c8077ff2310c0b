/// Where the wall clock comes in; nothing else in the product reads it (invariant 8).
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// Where randomness comes in: event ids, made-up tokens, nonces.
///
/// Thread-safe.
package protocol RandomSource: Sendable {
    /// `count` random bytes.
    func bytes(_ count: Int) -> [UInt8]
}
