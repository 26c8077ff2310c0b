/// What the next requests about one grant's tokens are answered with, whatever the faults in force.
struct AnswerScript: Hashable, Sendable {
    /// One answer of a script.
    enum Step: String, CaseIterable, Sendable {
        /// As without a script.
        case ordinary = "ok"
        /// Half a second later.
        case slow
        /// 429 with `Retry-After: 1`, and nothing is done.
        case rateLimited = "429"
        /// 503, and nothing is done.
        case unavailable = "503"
        /// None for a minute; then the connection ends.
        case hang
        /// A page with status 200, and nothing is done.
        case html
        /// For revocations: 200, and the token lives on.
        case ignored
        /// For revocations (RFC 7009 §2.2.1).
        case unsupportedTokenType = "unsupported_token_type"

        /// Whether it says something of revocations only.
        var isForRevocation: Bool { self == .ignored || self == .unsupportedTokenType }

        /// The faults in force for this one request; nil: those of all others.
        var faults: SandboxFaults? {
            var faults = SandboxFaults()
            switch self {
            case .ordinary: return nil
            case .slow: faults.latency = .milliseconds(500)
            case .rateLimited: faults.retryAfter = "1"
            case .unavailable: faults.status = 503
            case .hang: faults.hangs = true
            case .html: faults.html = true
            case .ignored: faults.revocation = .ignored
            case .unsupportedTokenType: faults.revocation = .unsupportedTokenType
            }
            return faults
        }
    }

    var introspect: [Step] = []
    var revoke: [Step] = []

    var isEmpty: Bool { introspect.isEmpty && revoke.isEmpty }

    /// Takes the next step for the endpoint out of the script.
    mutating func next(at endpoint: SandboxEndpoint) -> Step? {
        switch endpoint {
        case .introspect where !introspect.isEmpty: introspect.removeFirst()
        case .revoke where !revoke.isEmpty: revoke.removeFirst()
        default: nil
        }
    }
}
