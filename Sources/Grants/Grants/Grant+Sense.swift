extension Timestamp {
    /// 2010-01-01: no OAuth 2 grant is older; year 1, 1970 and 2001-01-01 are how programs write "never".
    package static let earliestSensible = Timestamp(milliseconds: 1_262_304_000_000)

    package var isSensible: Bool { self >= .earliestSensible }

    /// nil for an instant that makes no sense: it counts as absent.
    package var ifSensible: Timestamp? { isSensible ? self : nil }
}

/// What a record's instants say, those that make no sense left out: in no rule do they count.
extension Grant {
    /// When the consent was given; nil: nothing that could be believed was recorded.
    package var sensibleIssuedAt: Timestamp? { issuedAt.ifSensible }

    package var sensibleLastUsedAt: Timestamp? { lastUsedAt?.ifSensible }

    /// From when it is young or idle (rules 9 and 11): at a new life of an ended grant, from when that was first seen.
    package var beganAt: Timestamp? { firstSeenAt ?? sensibleIssuedAt }

    /// The end of the authorization.
    package var sensibleExpiresAt: Timestamp? { expiresAt.flatMap(sensible) }

    /// The access token's end, as far as it may be believed.
    package var sensibleAccessTokenExpiresAt: Timestamp? { accessTokenExpiresAt.flatMap(sensible) }

    /// The end of the one token that carries it; nil where a refresh token or the provider's own grant outlives that.
    package var sensibleOnlyTokenExpiresAt: Timestamp? {
        isAccessTokenOnly ? sensibleAccessTokenExpiresAt : nil
    }

    /// The first of its own ends after an instant; nil: there is none.
    package func ownEnd(after instant: Timestamp) -> Timestamp? {
        guard expiresAt != nil || accessTokenExpiresAt != nil else { return nil }
        var first: Timestamp?
        if let end = sensibleExpiresAt, end > instant { first = end }
        if let end = sensibleOnlyTokenExpiresAt, end > instant { first = first.map { min($0, end) } ?? end }
        return first
    }

    /// One of its own ends has come, whatever is to be made of that.
    package func isPastAnOwnEnd(at now: Timestamp) -> Bool {
        guard expiresAt != nil || accessTokenExpiresAt != nil else { return false }
        if let end = sensibleExpiresAt, end <= now { return true }
        if let end = sensibleOnlyTokenExpiresAt, end <= now { return true }
        return false
    }

    /// Its record holds an instant that counts as absent.
    package var isImplausible: Bool {
        guard issuedAt.isSensible else { return true }
        func isOdd(_ instant: Timestamp?) -> Bool { instant.map { !$0.isSensible } ?? false }
        func isOddEnd(_ end: Timestamp?) -> Bool { end.map { sensible($0) == nil } ?? false }
        return isOddEnd(expiresAt) || isOddEnd(accessTokenExpiresAt) || isOddEnd(refreshTokenExpiresAt)
            || isOdd(lastUsedAt) || isOdd(observedFrom) || isOdd(observedUntil)
    }

    /// An end before the grant was issued is none.
    private func sensible(_ end: Timestamp) -> Timestamp? { end.isSensible && end >= issuedAt ? end : nil }
}
