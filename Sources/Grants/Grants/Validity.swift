/// What the provider said about a grant so far.
///
/// Unknown verdicts change only `failures`, why and since when nothing is known, and, for a raw `inactive`, its instant.
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
    /// Why the last answer was unknown; nil: it was a verdict, or nothing was asked.
    package var unknownWhy: UnknownReason?
    /// The first unknown answer of the present series.
    package var unknownSince: Timestamp?
    /// The last raw `inactive`, counted or not, but none of a batch whose canary failed.
    package var lastInactiveAnswerAt: Timestamp?
    /// The last active verdict that another verdict, or another token, came after; see ``lastActiveAt``.
    package var earlierActiveAt: Timestamp?

    package init() {}

    /// The last countable `active`; nil: there was none.
    package var lastActiveAt: Timestamp? { lastVerdict == .active ? lastVerdictAt : earlierActiveAt }

    /// What was said of an old token says nothing of a new one, but that the grant was alive.
    package mutating func replaceToken() {
        let lastActiveAt = lastActiveAt
        self = Validity()
        earlierActiveAt = lastActiveAt
    }

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
    /// The refresh canary's access token lives, the grant's does not: the canary is in another condition.
    case canaryTooYoung = "canary-too-young"
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
    /// Our own: a file that could not be read, no memory; nothing was asked.
    case ownFailure = "own-failure"
    /// The grant, or what is known of it, changed while it was asked about.
    case changedMeanwhile = "changed-meanwhile"

    /// The answer itself is the reason: asked again it will most likely be the same.
    package var isOfAnswer: Bool {
        [.notJSON, .notABoolean, .tooLarge, .request, .redirect, .otherToken, .contradiction].contains(self)
    }
}
