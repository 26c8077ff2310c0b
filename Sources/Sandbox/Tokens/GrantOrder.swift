import Grants

/// A grant that is to be issued.
struct GrantOrder: Sendable {
    /// nil: the table names it.
    var id: String?
    var client: ClientID
    /// nil: the client acts for itself (RFC 6749 §4.4).
    var subject: String?
    var scopes: ScopeSet
    var hasRefreshToken: Bool
    /// nil: the access token does not end by itself.
    var accessExpiresIn: Duration?
    var script = AnswerScript()
}

/// A grant with the tokens that were just issued for it.
struct IssuedGrant: Sendable {
    var id: String
    var client: ClientID
    var subject: String?
    /// Those of the access token.
    var scopes: ScopeSet
    var accessToken: Secret
    var refreshToken: Secret?
    var accessTokenExpiresAt: Timestamp?
}

/// What the table knows about one token.
struct TokenFact: Sendable {
    var kind: TokenKind
    var grant: String
    var client: ClientID
    var subject: String?
    var scopes: ScopeSet
    var issuedAt: Timestamp
    var expiresAt: Timestamp?
    var isActive: Bool
}
