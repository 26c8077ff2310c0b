/// The kinds of token that RFC 7662 and RFC 7009 know, by their `token_type_hint`.
package enum TokenKind: String, CaseIterable, Sendable {
    case accessToken = "access_token"
    case refreshToken = "refresh_token"
}
