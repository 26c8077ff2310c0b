import Grants
import Records

extension AuthorizationServer {
    /// The introspection endpoint (RFC 7662 §2); it takes access and refresh tokens and ignores the hint.
    func introspection(_ call: Call) throws(OAuthError) -> Answer {
        let form = try FormParameters(call)
        let asker = try authenticate(call, form, takesBearer: true)
        let token = Secret(try form.require("token"))
        let fact = tokens.fact(of: token, at: clock.now())
        let (faults, isCalledInactive) = board.nextAnswer(on: fact, asker: asker.id)
        let mayKnow = asker.introspectsAll || fact?.client == asker.id
        let isActive = fact?.isActive ?? false && mayKnow && !isCalledInactive
        if let fact { tokens.introspected(token, fact, isActive: isActive, at: clock.now()) }
        guard let fact, isActive else {
            // Nothing else, so that nobody can tell why (RFC 7662 §2.2).
            return Answer.json { faults.writeActive(false, to: &$0) }
        }
        let issuer = issuer
        return Answer.json { writer in
            faults.writeActive(true, to: &writer)
            writer.member("client_id", fact.client.rawValue)
            writer.member("scope", fact.scopes.joined)
            writer.member("sub", fact.subject ?? fact.client.rawValue)
            if fact.kind == .accessToken {
                writer.member("token_type", "Bearer")
            }
            if let expiresAt = fact.expiresAt {
                writer.member("exp", expiresAt.milliseconds / 1_000)
            }
            writer.member("iat", fact.issuedAt.milliseconds / 1_000)
            writer.member("iss", issuer)
        }
    }
}

extension SandboxFaults {
    fileprivate func writeActive(_ isActive: Bool, to writer: inout JSONWriter) {
        if duplicateMember {
            writer.member("active", true)
            writer.member("active", false)
            return
        }
        switch activeAs {
        case nil: writer.member("active", isActive)
        case .string: writer.member("active", isActive ? "true" : "false")
        case .number: writer.member("active", isActive ? 1 : 0)
        case .null: writer.member("active", JSONValue.null)
        case .missing: break
        }
    }
}
