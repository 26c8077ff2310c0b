/// What the provider said about a grant so far.
///
/// Unknown verdicts change only `failures`.
package struct Validity: Hashable, Sendable {
    package var lastVerdict: Verdict?
    package var lastVerdictAt: Timestamp?
    /// The first inactive answer of the present unbroken series, counted or not.
    package var inactiveSince: Timestamp?
    /// How many inactive answers in a row counted.
    package var inactiveCount = 0
    package var firstCountedAt: Timestamp?
    package var lastCountedAt: Timestamp?
    /// Unknown verdicts in a row.
    package var failures = 0

    package init() {}

    /// Nothing the provider said so far may end the grant: a new token, a thaw, a use after the loss.
    package mutating func forgetInactivity() {
        inactiveSince = nil
        inactiveCount = 0
        firstCountedAt = nil
        lastCountedAt = nil
    }
}

/// The outcome of one introspection, after it was judged.
package enum Verdict: Hashable, Sendable {
    case active
    case inactive
    case unknown(UnknownReason)

    package var name: String {
        switch self {
        case .active: "active"
        case .inactive: "inactive"
        case .unknown: "unknown"
        }
    }

    /// nil unless the verdict is unknown.
    package var why: UnknownReason? {
        if case .unknown(let reason) = self { reason } else { nil }
    }
}

/// Why an answer says nothing about the grant.
///
/// The raw values are stable: scripts and the store rely on them.
package enum UnknownReason: String, CaseIterable, Sendable {
    case noToken = "no-token"
    case accessTokenOnly = "access-token-only"
    case kindNotIntrospected = "kind-not-introspected"
    case pastItsEnd = "past-its-end"
    case mayBeRotated = "may-be-rotated"
    case staleToken = "stale-token"
    case canary
    case noCanary = "no-canary"
    case noControl = "no-control"
    case contradiction
    case surge
    case clockSkew = "clock-skew"
    case credentials
    case forbidden
    case request
    case notJSON = "not-json"
    case notABoolean = "not-a-boolean"
    case otherToken = "other-token"
    case redirect
    case tooLarge = "too-large"
    case rateLimited = "rate-limited"
    case serverError = "server-error"
    case timeout
    case network
    case discovery
    case held
}
