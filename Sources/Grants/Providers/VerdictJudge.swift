/// Decides what an introspection's answer says about a grant, and whether an `inactive` counts.
///
/// RFC 7662 §2.2 answers the same `active: false` for a revoked token, one of the wrong kind, one that
/// we may not see, and, at some servers, for their own failures. So it counts only from the token
/// that speaks for the grant, among canaries that the same provider called active.
package struct VerdictJudge: Sendable {
    /// How a batch's known-good tokens of the kind fared, before and after it.
    package enum Canary: Hashable, Sendable {
        /// A canary of a client other than ours was active, a made-up token inactive.
        case healthy
        /// Only a canary of our own client was, and a control grant was active too.
        case healthyWithControl
        /// Only a canary of our own client was: it cannot see "you may not see others' tokens".
        case ownClientOnly
        case failed
        /// There is none of this kind.
        case none
    }

    package let capabilities: ProviderCapabilities
    package let now: Timestamp

    package init(capabilities: ProviderCapabilities, now: Timestamp) {
        self.capabilities = capabilities
        self.now = now
    }

    /// The token to ask about, or why there is none.
    package func speaker(of grant: Grant) -> Result<TokenKind, Silence> {
        if grant.holdsRefreshToken, capabilities.introspects.contains(.refreshToken) {
            return .success(.refreshToken)
        }
        guard grant.holdsAccessToken else {
            return .failure(Silence(grant.holdsRefreshToken ? .kindNotIntrospected : .noToken))
        }
        guard capabilities.introspects.contains(.accessToken) else {
            return .failure(Silence(.kindNotIntrospected))
        }
        if let end = grant.accessTokenExpiresAt, end <= now {
            return .failure(Silence(.pastItsEnd))
        }
        return .success(.accessToken)
    }

    /// Why a grant is not asked about: never a failure, never a reason to end it.
    package struct Silence: Error, Hashable {
        package let reason: UnknownReason

        package init(_ reason: UnknownReason) { self.reason = reason }
    }

    /// What the provider's `inactive` about the token of `kind` says.
    ///
    /// `family` tells what is known of its use, for tokens that may have been rotated; `since` is
    /// the first inactive answer of the unbroken series, this one included. The verdict is
    /// `inactive` only where it counts.
    package func inactive(
        _ grant: Grant,
        kind: TokenKind,
        family: Family,
        canary: Canary,
        since: Timestamp
    ) -> Verdict {
        switch canary {
        case .failed: return .unknown(.canary)
        case .none: return .unknown(.noCanary)
        case .ownClientOnly: return .unknown(.noControl)
        case .healthy, .healthyWithControl: break
        }
        if !capabilities.introspects.contains(kind) { return .unknown(.kindNotIntrospected) }
        if kind == .accessToken, grant.hasRefreshToken { return .unknown(.accessTokenOnly) }
        if let used = family.lastUsedAt, used > since { return .unknown(.staleToken) }
        if kind == .refreshToken, capabilities.rotatesRefreshTokens {
            guard let window = family.window, window.until >= since + .hours(24) else {
                return .unknown(.mayBeRotated)
            }
        }
        return .inactive
    }
}
