/// What a provider can and does, as data.
package struct ProviderCapabilities: Hashable, Sendable {
    /// How much more than the token itself a revocation ends (RFC 7009 §2.1 leaves it open).
    package enum Reach: String, CaseIterable, Sendable {
        case token
        case grant
        /// All grants of the client for that subject, as Keycloak and Google do.
        case clientSubject = "client_subject"
    }

    /// The kinds of token it can truthfully call inactive.
    package var introspects: Set<TokenKind> = [.accessToken, .refreshToken]
    package var revokes: Set<TokenKind> = [.accessToken, .refreshToken]
    /// Our own client may revoke tokens that were issued to other clients.
    package var revokesForeign = false
    package var revocationReaches = Reach.clientSubject
    /// A refresh token may be inactive because its successor lives.
    package var rotatesRefreshTokens = true

    package init() {}
}
