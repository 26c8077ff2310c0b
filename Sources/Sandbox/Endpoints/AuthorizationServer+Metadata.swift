import Records

extension AuthorizationServer {
    /// The same document for both well-known addresses (RFC 8414 §2, OpenID Connect Discovery 1.0 §3).
    func metadata() -> Answer {
        let issuer = issuer
        let methods = ["client_secret_basic", "client_secret_post"]
        return Answer.json { writer in
            writer.member("issuer", issuer)
            writer.member("token_endpoint", "\(issuer)/token")
            writer.member("token_endpoint_auth_methods_supported", methods)
            writer.member("introspection_endpoint", "\(issuer)/introspect")
            writer.member("introspection_endpoint_auth_methods_supported", methods + ["Bearer"])
            writer.member("revocation_endpoint", "\(issuer)/revoke")
            writer.member("revocation_endpoint_auth_methods_supported", methods + ["Bearer"])
            writer.member("grant_types_supported", ["client_credentials", "refresh_token"])
        }
    }
}
