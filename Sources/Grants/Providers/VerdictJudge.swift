/// Decides what an introspection's answer says about a grant, and whether an `inactive` counts.
///
/// RFC 7662 §2.2 answers the same `active: false` for a revoked token, one of the wrong kind, one that
/// we may not see, and, at some servers, for their own failures. So it counts only from the token
/// that speaks for the grant, among canaries that the same provider called active and that are in the grant's condition.
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
    ///
    /// A token that cannot say "gone" is asked all the same: it may say `active`, and an `inactive` given after an end
    /// of the grant lets that end stand.
    package func speaker(of grant: Grant) -> Result<TokenKind, Silence> {
        if grant.holdsRefreshToken, capabilities.introspects.contains(.refreshToken) {
            return .success(.refreshToken)
        }
        guard grant.holdsAccessToken else {
            return .failure(Silence(grant.holdsRefreshToken ? .kindNotIntrospected : .noToken))
        }
        return capabilities.introspects.contains(.accessToken)
            ? .success(.accessToken) : .failure(Silence(.kindNotIntrospected))
    }

    /// Why a grant is not asked about: never a failure, never a reason to end it.
    package struct Silence: Error, Hashable {
        package let reason: UnknownReason

        package init(_ reason: UnknownReason) { self.reason = reason }
    }

    /// What the provider's `inactive` about the token of `kind` says.
    ///
    /// `family` tells what is known of its use, for tokens that may have been rotated; `since` is
    /// the first inactive answer of the unbroken series, this one included; `condition` is that of the refresh canary;
    /// `accessTokenIsActive` says that the grant's access token was called active in the same batch. The verdict is
    /// `inactive` only where it counts.
    package func inactive(
        _ grant: Grant,
        kind: TokenKind,
        family: Family,
        canary: Canary,
        condition: CanaryCondition,
        accessTokenIsActive: Bool = false,
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
        switch kind {
        case .refreshToken:
            guard condition == .old || accessTokenIsActive || isAccessTokenAlive(grant) else {
                return .unknown(.canaryTooYoung)
            }
        case .accessToken:
            guard isAccessTokenAlive(grant) else { return .unknown(.pastItsEnd) }
        }
        if capabilities.rotatesRefreshTokens {
            // What was used before the window began, no feed saw.
            guard let window = family.window, window.until >= max(since, window.from) + .hours(24) else {
                return .unknown(.mayBeRotated)
            }
        }
        return .inactive
    }

    /// Whether the grant's access token is known not to be past its end: an end that nobody told counts as over.
    package func isAccessTokenAlive(_ grant: Grant) -> Bool {
        grant.accessTokenExpiresAt.map { $0 > now } ?? false
    }

    /// Whether an `inactive` of this kind about the grant can count only if its access token is active too.
    package func needsAccessToken(_ grant: Grant, kind: TokenKind, condition: CanaryCondition) -> Bool {
        kind == .refreshToken && condition == .young && grant.holdsAccessToken && !isAccessTokenAlive(grant)
    }

    /// What an `active` answer says: a provider that calls a token active past the end that it tells itself contradicts
    /// itself, and one that names another client speaks of another grant.
    ///
    /// An `exp` told of a refresh token is not its end, and contradicts nothing.
    package func active(_ grant: Grant, kind: TokenKind, facts: TokenFacts, believesAnything: Bool) -> Verdict {
        if believesAnything { return .unknown(.canary) }
        if let client = facts.client, client != grant.client { return .unknown(.otherToken) }
        if kind == .accessToken, let end = facts.expiresAt, end < now - Self.clockTolerance {
            return .unknown(.contradiction)
        }
        return .active
    }

    /// How far a provider's clock may be from ours.
    package static let clockTolerance = Duration.minutes(5)
}
