internal import Grants

/// One grant's revocation at its provider: ask, revoke every token as the grant's own client, ask again.
struct RevocationExchange: Sendable {
    let work: RevocationJob.Work
    let settings: ProviderSettings
    let client: any ProviderClient

    /// What was seen; judged once the canaries after the batch are known.
    struct Seen: Sendable {
        var failure: RevocationJob.Outcome?
        /// The kind that was asked about; nil: the provider can say nothing truthful of any that we hold.
        var kind: TokenKind?
        var before: IntrospectionAnswer.Outcome?
        var after: IntrospectionAnswer.Outcome?

        /// nil: the provider took part.
        var failedWith: String? { if case .failed(let why, _) = failure { why } else { nil } }

        /// RFC 7009's 200 is no proof: the same token has to be active right before, inactive right after, and
        /// the canary of its kind healthy around both.
        func outcome(
            before probeBefore: ProviderProbe.Reading,
            after probeAfter: ProviderProbe.Reading
        ) -> RevocationJob.Outcome {
            if let failure { return failure }
            guard let kind, let after else { return .done(.acknowledged) }
            switch (before, after) {
            case (_, .active):
                return .failed("still-active", retryAfter: nil)
            case (.active, .unknown(let why)):
                // It could be asked a moment ago: whether the 200 meant anything is still to be seen.
                return .failed(why.rawValue, retryAfter: nil)
            default:
                break
            }
            guard after == .inactive, Self.isHealthy(probeBefore.canaries[kind]),
                Self.isHealthy(probeAfter.canaries[kind])
            else { return .done(.acknowledged) }
            switch before {
            case .active: return .done(.proven)
            case .inactive where probeAfter.canaries[kind] == .healthy: return .done(.alreadyInactive)
            default: return .done(.acknowledged)
            }
        }

        // The token itself was active: that our own client's canary cannot see others' tokens is disproved.
        private static func isHealthy(_ canary: VerdictJudge.Canary?) -> Bool {
            canary == .healthy || canary == .healthyWithControl || canary == .ownClientOnly
        }
    }

    func perform() async -> Seen {
        var seen = Seen()
        let tokens = work.tokens ?? [:]
        let kinds = [TokenKind.refreshToken, .accessToken].filter {
            tokens[$0] != nil && settings.capabilities.revokes.contains($0)
        }
        guard !kinds.isEmpty else {
            seen.failure = .refused("no-token")
            return seen
        }
        guard client.canRevoke(for: work.stored.grant.client) else {
            seen.failure = .refused("no-credentials")
            return seen
        }
        seen.kind = kinds.first { settings.capabilities.introspects.contains($0) }
        if let kind = seen.kind, let token = tokens[kind] {
            seen.before = await client.introspect(token, kind: kind).outcome
        }
        for kind in kinds {
            guard let token = tokens[kind] else { continue }
            switch await client.revoke(token, kind: kind, of: work.stored.grant.client) {
            case .accepted:
                continue
            case .refused(let why, _):
                seen.failure = .refused(why)
                return seen
            case .failed(let why, _, let retryAfter):
                seen.failure = .failed(why.rawValue, retryAfter: retryAfter)
                return seen
            }
        }
        if let kind = seen.kind, let token = tokens[kind] {
            seen.after = await client.introspect(token, kind: kind).outcome
        }
        // What could be revoked is; the refresh token that we do not hold, or may not revoke, lives on.
        if work.stored.grant.hasRefreshToken, !kinds.contains(.refreshToken) { seen.failure = .refused("no-token") }
        return seen
    }
}
