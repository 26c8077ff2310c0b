import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct CanaryTests {
    static let tokenFile = SecretSource.file("canary")

    static func scene(
        _ canaries: [ProviderSettings.Canary],
        configure: (inout ProviderSettings) -> Void = { _ in },
        server: @escaping ScriptedTransport.Handler = { _ in .json(#"{"access_token":"at-1"}"#) }
    ) -> Scene {
        Scene(
            secrets: [tokenFile: "rt-canary\n"],
            configure: {
                $0.canaries = canaries
                configure(&$0)
            },
            server
        )
    }

    @Test func `each canary is obtained once, in its order`() async {
        let scene = Self.scene([
            .init(kind: .accessToken, origin: .clientCredentials(scope: "introspection", audience: "api")),
            .init(kind: .refreshToken, origin: .token(Self.tokenFile), client: "portal"),
        ])
        let expected = [
            CanaryToken(kind: .accessToken, isOwnClient: true, token: Secret("at-1")),
            CanaryToken(kind: .refreshToken, isOwnClient: false, token: Secret("rt-canary")),
        ]
        #expect(await scene.provider.canaries() == expected)
        #expect(await scene.provider.canaries() == expected)
        #expect(
            scene.transport.requests.map(\.text)
                == ["grant_type=client_credentials&scope=introspection&audience=api"]
        )
        #expect(scene.transport.requests.map(\.url) == [Scene.token])
    }

    @Test(arguments: [(nil, true), ("keeper", true), ("Keeper", false), ("portal", false)])
    func `a canary is our own unless it names another client`(_ client: ClientID?, _ isOwn: Bool) async {
        let scene = Self.scene([.init(kind: .accessToken, origin: .token(Self.tokenFile), client: client)])
        #expect(await scene.provider.canaries().map(\.isOwnClient) == [isOwn])
    }

    @Test(arguments: [
        // expires_in, and how long the canary is used
        (#""#, Duration.minutes(10)), (#","expires_in":3600"#, .minutes(10)), (#","expires_in":600"#, .minutes(5)),
        (#","expires_in":0"#, .minutes(10)), (#","expires_in":"soon""#, .minutes(10)),
    ])
    func `a canary is obtained anew before it is old`(_ member: String, _ use: Duration) async {
        let counter = Script((1...3).map { HTTPResponse.json(#"{"access_token":"at-\#($0)"\#(member)}"#) })
        let canary = ProviderSettings.Canary(
            kind: .accessToken,
            origin: .clientCredentials(scope: nil, audience: nil)
        )
        let scene = Self.scene([canary], server: { _ in counter.next() })
        #expect(await scene.provider.canaries().map(\.token) == [Secret("at-1")])
        scene.time.advance(by: use - .milliseconds(1))
        #expect(await scene.provider.canaries().map(\.token) == [Secret("at-1")])
        scene.time.advance(by: .milliseconds(1))
        #expect(await scene.provider.canaries().map(\.token) == [Secret("at-2")])
    }

    @Test func `a canary that could not be obtained says why and is tried again`() async {
        let script = Script([
            HTTPResponse.json(#"{"error":"invalid_scope"}"#, status: 400), .json(#"{"access_token":"at-2"}"#),
        ])
        let canary = ProviderSettings.Canary(
            kind: .accessToken,
            origin: .clientCredentials(scope: nil, audience: nil)
        )
        let scene = Self.scene([canary], server: { _ in script.next() })
        let first = await scene.provider.canaries()
        #expect(first.map(\.token) == [nil])
        #expect(first.first?.failure?.contains("invalid_scope") == true)
        #expect(await scene.provider.canaries().map(\.token) == [Secret("at-2")])
    }

    @Test func `client credentials give no refresh token`() async {
        let origin = ProviderSettings.Canary.Origin.clientCredentials(scope: nil, audience: nil)
        let scene = Self.scene([.init(kind: .refreshToken, origin: origin)])
        #expect(await scene.provider.canaries().map(\.token) == [nil])
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `a missing token file is named`() async {
        let scene = Self.scene([.init(kind: .accessToken, origin: .token(.file("nowhere")))])
        #expect(await scene.provider.canaries().first?.failure?.contains("file 'nowhere'") == true)
    }

    @Test func `a bearer client without a secret of its own cannot ask for a canary`() async {
        let origin = ProviderSettings.Canary.Origin.clientCredentials(scope: nil, audience: nil)
        let scene = Self.scene([.init(kind: .accessToken, origin: origin)]) {
            $0.client.authentication = .bearer
        }
        #expect(await scene.provider.canaries().map(\.token) == [nil])
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `a bearer client asks for a canary with its secret`() async {
        let origin = ProviderSettings.Canary.Origin.clientCredentials(scope: nil, audience: nil)
        let scene = Self.scene([.init(kind: .accessToken, origin: origin)]) {
            $0.client.authentication = .bearer
            $0.client.bearerGrant = .init()
        }
        #expect(await scene.provider.canaries().map(\.token) == [Secret("at-1")])
        // keeper:own-secret-5f1c
        #expect(
            scene.transport.requests.map { $0.header("Authorization") } == [
                "Basic a2VlcGVyOm93bi1zZWNyZXQtNWYxYw=="
            ]
        )
    }
}
