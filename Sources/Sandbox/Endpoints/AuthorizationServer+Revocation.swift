import Grants
import Hummingbird

extension AuthorizationServer {
    /// The revocation endpoint (RFC 7009 §2); it ignores the hint.
    ///
    /// `scripted` is in force in place of the faults for all.
    func revocation(_ call: Call, scripted: SandboxFaults?) throws(OAuthError) -> Answer {
        let form = try FormParameters(call)
        let client = try authenticate(call, form, takesBearer: true)
        let token = Secret(try form.require("token"))
        let faults = scripted ?? board.faults
        switch faults.revocation {
        case nil: break
        case .ignored: return Self.revoked
        case .unsupportedTokenType: throw OAuthError("unsupported_token_type")
        case .unavailable:
            var answer = OAuthError("temporarily_unavailable", status: 503).answer
            answer.fields[.retryAfter] = faults.retryAfterField(at: clock.now())
            return answer
        }
        guard let fact = tokens.fact(of: token, at: clock.now()) else {
            // An unknown token is as good as revoked (RFC 7009 §2.2).
            return Self.revoked
        }
        if fact.client != client.id {
            switch faults.foreignRevocation ?? options.foreignRevocation {
            case .allowed: break
            case .ignored: return Self.revoked
            case .refused:
                throw OAuthError("unauthorized_client", "the token was issued to another client")
            }
        }
        tokens.revoked(token, fact)
        tokens.revoke(token, reach: options.revocationReach)
        return Self.revoked
    }

    private static var revoked: Answer { Answer(status: 200, body: []) }
}
