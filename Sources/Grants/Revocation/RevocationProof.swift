/// Judges one try of a revocation: the answers about each of the grant's tokens before and after, beside the canaries
/// and the endpoint's replies.
///
/// RFC 7009's 200 is no proof, and a 400 none of the contrary: what introspection shows decides, as far as it shows
/// anything.
package struct RevocationProof: Hashable, Sendable {
    /// What introspection said of a token.
    package enum Answer: Hashable, Sendable {
        case active
        case inactive
        case unknown(UnknownReason)
    }

    /// What the endpoint said to the revocation of a token.
    package enum Reply: Hashable, Sendable {
        /// Any 2xx, of this try or of an earlier one.
        case accepted
        /// A person is needed; a stable word.
        case refused(String)
        /// It may do it later.
        case failed(UnknownReason, retryAfter: Duration?)
    }

    /// One token of the grant.
    package struct Token: Hashable, Sendable {
        package var kind: TokenKind
        /// nil: not asked, because the provider can say nothing truthful of the kind.
        package var before: Answer?
        package var after: Answer?
        /// nil: it was not revoked by itself.
        package var reply: Reply?
        /// A canary of the kind, our own client's too, was active around both questions.
        package var isControlled = false
        /// The same with a canary or a control grant of another client: "you may not see others' tokens" is excluded.
        package var isForeignControlled = false
        /// Its `inactive` counts for rule 4.
        package var counts = false
        /// The last known end of the token; of access tokens only.
        package var end: Timestamp?

        package init(_ kind: TokenKind, before: Answer? = nil, after: Answer? = nil, reply: Reply? = nil) {
            self.kind = kind
            self.before = before
            self.after = after
            self.reply = reply
        }

        /// The last definite answer; nil: there was none.
        package var lastAnswer: Answer? {
            [after, before].compactMap(\.self).first { $0 == .active || $0 == .inactive }
        }
    }

    /// What becomes of the order.
    package enum Outcome: Hashable, Sendable {
        /// `mayLiveOn`: nothing shows that the refresh token, or its successor, is dead.
        case done(Proof, residualUntil: Timestamp?, mayLiveOn: Bool)
        /// Accepted and not shown: asked about again, not revoked again, until then.
        case askedAgain(String, until: Timestamp)
        /// A person is needed.
        case refused(String)
        /// Revoked again later.
        case failed(String, retryAfter: Duration?)
    }

    /// Why a person is needed where the endpoint accepts and the token lives on.
    package static let stillActive = "still-active"

    package var tokens: [Token]
    /// Of earlier tries.
    package var progress: RevocationProgress
    /// The reply of the grant-management endpoint, which ends the grant as a whole; nil: it was not used.
    package var grantReply: Reply?
    /// A refresh token may be inactive because its successor lives.
    package var rotates: Bool
    /// There is a refresh token that we do not hold.
    package var hasUnheldRefreshToken = false
    /// The provider is held: its answers prove nothing.
    package var isHeld = false
    /// A person knows already: an acceptance that changes nothing is said at once.
    package var isStuck = false

    package init(_ tokens: [Token], progress: RevocationProgress = RevocationProgress(), rotates: Bool) {
        self.tokens = tokens
        self.progress = progress
        self.rotates = rotates
    }

    /// What this try comes to, and what the next one has to know.
    package func judge(at now: Timestamp) -> (Outcome, RevocationProgress) {
        var next = progress
        for token in tokens { note(token, in: &next, at: now) }
        if grantReply == .accepted { next.acceptedAt = next.acceptedAt ?? now }
        let outcome = outcome(next, at: now)
        // A person knows: the next try revokes again.
        if case .refused = outcome {
            next.accepted = []
            next.stillActive = []
            next.acceptedAt = nil
        }
        return (outcome, next)
    }

    private func note(_ token: Token, in next: inout RevocationProgress, at now: Timestamp) {
        if token.before == .active, !progress.accepted.contains(token.kind) { next.wasActive.insert(token.kind) }
        if isDead(token) {
            next.dead.insert(token.kind)
            return
        }
        // Called active after all: what was taken for dead is not.
        if token.lastAnswer == .active { next.dead.remove(token.kind) }
        guard reply(to: token) == .accepted else { return }
        next.accepted.insert(token.kind)
        next.acceptedAt = next.acceptedAt ?? now
        switch token.lastAnswer {
        case .active? where token.after == .active || progress.accepted.contains(token.kind):
            next.stillActive.insert(token.kind)
        case .inactive?: next.stillActive.remove(token.kind)
        default: break
        }
    }

    private func reply(to token: Token) -> Reply? { grantReply ?? token.reply }

    private func isDead(_ token: Token) -> Bool {
        guard token.lastAnswer == .inactive else { return false }
        // It is its own control: a server that hides others' tokens would have hidden it before, too.
        if token.before == .active, token.after == .inactive, token.isControlled { return true }
        // Later than right after, a refresh token may have been replaced by its successor.
        if progress.wasActive.contains(token.kind), token.isControlled, token.kind == .accessToken || !rotates {
            return true
        }
        if token.kind == .accessToken, token.isForeignControlled { return true }
        return token.counts
    }

    private func outcome(_ next: RevocationProgress, at now: Timestamp) -> Outcome {
        let living = tokens.filter { !next.dead.contains($0.kind) || $0.lastAnswer == .active }
        let isOver = isStuck || next.askedUntil.map { $0 <= now } ?? false
        guard !living.isEmpty || tokens.isEmpty || hasUnheldRefreshToken else {
            if isHeld { return .done(.acknowledged, residualUntil: nil, mayLiveOn: false) }
            let wasActive = tokens.contains { next.wasActive.contains($0.kind) }
            return .done(wasActive ? .proven : .alreadyInactive, residualUntil: nil, mayLiveOn: false)
        }
        if let grantReply, tokens.isEmpty { return outcome(ofGrant: grantReply) }
        for case .failed(let why, let retryAfter)? in living.map(reply) {
            return .failed(why.rawValue, retryAfter: retryAfter)
        }
        if let why = refusal(living) { return .refused(why) }
        if !next.stillActive.isDisjoint(with: living.map(\.kind)) {
            guard let until = next.askedUntil, !isOver else { return .refused(Self.stillActive) }
            return .askedAgain(Self.stillActive, until: until)
        }
        if let until = next.askedUntil, !isOver, let why = living.lazy.compactMap({ self.doubt($0, next) }).first {
            return .askedAgain(why, until: until)
        }
        // What could be revoked is; the refresh token that we do not hold lives on.
        if hasUnheldRefreshToken, grantReply != .accepted { return .refused("no-token") }
        let access = living.first { $0.kind == .accessToken }
        return .done(
            .acknowledged,
            residualUntil: access?.end.flatMap { $0 > now ? $0 : nil },
            mayLiveOn: rotates && living.contains { $0.kind == .refreshToken }
        )
    }

    private func outcome(ofGrant reply: Reply) -> Outcome {
        switch reply {
        case .accepted: .done(.acknowledged, residualUntil: nil, mayLiveOn: false)
        case .refused(let why): .refused(why)
        case .failed(let why, let retryAfter): .failed(why.rawValue, retryAfter: retryAfter)
        }
    }

    /// Why a person is needed for what lives; nil: all of it was accepted, or is an access token that the server does
    /// not revoke by itself, beside a refresh token that it did.
    private func refusal(_ living: [Token]) -> String? {
        for token in living {
            guard case .refused(let why)? = reply(to: token) else { continue }
            let isBesideRefreshToken = tokens.contains { $0.kind == .refreshToken }
            if token.kind == .accessToken, why == "unsupported-token-type", isBesideRefreshToken { continue }
            return why
        }
        return nil
    }

    /// It was active before, accepted, and cannot be asked about: whether that meant anything is still to be seen.
    private func doubt(_ token: Token, _ next: RevocationProgress) -> String? {
        guard next.wasActive.contains(token.kind), reply(to: token) == .accepted,
            case .unknown(let why)? = token.after
        else { return nil }
        return why.rawValue
    }
}
