internal import Grants

/// One grant's revocation at its provider: ask about each token, revoke as the grant's own client, ask again.
struct RevocationExchange: Sendable {
    let work: RevocationJob.Work
    let settings: ProviderSettings
    let client: any ProviderClient

    /// What was seen; judged once the canaries after the batch are known.
    struct Seen: Sendable {
        var tokens: [RevocationProof.Token] = []
        /// nil: the grant as a whole was not asked to end.
        var grantReply: RevocationProof.Reply?
        /// Nothing could be tried: a stable word.
        var refusal: String?

        init() {}

        /// Nothing could be tried, and a person is needed.
        init(refused why: String) { refusal = why }

        /// The provider could not be reached at all, or we could not ask.
        init(unreached work: RevocationJob.Work, _ why: UnknownReason, retryAfter: Duration?) {
            let tokens = work.tokens ?? [:]
            for kind in [TokenKind.refreshToken, .accessToken] where tokens[kind] != nil {
                var token = RevocationProof.Token(kind, before: .unknown(why), after: .unknown(why))
                let isAccepted = work.order.progress.accepted.contains(kind)
                token.reply = isAccepted ? .accepted : .failed(why, retryAfter: retryAfter)
                if kind == .accessToken { token.end = work.stored.grant.accessTokenExpiresAt }
                self.tokens.append(token)
            }
            guard self.tokens.isEmpty else { return }
            if work.stored.grant.providerGrantID == nil {
                refusal = "no-token"
            } else {
                grantReply = .failed(why, retryAfter: retryAfter)
            }
        }

        private var replies: [RevocationProof.Reply] { (tokens.map(\.reply) + [grantReply]).compactMap(\.self) }

        /// The server said yes or no to something.
        var isAnswered: Bool {
            refusal != nil
                || replies.contains { reply in
                    if case .failed = reply { false } else { true }
                }
        }

        /// Why the provider did not take part; nil: it answered something.
        var failedWith: UnknownReason? {
            guard !isAnswered, !tokens.contains(where: { $0.lastAnswer != nil }) else { return nil }
            for case .failed(let why, _) in replies { return why }
            return nil
        }
    }

    func perform() async -> Seen {
        var seen = Seen()
        let tokens = work.tokens ?? [:]
        let kinds = [TokenKind.refreshToken, .accessToken].filter { tokens[$0] != nil }
        let grantID = work.stored.grant.providerGrantID
        guard !kinds.isEmpty || grantID != nil else {
            seen.refusal = "no-token"
            return seen
        }
        for kind in kinds {
            var token = RevocationProof.Token(kind)
            if kind == .accessToken { token.end = work.stored.grant.accessTokenExpiresAt }
            token.before = await ask(tokens[kind], kind, &token.end)
            seen.tokens.append(token)
        }
        if let grantID { seen.grantReply = await endGrant(grantID, kinds) }
        if seen.grantReply == nil {
            for index in seen.tokens.indices {
                seen.tokens[index].reply = await revoke(tokens[seen.tokens[index].kind], seen.tokens[index])
            }
            if kinds.isEmpty { seen.refusal = "no-token" }
        }
        for index in seen.tokens.indices where isWorthAsking(seen.tokens[index], seen.grantReply) {
            let kind = seen.tokens[index].kind
            seen.tokens[index].after = await ask(tokens[kind], kind, &seen.tokens[index].end)
        }
        return seen
    }

    /// nil: the provider can say nothing truthful of the kind.
    private func ask(_ token: Secret?, _ kind: TokenKind, _ end: inout Timestamp?) async -> RevocationProof.Answer? {
        guard let token, settings.capabilities.introspects.contains(kind) else { return nil }
        switch await client.introspect(token, kind: kind).outcome {
        case .active(let facts):
            if kind == .accessToken { end = facts.expiresAt ?? end }
            return .active
        case .inactive: return .inactive
        case .unknown(let why): return .unknown(why)
        }
    }

    /// nil: the provider has no endpoint for it.
    private func endGrant(_ id: String, _ kinds: [TokenKind]) async -> RevocationProof.Reply? {
        // What it accepted is not ended again while it is asked about.
        if !kinds.isEmpty, kinds.allSatisfy(work.order.progress.accepted.contains) { return .accepted }
        return await client.endGrant(id, of: work.stored.grant.client).map(Self.reply)
    }

    /// What the server says to a token's revocation; nil: it is dead, and nothing is to be said.
    private func revoke(_ token: Secret?, _ seen: RevocationProof.Token) async -> RevocationProof.Reply? {
        let (kind, progress) = (seen.kind, work.order.progress)
        // Asked about again, not revoked again.
        if progress.accepted.contains(kind) { return .accepted }
        if progress.dead.contains(kind), seen.before != .active { return nil }
        guard client.canRevoke(for: work.stored.grant.client) else { return .refused("no-credentials") }
        guard settings.capabilities.revokes.contains(kind) else { return .refused("unsupported-token-type") }
        guard let token else { return nil }
        return Self.reply(await client.revoke(token, kind: kind, of: work.stored.grant.client))
    }

    private static func reply(_ answer: RevocationAnswer) -> RevocationProof.Reply {
        switch answer {
        case .accepted: .accepted
        case .refused(let why, _): .refused(why)
        case .failed(let why, _, let retryAfter): .failed(why, retryAfter: retryAfter)
        }
    }

    /// Not where the server has just shown that it does not answer: the next try asks.
    private func isWorthAsking(_ token: RevocationProof.Token, _ grantReply: RevocationProof.Reply?) -> Bool {
        guard case .failed(let why, _)? = grantReply ?? token.reply else { return true }
        return why == .serverError && token.lastAnswer != nil
    }
}
