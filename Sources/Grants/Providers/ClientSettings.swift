/// How a client authenticates at an authorization server (RFC 6749 §2.3).
package enum ClientAuthentication: String, CaseIterable, Sendable {
    /// HTTP Basic; id and secret are form-encoded first (RFC 6749 §2.3.1).
    case clientSecretBasic = "client_secret_basic"
    /// HTTP Basic without the form encoding that the RFC asks for, as some servers expect it.
    case clientSecretBasicRaw = "client_secret_basic_raw"
    case clientSecretPost = "client_secret_post"
    /// The secret is itself an access token, sent as `Authorization: Bearer` (RFC 7662 §2.1).
    case bearer
}

/// How a bearer token for our own requests is obtained: by the client-credentials grant (RFC 6749 §4.4).
package struct BearerGrant: Hashable, Sendable {
    /// nil: what the server gives without being asked.
    package var scope: String?
    package var audience: String?

    package init(scope: String? = nil, audience: String? = nil) {
        self.scope = scope
        self.audience = audience
    }
}

/// A client whose credentials we hold: our own at a provider, or one that holds grants.
package struct ClientSettings: Hashable, Sendable {
    package var id: ClientID
    package var provider: ProviderID
    package var authentication = ClientAuthentication.clientSecretBasic
    package var secret: SecretSource
    /// With ``ClientAuthentication/bearer``: how the token is got with the secret; nil: the secret is the token.
    package var bearerGrant: BearerGrant?
    package var owner: String?
    package var contact: String?

    package init(id: ClientID, provider: ProviderID, secret: SecretSource) {
        self.id = id
        self.provider = provider
        self.secret = secret
    }
}
