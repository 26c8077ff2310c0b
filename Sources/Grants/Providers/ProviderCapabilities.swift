/// What a provider can and does, as data.
package struct ProviderCapabilities: Hashable, Sendable {
    /// The kinds of token it can truthfully call inactive.
    package var introspects: Set<TokenKind> = [.accessToken, .refreshToken]
    /// A refresh token may be inactive because its successor lives.
    package var rotatesRefreshTokens = true

    package init() {}
}
