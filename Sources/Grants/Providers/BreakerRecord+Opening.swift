extension BreakerRecord {
    /// No server is left alone for longer than this, whatever it asked for.
    static let longestWait = Duration.hours(1)

    /// The breaker after another try that got no answer; `previous` is nil where it was closed.
    ///
    /// 30 s, 1 min, 2 min … up to 15 min, with a stable tenth on top so that providers drift apart; the
    /// server's own wish for a longer wait is kept.
    package static func opened(
        after previous: BreakerRecord?,
        of provider: ProviderID,
        at now: Timestamp,
        because why: UnknownReason,
        retryAfter: Duration? = nil
    ) -> BreakerRecord {
        let failures = min(previous?.failures ?? 0, 1_000_000) + 1
        let wait = min(Duration.seconds(30 << Int64(min(failures - 1, 5))), .minutes(15))
        let jitter = StableJitter.delay("\(provider) \(failures)", upTo: .milliseconds(wait.milliseconds / 10))
        let until = now + max(wait + jitter, min(retryAfter ?? .zero, longestWait))
        return BreakerRecord(
            failures: failures,
            openedAt: min(previous?.openedAt ?? now, now),
            retryAt: until,
            lastError: why.rawValue
        )
    }

    /// Whether the provider may be tried again: with what is known first, and no grant before that is answered.
    ///
    /// A wait longer than any that is ever set comes from a clock that was ahead, and does not hold.
    package func mayTry(at now: Timestamp) -> Bool {
        now >= retryAt || retryAt - now > Self.longestWait
    }

    /// As a person reads it.
    package var words: String { "it did not answer (\(lastError)); asked again at \(retryAt)" }
}
