internal import Grants

/// When a failed revocation is tried again.
enum RevocationBackoff {
    /// 1, 2, 4 … 256 minutes, with a tenth more that is always the same for the grant and the try; never sooner than
    /// the server wants.
    ///
    /// `tries` were made before the one that failed.
    static func wait(after tries: Int, of key: Grant.Key, retryAfter: Duration?) -> Duration {
        let wait = Duration.minutes(1 << Int64(min(max(0, tries), 8)))
        let jitter = StableJitter.delay("\(key) \(tries)", upTo: .milliseconds(wait.milliseconds / 10))
        return max(wait + jitter, retryAfter ?? .zero)
    }
}
