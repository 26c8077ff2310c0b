internal import Grants

extension ProviderSettings {
    /// A provider, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: [
                "id", "issuer", "introspection_endpoint", "revocation_endpoint", "token_endpoint", "client",
                "limits", "capabilities", "canaries", "revocation", "endpoint_hosts", "access_token_lifetime", "clock",
                "ignored_scopes", "allow_insecure_http", "proxy", "ca_file",
            ],
            required: ["id", "issuer", "client"]
        )
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.providerIdentifier()
        let allowsHTTP = members["allow_insecure_http"]?.bool() ?? false
        let issuer = members["issuer"]?.url(isIssuer: true, allowsHTTP: allowsHTTP)
        let client = members["client"].flatMap { ClientSettings($0, of: id ?? "") }
        let introspection = members["introspection_endpoint"]?.url(allowsHTTP: allowsHTTP)
        let revocationEndpoint = members["revocation_endpoint"]?.url(allowsHTTP: allowsHTTP)
        let token = members["token_endpoint"]?.url(allowsHTTP: allowsHTTP)
        let limits = members["limits"].map { Limits($0) }
        let capabilities = members["capabilities"].map { ProviderCapabilities($0) }
        let canaries = members["canaries"]?.elements().compactMap { Canary($0) }
        let lifetime = members["access_token_lifetime"]?.duration()
        let revocation = members["revocation"]?.word(Revocation.self)
        let endpointHosts = members["endpoint_hosts"]?.elements().compactMap { $0.hostName() }
        let clock = members["clock"]?.word(Clock.self)
        let ignored = (members["ignored_scopes"]?.elements().compactMap { $0.text() }).map { ScopeSet($0) }
        // What is said to a proxy on the way to an https server is sealed for that server.
        let proxy = members["proxy"]?.url(allowsHTTP: true)
        let caFile = members["ca_file"]?.path()
        if let caFile, value.reading.checks != .none { members["ca_file"]?.checkFile(caFile) }
        guard let id, let issuer, let client else { return nil }
        self.init(id: id, issuer: issuer, client: client)
        introspectionEndpoint = introspection
        self.revocationEndpoint = revocationEndpoint
        tokenEndpoint = token
        self.limits = limits ?? self.limits
        self.capabilities = capabilities ?? self.capabilities
        self.canaries = canaries ?? []
        self.revocation = revocation ?? self.revocation
        self.endpointHosts = endpointHosts ?? []
        accessTokenLifetime = lifetime
        self.clock = clock ?? self.clock
        ignoredScopes = ignored ?? ignoredScopes
        allowsInsecureHTTP = allowsHTTP
        self.proxy = proxy
        self.caFile = caFile
    }
}

extension YAMLValue {
    fileprivate func providerIdentifier() -> ProviderID? {
        guard let text = identifier() else { return nil }
        guard !text.contains("/") else {
            report("'\(name)' must not hold '/': commands name a grant PROVIDER/ID")
            return nil
        }
        return ProviderID(text)
    }
}

extension ProviderSettings.Limits {
    fileprivate init(_ value: YAMLValue) {
        self.init()
        let members = value.members(YAMLValue.Shape(known: ["requests_per_second", "in_flight", "timeout"]))
        requestsPerSecond = members?["requests_per_second"]?.integer(atLeast: 1) ?? requestsPerSecond
        inFlight = members?["in_flight"]?.integer(atLeast: 1) ?? inFlight
        timeout = members?["timeout"]?.duration(mayBeZero: false) ?? timeout
    }
}

extension ProviderCapabilities {
    fileprivate init(_ value: YAMLValue) {
        self.init()
        let shape = YAMLValue.Shape(
            known: [
                "introspects", "revokes", "revokes_foreign", "revocation_reaches", "rotates_refresh_tokens",
            ]
        )
        let members = value.members(shape)
        introspects = members?["introspects"]?.words(TokenKind.self) ?? introspects
        revokes = members?["revokes"]?.words(TokenKind.self) ?? revokes
        revokesForeign = members?["revokes_foreign"]?.bool() ?? revokesForeign
        revocationReaches = members?["revocation_reaches"]?.word(Reach.self) ?? revocationReaches
        rotatesRefreshTokens = members?["rotates_refresh_tokens"]?.bool() ?? rotatesRefreshTokens
    }
}

extension ProviderSettings.Canary {
    fileprivate init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["kind", "client_credentials", "token", "client"],
            required: ["kind"]
        )
        guard let members = value.members(shape) else { return nil }
        let kind = members["kind"]?.word(TokenKind.self)
        let client = members["client"]?.identifier().map { ClientID($0) }
        let origin: Origin?
        switch (members["client_credentials"], members["token"]) {
        case (let request?, nil):
            if kind == .refreshToken {
                request.report(
                    "'\(request.name)' gives an access token, not a refresh token (RFC 6749 §4.4.3)",
                    hint: "write 'token: { file: PATH }' with a refresh token that is known to be good"
                )
            }
            origin = request.clientCredentials().map {
                .clientCredentials(scope: $0.scope, audience: $0.audience)
            }
        case (nil, let token?): origin = token.secretSource().map { .token($0) }
        default:
            value.report(
                "'\(value.name)' must have exactly one of 'client_credentials' and 'token'",
                hint: "write 'client_credentials: { scope: NAME }' or 'token: { file: PATH }'"
            )
            return nil
        }
        guard let kind, let origin else { return nil }
        self.init(kind: kind, origin: origin, client: client)
    }
}
