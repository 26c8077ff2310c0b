/// One authorization server, spoken to as its protocols say; what its answers mean for a grant is
/// decided elsewhere (``VerdictJudge``).
///
/// No call throws: whatever goes wrong between us and the server is an answer too.
package protocol ProviderClient: Sendable {
    var settings: ProviderSettings { get }

    /// Fetches the server's metadata anew, past every cache: for its clock, and for whether it can revoke.
    func observe() async -> ServerObservation

    /// Asks whether a token is active (RFC 7662 §2.1).
    ///
    /// On a 401 our own credentials are renewed once and the question repeated; waits for the provider's rate
    /// limit, for room in flight and for `Retry-After` as far as that is short.
    func introspect(_ token: Secret, kind: TokenKind) async -> IntrospectionAnswer

    /// Asks about many tokens, as many at once as the limits allow, each as by ``introspect(_:kind:)``; answers are in
    /// the questions' order.
    ///
    /// Once `isEnough` says so of an answer no more questions are begun; theirs are nil. It gets one answer after
    /// another, as they come in, and must not wait.
    func introspect(
        _ questions: [TokenQuestion],
        until isEnough: @escaping @Sendable (IntrospectionAnswer) -> Bool
    ) async -> [IntrospectionAnswer?]

    /// The configured canaries, obtained when first needed and again before they are old; to be asked for at each batch.
    func canaries() async -> [CanaryToken]

    /// Revokes a token as the client that holds it, or as our own (RFC 7009 §2.1).
    func revoke(_ token: Secret, kind: TokenKind, of client: ClientID) async -> RevocationAnswer

    /// Ends the whole grant that the provider knows by this id, as the client that holds it (FAPI Grant Management §6).
    ///
    /// nil: the provider has no endpoint for that.
    func endGrant(_ providerGrantID: String, of client: ClientID) async -> RevocationAnswer?

    /// Whether ``revoke(_:kind:of:)`` has credentials that the provider would take for that client.
    func canRevoke(for client: ClientID) -> Bool
}

extension ProviderClient {
    /// Most providers know no grants but by their tokens.
    package func endGrant(_ providerGrantID: String, of client: ClientID) async -> RevocationAnswer? { nil }
}

/// A token to ask about.
package struct TokenQuestion: Hashable, Sendable {
    package var token: Secret
    package var kind: TokenKind

    package init(_ token: Secret, kind: TokenKind) {
        self.token = token
        self.kind = kind
    }
}

/// What came of one introspection request.
package struct IntrospectionAnswer: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case active(TokenFacts)
        case inactive
        case unknown(UnknownReason)
    }

    package var outcome: Outcome
    /// The response's `Date` (RFC 9110 §6.6.1); nil where there was no response or none in it.
    package var serverDate: Timestamp?
    /// How long the server asked us to wait, clamped.
    package var retryAfter: Duration?
    /// A sentence for people about an unknown outcome; never a secret.
    package var detail: String?
    /// False: the server wants quiet, and has not heard of the question.
    package var wasSent = true

    package init(
        _ outcome: Outcome,
        serverDate: Timestamp? = nil,
        retryAfter: Duration? = nil,
        detail: String? = nil
    ) {
        self.outcome = outcome
        self.serverDate = serverDate
        self.retryAfter = retryAfter
        self.detail = detail
    }
}

/// What an active answer tells about the token (RFC 7662 §2.2); nil where it does not.
package struct TokenFacts: Hashable, Sendable {
    package var client: ClientID?
    package var scopes: ScopeSet?
    package var subject: String?
    package var expiresAt: Timestamp?
    package var issuedAt: Timestamp?

    package init(
        client: ClientID? = nil,
        scopes: ScopeSet? = nil,
        subject: String? = nil,
        expiresAt: Timestamp? = nil,
        issuedAt: Timestamp? = nil
    ) {
        self.client = client
        self.scopes = scopes
        self.subject = subject
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
    }

    /// How long the token lives as a whole, as far as the answer tells: from its issue, or from now on.
    package func lifetime(at now: Timestamp) -> Duration? {
        expiresAt.map { $0 - (issuedAt.map { min($0, now) } ?? now) }.flatMap { $0 > .zero ? $0 : nil }
    }
}

/// A canary as it was obtained.
package struct CanaryToken: Hashable, Sendable {
    package var kind: TokenKind
    /// It was issued to our own client, or nobody said to whom.
    package var isOwnClient: Bool
    /// nil: it could not be obtained.
    package var token: Secret?
    /// Why not; never a secret.
    package var failure: String?

    package init(kind: TokenKind, isOwnClient: Bool, token: Secret?, failure: String? = nil) {
        self.kind = kind
        self.isOwnClient = isOwnClient
        self.token = token
        self.failure = failure
    }
}

/// What came of one revocation request.
package enum RevocationAnswer: Hashable, Sendable {
    /// The server says that the token is revoked, or was already (RFC 7009 §2.2).
    case accepted
    /// It will not do it however often it is asked; a person is needed. `why` is a stable word:
    /// `no-credentials`, `wrong-client`, `invalid-grant`, `unsupported-token-type`, `credentials`, `forbidden`,
    /// `request`, `no-endpoint`.
    case refused(why: String, detail: String)
    /// It may do it later.
    case failed(UnknownReason, detail: String, retryAfter: Duration?)
}
