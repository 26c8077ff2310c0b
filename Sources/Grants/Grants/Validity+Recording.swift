extension Validity {
    /// Records a verdict.
    ///
    /// Active ends every series; inactive counts; unknown changes only `failures`, but for two: an
    /// inactive answer that does not count yet (`may-be-rotated`) begins the series, and a use after
    /// the loss (`stale-token`) or a contradiction zeroes it.
    package mutating func record(_ verdict: Verdict, at now: Timestamp) {
        switch verdict {
        case .active:
            forgetInactivity()
            failures = 0
        case .inactive:
            earlierActiveAt = lastActiveAt
            inactiveSince = inactiveSince ?? now
            firstCountedAt = firstCountedAt ?? now
            lastCountedAt = now
            inactiveCount += 1
            failures = 0
        case .unknown(let why):
            failures += 1
            unknownWhy = why
            unknownSince = unknownSince ?? now
            switch why {
            case .mayBeRotated: inactiveSince = inactiveSince ?? now
            case .staleToken, .contradiction: forgetInactivity()
            default: break
            }
            return
        }
        unknownWhy = nil
        unknownSince = nil
        lastVerdict = verdict
        lastVerdictAt = now
    }
}
