internal import Grants

/// What a few questions can show of a provider's `capabilities`, in the words of the configuration.
///
/// A server that calls a living refresh token inactive once its access token is over (Doorkeeper; the server in Authlib's
/// documentation) shows it by a canary that has become inactive, or by an `exp` in an answer about a refresh token.
struct CapabilitySight {
    private let settings: ProviderSettings
    /// Whether every canary of the kind was active; nil: there was none to ask, or no answer.
    private var areActive: [TokenKind: Bool] = [:]
    private var refreshTokenEnds: Timestamp?

    init(_ settings: ProviderSettings) { self.settings = settings }

    /// Takes what a canary of the kind was called.
    mutating func note(_ outcome: IntrospectionAnswer.Outcome, of kind: TokenKind) {
        switch outcome {
        case .active(let facts):
            areActive[kind] = areActive[kind] ?? true
            if kind == .refreshToken { refreshTokenEnds = refreshTokenEnds ?? facts.expiresAt }
        case .inactive: areActive[kind] = false
        case .unknown: break
        }
    }

    var step: ProviderCheck.Step {
        let missing = TokenKind.allCases.filter { kind in
            settings.capabilities.introspects.contains(kind) && !settings.canaries.contains { $0.kind == kind }
        }
        var words = missing.map { kind in
            "no canary of kind \(kind.rawValue): no 'inactive' about such a token counts; add one, or leave the kind "
                + "out of 'introspects'"
        }
        guard settings.capabilities.introspects.contains(.refreshToken), areActive[.refreshToken] != nil else {
            return step(ok: true, words)
        }
        if areActive[.refreshToken] == false {
            words.append(
                "a refresh token canary is inactive: if it can still be refreshed, this server calls refresh tokens "
                    + "inactive once their access token is over, as Doorkeeper does, and needs 'capabilities: "
                    + "{ introspects: [access_token] }'"
            )
            return step(ok: false, words)
        }
        if let end = refreshTokenEnds {
            words.append(
                "the answer about a refresh token has an end (\(end)): if it is the access token's and the canary is "
                    + "inactive after it, this server needs 'capabilities: { introspects: [access_token] }'"
            )
        }
        words.append(age)
        return step(ok: true, words)
    }

    private var age: String {
        let lifetime = settings.accessTokenLifetime.map(\.typed) ?? "24h or the longest that its answers told"
        return "the refresh token canary speaks for grants whose access token may be over only once the same token has "
            + "been active for access_token_lifetime (\(lifetime))"
    }

    private func step(ok: Bool, _ words: [String]) -> ProviderCheck.Step {
        let shown = words.isEmpty ? ["nothing speaks against what is configured"] : words
        return .init(name: "capabilities", ok: ok, detail: shown.joined(separator: "; "))
    }
}
