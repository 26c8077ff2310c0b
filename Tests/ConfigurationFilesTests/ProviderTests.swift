import ConfigurationFiles
import Grants
import Testing

@Suite struct `Providers and clients` {
    static func provider(_ members: String) -> String {
        """
        store: { sqlite: x }
        providers:
          - id: idp
            issuer: https://idp.example.com
            client: { id: us, secret: { env: S } }
            \(members)
        """
    }

    @Test func `every member is read`() throws {
        let text = """
            store: { sqlite: x }
            providers:
              - id: idp
                issuer: https://idp.example.com/realms/a
                introspection_endpoint: https://idp.example.com/introspect?x=y
                revocation_endpoint: https://idp.example.com/revoke
                token_endpoint: https://idp.example.com/token
                client: { id: us, auth: bearer, secret: { credential: us }, token: { client_credentials: { scope: introspection } } }
                limits: { requests_per_second: 5, in_flight: 2, timeout: 3s }
                capabilities:
                  introspects: [refresh_token]
                  revokes: []
                  revokes_foreign: true
                  revocation_reaches: grant
                  rotates_refresh_tokens: false
                canaries:
                  - { kind: access_token, client_credentials: { scope: a, audience: b } }
                  - { kind: refresh_token, token: { file: canary }, client: portal }
                revocation: events
                clock: trusted
                ignored_scopes: [openid, address]
                proxy: http://proxy.example.com:3128
                ca_file: ca.pem
            clients:
              - { id: portal, provider: idp, auth: client_secret_post, secret: { env: P }, owner: o, contact: c@d }
            """
        let settings = try parsed(text).settings
        let provider = try #require(settings.providers.first)
        var client = ClientSettings(id: "us", provider: "idp", secret: .credential("us"))
        client.authentication = .bearer
        client.bearerGrant = BearerGrant(scope: "introspection")
        #expect(provider.client == client)
        #expect(provider.issuer == "https://idp.example.com/realms/a")
        #expect(provider.introspectionEndpoint == "https://idp.example.com/introspect?x=y")
        #expect(provider.revocationEndpoint == "https://idp.example.com/revoke")
        #expect(provider.tokenEndpoint == "https://idp.example.com/token")
        #expect(provider.limits.requestsPerSecond == 5)
        #expect(provider.limits.inFlight == 2)
        #expect(provider.limits.timeout == .seconds(3))
        #expect(provider.capabilities.introspects == [.refreshToken])
        #expect(provider.capabilities.revokes.isEmpty)
        #expect(provider.capabilities.revokesForeign)
        #expect(provider.capabilities.revocationReaches == .grant)
        #expect(!provider.capabilities.rotatesRefreshTokens)
        #expect(
            provider.canaries == [
                .init(kind: .accessToken, origin: .clientCredentials(scope: "a", audience: "b")),
                .init(kind: .refreshToken, origin: .token(.file("/c/canary")), client: "portal"),
            ]
        )
        #expect(provider.revocation == .events)
        #expect(provider.clock == .trusted)
        #expect(provider.ignoredScopes == ScopeSet(["address", "openid"]))
        #expect(provider.proxy == "http://proxy.example.com:3128")
        #expect(provider.caFile == "/c/ca.pem")
        let portal = try #require(settings.clients.first)
        #expect(portal.authentication == .clientSecretPost)
        #expect(portal.owner == "o" && portal.contact == "c@d")
    }

    @Test(arguments: [
        ("http://idp.example.com", "must begin with https://, http is for loopback addresses"),
        ("http://127.0.0.1.example.com", "must begin with https://, http is for loopback addresses"),
        ("http://127.1", "must begin with https://, http is for loopback addresses"),
        ("https://idp.example.com?x", "has a query or a fragment"),
        ("https://idp.example.com/#x", "has a query or a fragment"),
        ("https://user:hunter2@idp.example.com", "holds a user name or password"),
        ("ftp://idp.example.com", "must be a URL that begins with https://"),
        ("idp.example.com", "must be a URL that begins with https://"),
        ("https://", "has no valid host name or port"),
        ("https://a:0", "has no valid host name or port"),
        ("https://a:99999", "has no valid host name or port"),
        ("https://a b", "holds a blank or another character that no URL may hold"),
        ("https://ü.example", "holds a blank or another character that no URL may hold"),
    ])
    func `an issuer is an https URL without query, and is not quoted`(issuer: String, expected: String) {
        let text = Self.provider("").replacing("https://idp.example.com", with: "\"\(issuer)\"")
        let found = found(text)
        #expect(found.map(\.message) == ["'providers[0].issuer' \(expected)"])
        #expect(found.first?.line == 4 && found.first?.column == 13)
        #expect(!found.contains { $0.description.contains("hunter2") })
    }

    @Test(arguments: [
        "http://localhost:8080", "http://127.0.0.1", "http://[::1]:9", "https://[2001:db8::1]/x/",
    ])
    func `http is allowed on loopback`(issuer: String) throws {
        let text = Self.provider("").replacing("https://idp.example.com", with: issuer)
        #expect(try parsed(text).settings.providers.first?.issuer == issuer)
    }

    @Test func `hosts of endpoints are names alone, in lower case`() throws {
        let text = Self.provider("endpoint_hosts: [Tokens.Example.com, \"[2001:DB8::1]\", 192.0.2.7]")
        let hosts = try parsed(text).settings.providers.first?.endpointHosts
        #expect(hosts == ["tokens.example.com", "2001:db8::1", "192.0.2.7"])
    }

    @Test func `http is allowed by the provider's switch only`() throws {
        let text = Self.provider("allow_insecure_http: true")
            .replacing("https://idp.example.com", with: "http://idp.example.com")
        #expect(try parsed(text).settings.providers.first?.allowsInsecureHTTP == true)
    }

    @Test(arguments: [
        (
            "limits: { timeout: 10 }",
            "6:24 'providers[0].limits.timeout' must be a duration, the bare number 10 has no unit"
        ),
        ("limits: { in_flight: 0 }", "6:26 'providers[0].limits.in_flight' must be at least 1, found 0"),
        (
            "capabilities: { introspects: [acess_token] }",
            "6:35 'providers[0].capabilities.introspects[0]' must be access_token or refresh_token, found 'acess_token'"
        ),
        (
            "capabilities: { revokes: [access_token, access_token] }",
            "6:45 'providers[0].capabilities.revokes' lists 'access_token' twice"
        ),
        (
            "capabilities: { revocation_reaches: all }",
            "6:41 'providers[0].capabilities.revocation_reaches' must be token, grant or client_subject, found 'all'"
        ),
        (
            "canaries: [{ kind: access_token }]",
            "6:16 'providers[0].canaries[0]' must have exactly one of 'client_credentials' and 'token'"
        ),
        (
            "canaries: [{ kind: refresh_token, client_credentials: {} }]",
            "6:59 'providers[0].canaries[0].client_credentials' gives an access token, not a refresh token "
                + "(RFC 6749 §4.4.3)"
        ),
        ("canaries: [{ client_credentials: {} }]", "6:16 'providers[0].canaries[0]' lacks 'kind'"),
        ("revocation: none", "6:17 'providers[0].revocation' must be provider or events, found 'none'"),
        ("token_endpoint: https://a#b", "6:21 'providers[0].token_endpoint' has a fragment"),
        ("endpoint_hosts: [\"https://a\"]", "6:22 'providers[0].endpoint_hosts[0]' is no host name"),
        ("endpoint_hosts: [a, \"b:443\"]", "6:25 'providers[0].endpoint_hosts[1]' is no host name"),
        ("endpoint_hosts: [\"*.a\"]", "6:22 'providers[0].endpoint_hosts[0]' is no host name"),
        ("endpoint_hosts: a", "6:21 'providers[0].endpoint_hosts' must be a list, not a text"),
    ])
    func `a mistake is told with its place`(members: String, expected: String) {
        #expect(problems(Self.provider(members)) == [expected])
    }

    @Test(arguments: [
        ("{ id: us }", "5:13 'providers[0].client' lacks 'secret'"),
        (
            "{ id: us, secret: {} }",
            "5:31 'providers[0].client.secret' must have exactly one of 'file', 'env' and 'credential'"
        ),
        (
            "{ id: us, secret: { file: a, env: B } }",
            "5:31 'providers[0].client.secret' must have exactly one of 'file', 'env' and 'credential'"
        ),
        (
            "{ id: us, secret: { credential: a/b } }",
            "5:45 'providers[0].client.secret.credential' is not the name of a systemd credential"
        ),
        (
            "{ id: us, secret: { env: A-B } }",
            "5:38 'providers[0].client.secret.env' is not the name of an environment variable"
        ),
        (
            "{ id: us, auth: basic, secret: { env: A } }",
            "5:29 'providers[0].client.auth' must be client_secret_basic, client_secret_basic_raw, "
                + "client_secret_post or bearer, found 'basic'"
        ),
        (
            "{ id: us, secret: { env: A }, token: { client_credentials: {} } }",
            "5:50 'providers[0].client.token' says how a bearer token is got, but 'auth' is not bearer"
        ),
    ])
    func `a client's mistake is told with its place`(client: String, expected: String) {
        let text = Self.provider("").replacing("{ id: us, secret: { env: S } }", with: client)
        #expect(problems(text) == [expected])
    }

    @Test(arguments: [
        "hunter2", "{ hunter2: x, env: A }", "{ hunter2 }", "[hunter2]", "{ env: hunter2-x }", "!hunter2",
    ])
    func `what may be a secret is never shown`(secret: String) {
        for text in [
            Self.provider("").replacing("{ env: S }", with: secret),
            Self.provider("").replacing("{ env: S }", with: "{ env: S }, token: \(secret)"),
            Self.provider("canaries: [{ kind: access_token, token: \(secret) }]"),
        ] where !secret.hasPrefix("!") || text.contains("canaries") {
            let found = found(text)
            #expect(!found.isEmpty)
            #expect(!found.contains { "\($0) \($0.hint ?? "")".contains("hunter2") })
        }
    }
}
