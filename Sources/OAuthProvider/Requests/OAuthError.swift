internal import Records

/// The error codes that change what we do (RFC 6749 §5.2, RFC 7009 §2.2.1).
///
/// Only these words are ever shown: what else a server writes may echo a token.
enum OAuthError: String, Sendable {
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case invalidRequest = "invalid_request"
    case invalidScope = "invalid_scope"
    case invalidTarget = "invalid_target"
    case invalidToken = "invalid_token"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedTokenType = "unsupported_token_type"

    /// The `error` member of a response's body; nil where there is none of these.
    init?(_ body: [UInt8]) {
        guard let object = try? JSONObject(parsing: body), let word = object["error"]?.stringValue else {
            return nil
        }
        self.init(rawValue: word)
    }
}
