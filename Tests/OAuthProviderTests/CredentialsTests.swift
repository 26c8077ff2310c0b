import Grants
import HTTPTransport
import OAuthProvider
import Synchronization
import Testing

@Suite struct CredentialsTests {
    static let presentations: [(ClientAuthentication, String?, String)] = [
        (.clientSecretBasic, "Basic YXBwJTNBZXUlMkYxOnAlNDBzcyslMkIlMjUlQzMlQTk=", ""),
        (.clientSecretPost, nil, "&client_id=app%3Aeu%2F1&client_secret=p%40ss+%2B%25%C3%A9"),
    ]

    @Test(arguments: presentations)
    func `id and secret are encoded as the RFC wants`(
        _ authentication: ClientAuthentication,
        _ header: String?,
        _ parameters: String
    ) async throws {
        let scene = Scene(secrets: [.file("own"): "p@ss +%é\n"]) {
            $0.client.id = "app:eu/1"
            $0.client.authentication = authentication
        } _: { _ in
            .inactive
        }
        #expect(await scene.ask().outcome == .inactive)
        let request = try #require(scene.transport.requests.first)
        #expect(request.header("Authorization") == header)
        #expect(request.text == "token=rt_8fK2-asked&token_type_hint=refresh_token" + parameters)
    }

    @Test func `the characters of appendix B are encoded`() async throws {
        let scene = Scene(secrets: [.file("own"): " %&+£€"]) {
            $0.client.authentication = .clientSecretPost
        } _: {
            _ in
            .inactive
        }
        _ = await scene.ask()
        #expect(
            scene.transport.requests.first?.text.hasSuffix("&client_secret=+%25%26%2B%C2%A3%E2%82%AC") == true
        )
    }

    @Test func `raw basic credentials are not encoded`() async throws {
        let scene = Scene(secrets: [.file("own"): "p@ss\r\n"]) {
            $0.client.authentication = .clientSecretBasicRaw
        } _: { _ in
            .inactive
        }
        _ = await scene.ask()
        // keeper:p@ss
        #expect(scene.transport.requests.first?.header("Authorization") == "Basic a2VlcGVyOnBAc3M=")
    }

    @Test func `a client id with a colon cannot be sent raw`() async {
        let scene = Scene {
            $0.client.id = "a:b"
            $0.client.authentication = .clientSecretBasicRaw
        } _: { _ in
            .inactive
        }
        #expect(await scene.ask().outcome == .unknown(.credentials))
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `a configured bearer token is sent as it is`() async {
        let scene = Scene {
            $0.client.authentication = .bearer
        } _: { _ in
            .inactive
        }
        _ = await scene.ask()
        #expect(scene.transport.requests.map { $0.header("Authorization") } == ["Bearer " + Scene.ownSecret])
    }

    @Test(arguments: ["a b", "a\nHost: x", "ä", "", "\n"])
    func `a bearer token that would break a header is not sent`(_ secret: String) async {
        let scene = Scene(secrets: [.file("own"): secret]) {
            $0.client.authentication = .bearer
        } _: { _ in
            .inactive
        }
        let isEmpty = secret.allSatisfy(\.isNewline)
        #expect(await scene.ask().outcome == .unknown(isEmpty ? .ownFailure : .credentials))
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `a secret that cannot be read is a failure of our own, named by its source`() async {
        let scene = Scene {
            $0.client.secret = .environment("NOWHERE")
        } _: { _ in
            .inactive
        }
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(.ownFailure))
        #expect(answer.detail?.contains("environment variable 'NOWHERE'") == true)
    }

    @Test func `a secret is read once`() async {
        let scene = Scene([.inactive])
        for _ in 0..<3 { _ = await scene.ask() }
        #expect(scene.secrets.reads == 1)
    }

    @Test func `a 401 with an unchanged secret is not repeated`() async {
        let scene = Scene([.json("", status: 401)])
        #expect(await scene.ask().outcome == .unknown(.credentials))
        #expect(scene.transport.requests.count == 1)
        #expect(scene.secrets.reads == 2)
    }

    @Test(arguments: [
        (HTTPResponse.inactive, IntrospectionAnswer.Outcome.inactive),
        (.json("", status: 401), .unknown(.credentials)),
    ])
    func `a 401 with a changed secret is repeated once`(
        _ second: HTTPResponse,
        _ outcome: IntrospectionAnswer.Outcome
    ) async {
        let script = Script([HTTPResponse.inactive, .json("", status: 401), second])
        let scene = Scene { _ in script.next() }
        _ = await scene.ask()
        scene.secrets.set(.file("own"), "changed")
        #expect(await scene.ask().outcome == outcome)
        #expect(scene.transport.requests.count == 3)
        // keeper:changed
        #expect(scene.transport.requests.last?.header("Authorization") == "Basic a2VlcGVyOmNoYW5nZWQ=")
    }

    /// A server that gives `at-1`, `at-2`, …, and takes those from `first` on.
    static func issuing(acceptsFrom first: Int, token: HTTPResponse? = nil) -> Scene {
        let issued = Mutex(0)
        return Scene {
            $0.client.authentication = .bearer
            $0.client.bearerGrant = .init(scope: "introspection", audience: "https://as.example/api")
        } _: { request in
            if request.url == Scene.token {
                let number = issued.withLock { issued in
                    issued += 1
                    return issued
                }
                return token
                    ?? .json(#"{"access_token":"at-\#(number)","token_type":"bearer","expires_in":60}"#)
            }
            let number = Int(request.header("Authorization")?.dropFirst("Bearer at-".count) ?? "") ?? 0
            return number >= first ? .inactive : .json("", status: 401)
        }
    }

    @Test func `an access token of our own is obtained once`() async throws {
        let scene = Self.issuing(acceptsFrom: 1)
        for _ in 0..<3 { #expect(await scene.ask().outcome == .inactive) }
        #expect(
            scene.transport.requests.map(\.url) == [Scene.token]
                + Array(repeating: Scene.introspection, count: 3)
        )
        let request = try #require(scene.transport.requests.first)
        #expect(
            request.text
                == "grant_type=client_credentials&scope=introspection&audience=https%3A%2F%2Fas.example%2Fapi"
        )
        // keeper:own-secret-5f1c
        #expect(request.header("Authorization") == "Basic a2VlcGVyOm93bi1zZWNyZXQtNWYxYw==")
    }

    @Test(arguments: [(2, IntrospectionAnswer.Outcome.inactive), (9, .unknown(.credentials))])
    func `a refused access token is renewed once`(_ first: Int, _ outcome: IntrospectionAnswer.Outcome) async {
        let scene = Self.issuing(acceptsFrom: first)
        #expect(await scene.ask().outcome == outcome)
        #expect(
            scene.transport.requests.map(\.url)
                == [Scene.token, Scene.introspection, Scene.token, Scene.introspection]
        )
    }

    @Test func `many who meet a 401 together share one renewal`() async {
        let scene = Self.issuing(acceptsFrom: 2)
        await withTaskGroup(of: IntrospectionAnswer.self) { group in
            for _ in 0..<20 { group.addTask { await scene.ask() } }
            for await answer in group { #expect(answer.outcome == .inactive) }
        }
        #expect(scene.transport.requests.count { $0.url == Scene.token } == 2)
    }

    @Test(arguments: [
        (HTTPResponse.json(#"{"error":"invalid_client"}"#, status: 400), UnknownReason.credentials),
        (.json(#"{"error":"invalid_scope"}"#, status: 400), .request),
        (.json("", status: 401), .credentials),
        (.json("", status: 500), .serverError),
        (.json("", status: 429, headers: ["Retry-After": "60"]), .rateLimited),
        (.json("{}"), .request), (.json(#"{"access_token":""}"#), .request),
        (.json(#"{"access_token":1}"#), .request),
        (.json(#"{"access_token":"x","token_type":"DPoP"}"#), .request),
        (.json(#"{"access_token":"a b","token_type":"Bearer"}"#), .credentials),
        (.json("<html>", type: "text/html"), .notJSON), (.json("{", type: nil), .notJSON),
    ])
    func `without an access token of our own nothing is asked`(
        _ response: HTTPResponse,
        _ reason: UnknownReason
    ) async {
        let scene = Self.issuing(acceptsFrom: 1, token: response)
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(reason))
        #expect(answer.detail?.contains("access token of client 'keeper'") == true)
        #expect(scene.transport.requests.allSatisfy { $0.url == Scene.token })
    }
}
