import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct SecrecyTests {
    /// All that must never be seen, in every form that it is sent in.
    static let secrets = [
        "rt_8fK2-asked", Scene.ownSecret, "portal-secret-77", "rt-canary", "at-obtained",
        "a2VlcGVyOm93bi1zZWNyZXQtNWYxYw==", "cG9ydGFsOnBvcnRhbC1zZWNyZXQtNzc=",
    ]

    /// Bodies of a server that tells everything it was told.
    static let echoes = secrets.flatMap { secret in
        [
            secret, #"{"\#(secret)":1,"\#(secret)":2}"#, #"{"error":"\#(secret)"}"#,
            #"{"active":"\#(secret)"}"#,
            #"{"error":"invalid_request","error_description":"\#(secret)"}"#,
            #"{"access_token":"\#(secret) x"}"#,
            "<html>\(secret)</html>",
        ]
    }

    /// A server that echoes; tokens it issues only to a client that needs one to go on.
    static func scene(_ authentication: ClientAuthentication, _ status: Int, _ echo: String) -> Scene {
        let handler: ScriptedTransport.Handler = { request in
            let isObtaining = request.url == Scene.token && status == 200 && authentication == .bearer
            return isObtaining && !echo.contains("access_token")
                ? .json(#"{"access_token":"at-obtained"}"#)
                : .json(echo, status: status, headers: ["Location": echo, "WWW-Authenticate": echo])
        }
        return Scene(
            clients: [RevocationTests.portal],
            secrets: [.file("portal"): "portal-secret-77", .file("canary"): "rt-canary"],
            configure: {
                $0.client.authentication = authentication
                $0.client.bearerGrant = .init()
                $0.canaries = [
                    .init(kind: .accessToken, origin: .clientCredentials(scope: nil, audience: nil)),
                    .init(kind: .refreshToken, origin: .token(.file("canary"))),
                ]
            },
            handler
        )
    }

    @Test(arguments: [200, 204, 302, 400, 401, 403, 404, 429, 500, 999])
    func `whatever a server echoes, no secret is shown`(_ status: Int) async {
        for echo in Self.echoes {
            for authentication in ClientAuthentication.allCases {
                var seen = ""
                let scene = Self.scene(authentication, status, echo)
                dump(await scene.ask(), to: &seen)
                dump(await scene.provider.revoke(Scene.question, kind: .accessToken, of: "portal"), to: &seen)
                dump(await scene.provider.canaries(), to: &seen)
                dump(await scene.provider.check(), to: &seen)
                seen += "\(await scene.ask()) \(await scene.provider.check())"
                for secret in Self.secrets {
                    #expect(!seen.contains(secret), "\(secret) after \(echo)")
                }
            }
        }
    }

    @Test(arguments: ["p\nq-secret", "p q-secret", ""])
    func `a secret that cannot be used is not shown`(_ secret: String) async {
        let scene = Scene(secrets: [.file("own"): secret]) {
            $0.client.authentication = .bearer
        } _: { _ in
            .inactive
        }
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(secret.isEmpty ? .ownFailure : .credentials))
        #expect(!"\(answer)".contains("q-secret"))
    }

    @Test func `a secret reader's own words are not shown`() async {
        struct Talkative: Error, CustomStringConvertible {
            var description: String { "cannot decode 'own-secret-5f1c'" }
        }
        let own = ClientSettings(id: "keeper", provider: "idp", secret: .file("own"))
        var settings = ProviderSettings(id: "idp", issuer: Scene.issuer, client: own)
        settings.introspectionEndpoint = Scene.introspection
        let provider = OAuthProvider(
            settings: settings,
            clients: [],
            transport: ScriptedTransport { _ in .inactive },
            clock: TestTime(),
            secrets: { _ in throw Talkative() }
        )
        let answer = await provider.introspect(Scene.question, kind: .accessToken)
        #expect(answer.outcome == .unknown(.ownFailure))
        #expect(!"\(answer)".contains(Scene.ownSecret))
    }
}
