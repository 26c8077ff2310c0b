import Grants
import Records

extension AuthorizationServer {
    /// The token endpoint (RFC 6749 §4.4, §6).
    func token(_ call: Call) throws(OAuthError) -> Answer {
        let form = try FormParameters(call)
        let client = try authenticate(call, form, takesBearer: false)
        let scopes = try Self.scopes(form["scope"])
        switch try form.require("grant_type") {
        case "client_credentials":
            let order = GrantOrder(
                client: client.id,
                scopes: scopes ?? ScopeSet([]),
                hasRefreshToken: false,
                accessExpiresIn: Self.accessTokenLife
            )
            return Self.tokenAnswer(tokens.issue(order, at: clock.now()))
        case "refresh_token":
            let refresh = tokens.refresh(
                Secret(try form.require("refresh_token")),
                of: client.id,
                scopes: scopes,
                rotates: options.rotatesRefreshTokens,
                accessExpiresIn: Self.accessTokenLife,
                at: clock.now()
            )
            switch refresh {
            case .issued(let grant): return Self.tokenAnswer(grant)
            case .invalidGrant:
                throw OAuthError("invalid_grant", "the refresh token is not valid for this client")
            case .invalidScope: throw OAuthError("invalid_scope", "the scope is more than what was granted")
            }
        default:
            throw OAuthError("unsupported_grant_type", "client_credentials and refresh_token are served")
        }
    }

    private static func scopes(_ text: String?) throws(OAuthError) -> ScopeSet? {
        guard let text else { return nil }
        let scopes = ScopeSet(joined: text)
        guard scopes.names.allSatisfy(ScopeSet.isValidToken) else {
            throw OAuthError("invalid_scope", "the scope is not well formed")
        }
        return scopes
    }

    private static func tokenAnswer(_ grant: IssuedGrant) -> Answer {
        Answer.json { writer in
            writer.member("access_token", grant.accessToken.text)
            writer.member("token_type", "Bearer")
            writer.member("expires_in", accessTokenLife.milliseconds / 1_000)
            if let refreshToken = grant.refreshToken {
                writer.member("refresh_token", refreshToken.text)
            }
            if !grant.scopes.names.isEmpty {
                writer.member("scope", grant.scopes.joined)
            }
        }
    }
}

extension Secret {
    /// The token as it stands in an answer; the sandbox's own tokens are ASCII.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
