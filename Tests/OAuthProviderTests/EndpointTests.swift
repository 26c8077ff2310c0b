import Grants
import HTTPTransport
import OAuthProvider
import Testing

/// Metadata is the word of whoever answers for the issuer, and what it names gets our secret and the tokens.
@Suite struct EndpointTests {
    static let home = "https://as.example"

    @Test(arguments: [
        (home, "https://as.example/i?x=1"), (home, "https://as.example:8443/i"), (home, "HTTPS://AS.EXAMPLE/i"),
        (home, "https://tokens.example/i"), (home, "https://tokens.example:444/i"),
        ("https://[::2]/", "https://[::2]:1/i"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9001/i"), ("http://localhost", "http://localhost:1/i"),
        ("http://[::1]:80", "http://[::1]/i"), ("http://127.0.0.1:9000", "https://tokens.example/i"),
    ])
    func `a discovered endpoint is taken on the issuer's host and on those that endpoint_hosts names`(
        _ issuer: String,
        _ url: String
    ) async {
        let scene = scene(issuer: issuer, introspection: url)
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.transport.requests.last?.url == url)
    }

    @Test(arguments: [
        (home, "http://127.0.0.1:9/i"), (home, "http://localhost/i"), (home, "http://as.example/i"),
        (home, "http://tokens.example/i"), (home, "https://127.0.0.1:9/i"), (home, "https://as.example.evil/i"),
        (home, "https://evil/as.example"), (home, "https://as.example./i"), (home, "https://as.example%2eevil/i"),
        (home, "https://as.example@evil/i"), (home, "https://xas.example/i"), (home, "https://sub.tokens.example/i"),
        (home, "file:///etc/passwd"), (home, "gopher://127.0.0.1:11211/_stats"), (home, "//as.example/i"),
        (home, "https://as.example/\r\nX: y"), (home, "https://as.example/i#x"), (home, "https://ⓐs.example/i"),
        ("http://127.0.0.1:9000", "http://localhost:9000/i"), ("http://127.0.0.1:9000", "http://127.0.0.2/i"),
        ("http://127.0.0.1:9000", "http://2130706433/i"), ("http://127.0.0.1:9000", "http://127.1/i"),
        ("http://127.0.0.1:9000", "http://0.0.0.0/i"), ("http://127.0.0.1:9000", "http://[::ffff:127.0.0.1]/i"),
        ("http://127.0.0.1:9000", "http://tokens.example/i"), ("http://127.0.0.1:9000", "http://127.0.0.1.evil/i"),
    ])
    func `no other discovered endpoint is taken, nothing is sent there, and it is said why`(
        _ issuer: String,
        _ url: String
    ) async {
        let escaped = url.replacing("\r\n", with: "\\r\\n")
        let scene = scene(issuer: issuer, introspection: escaped)
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(.discovery))
        #expect(
            answer.detail?.hasPrefix("the introspection_endpoint of the server's metadata is not taken: it") == true
        )
        #expect(scene.transport.requests.allSatisfy { $0.method == .get })
    }

    @Test(arguments: [
        ("http://as.example", "http://as.example/i", true), ("http://as.example", "http://other.example/i", false),
        ("http://as.example", "http://127.0.0.1/i", false), ("http://as.example", "http://tokens.example/i", false),
        (home, "http://as.example/i", false),
    ])
    func `allow_insecure_http lets metadata name http on the host of an http issuer, and downgrades no https issuer`(
        _ issuer: String,
        _ url: String,
        _ isTaken: Bool
    ) async {
        let scene = scene(issuer: issuer, introspection: url, allowsInsecureHTTP: true)
        #expect(await scene.ask().outcome == (isTaken ? .inactive : .unknown(.discovery)))
    }

    @Test func `a configured endpoint wins over metadata that names a host which is not taken`() async {
        let scene = Scene(discovers: true) {
            $0.introspectionEndpoint = "https://elsewhere.example/i"
        } _: { request in
            request.method == .get ? DiscoveryTests.metadata(introspection: "https://evil.example/i") : .inactive
        }
        #expect(await scene.ask().outcome == .inactive)
    }

    @Test func `an endpoint that is not taken costs no other one`() async {
        let document =
            #"{"issuer":"https://as.example","introspection_endpoint":"https://as.example/introspect","#
            + #""revocation_endpoint":"https://evil.example/revoke"}"#
        let scene = Scene(discovers: true) { request in
            request.method == .get ? .json(document) : .inactive
        }
        #expect(await scene.ask().outcome == .inactive)
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "keeper")
        guard case .failed(.discovery, let detail, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(
            detail == "the revocation_endpoint of the server's metadata is not taken: its host 'evil.example' is not "
                + "the issuer's 'as.example'; name it in endpoint_hosts, or configure the endpoint, if that is right"
        )
        #expect(scene.transport.requests.allSatisfy { !$0.url.contains("evil") })
    }

    @Test func `members of metadata that are null or empty are as if they were not there`() async {
        let document =
            #"{"issuer":"https://as.example","introspection_endpoint":"https://as.example/introspect","#
            + #""revocation_endpoint":null,"token_endpoint":"","jwks_uri":null,"scopes_supported":[],"op_policy_uri":"""#
            + #","x":{},"y":[null,""]}"#
        let scene = Scene(discovers: true) { request in
            request.method == .get ? .json(document) : .inactive
        }
        #expect(await scene.ask().outcome == .inactive)
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "keeper")
        guard case .refused(let why, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(why == "no-endpoint")
    }

    @Test(arguments: [
        "https://as.example/t1/.well-known/oauth-authorization-server",
        "https://as.example/.well-known/openid-configuration/t1",
    ])
    func `a well-known path that is appended is found where the inserted one is missing, and the other way round`(
        _ place: String
    ) async {
        let issuer = "https://as.example/t1"
        let scene = Scene(discovers: true) {
            $0.issuer = issuer
        } _: { request in
            switch request.url {
            case place: DiscoveryTests.metadata(issuer: issuer)
            case Scene.introspection: .inactive
            default: .json("", status: 404)
            }
        }
        #expect(await scene.ask().outcome == .inactive)
    }

    @Test(arguments: ["text/plain", "text/html; charset=utf-8", "binary/octet-stream"])
    func `metadata is read whatever its content type`(_ type: String) async {
        let scene = Scene(discovers: true) { request in
            guard request.method == .get else { return .inactive }
            var response = DiscoveryTests.metadata()
            response.headers = [HTTPHeader(name: "Content-Type", value: type)]
            return response
        }
        #expect(await scene.ask().outcome == .inactive)
    }

    @Test func `the check shows each endpoint, and why it is taken or not`() async throws {
        let document =
            #"{"issuer":"https://as.example","introspection_endpoint":"https://as.example/introspect?key=k","#
            + #""revocation_endpoint":"https://evil.example/revoke","token_endpoint":"https://tokens.example/token"}"#
        let scene = Scene(discovers: true) {
            $0.endpointHosts = ["tokens.example"]
        } _: { request in
            request.method == .get ? .json(document) : .inactive
        }
        let step = try #require(await scene.provider.check().steps.first)
        #expect(step.name == "endpoints" && !step.ok)
        #expect(
            step.detail.split(separator: "; ", maxSplits: 1).first
                == "introspection_endpoint https://as.example/introspect (discovered, on the issuer's host)"
        )
        #expect(
            step.detail.contains(
                "; revocation_endpoint https://evil.example/revoke (discovered, not taken: its host 'evil.example' is not"
            )
        )
        #expect(
            step.detail.hasSuffix(
                "; token_endpoint https://tokens.example/token (discovered, on a host of endpoint_hosts)"
            )
        )
    }

    private func scene(issuer: String, introspection: String, allowsInsecureHTTP: Bool = false) -> Scene {
        Scene(discovers: true) {
            $0.issuer = issuer
            $0.endpointHosts = ["tokens.example"]
            $0.allowsInsecureHTTP = allowsInsecureHTTP
        } _: { request in
            request.method == .get
                ? DiscoveryTests.metadata(issuer: issuer, introspection: introspection) : .inactive
        }
    }
}
