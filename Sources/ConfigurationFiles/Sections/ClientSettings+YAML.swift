internal import Grants

extension ClientSettings {
    /// A client, or nil after its mistakes were reported.
    ///
    /// `provider` is whose own client it is; nil: it is one of `clients` and names its provider.
    init?(_ value: YAMLValue, of provider: ProviderID?) {
        var shape = YAMLValue.Shape(known: ["id", "auth", "secret", "token"], required: ["id", "secret"])
        if provider == nil {
            shape.known = ["id", "provider", "auth", "secret", "token", "owner", "contact"]
            shape.required = ["id", "provider", "secret"]
        }
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.identifier().map { ClientID($0) }
        let named =
            provider ?? members["provider"]?.reference(to: \.providers, "provider").map { ProviderID($0) }
        let authentication = members["auth"]?.word(ClientAuthentication.self)
        let secret = members["secret"]?.secretSource()
        let bearerGrant = members["token"]?.bearerGrant()
        let owner = members["owner"]?.text()
        let contact = members["contact"]?.text()
        if let token = members["token"], (authentication ?? .clientSecretBasic) != .bearer {
            token.report(
                "'\(token.name)' says how a bearer token is got, but 'auth' is not bearer",
                hint: "write 'auth: bearer' or remove 'token'"
            )
        }
        guard let id, let named, let secret else { return nil }
        self.init(id: id, provider: named, secret: secret)
        self.authentication = authentication ?? self.authentication
        self.bearerGrant = bearerGrant
        self.owner = owner
        self.contact = contact
    }
}

extension YAMLValue {
    /// `{ client_credentials: { scope: …, audience: … } }`.
    fileprivate func bearerGrant() -> BearerGrant? {
        let shape = Shape(known: ["client_credentials"], required: ["client_credentials"], isSecret: true)
        return members(shape)?["client_credentials"]?.clientCredentials()
    }

    /// The parameters of a token request (RFC 6749 §4.4.2).
    func clientCredentials() -> BearerGrant? {
        guard let members = members(Shape(known: ["scope", "audience"])) else { return nil }
        return BearerGrant(scope: members["scope"]?.text(), audience: members["audience"]?.text())
    }
}
