import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct RevocationTests {
    static let portal = ClientSettings(id: "portal", provider: "idp", secret: .file("portal"))
    static let foreign = ClientSettings(id: "elsewhere", provider: "other-idp", secret: .file("portal"))

    static func scene(
        discovers: Bool = false,
        configure: (inout ProviderSettings) -> Void = { _ in },
        _ handler: @escaping ScriptedTransport.Handler
    ) -> Scene {
        Scene(
            discovers: discovers,
            clients: [portal, foreign],
            secrets: [.file("portal"): "portal-secret-77"],
            configure: configure,
            handler
        )
    }

    /// The answer in a form that fits a table.
    static func word(_ answer: RevocationAnswer) -> String {
        switch answer {
        case .accepted: "accepted"
        case .refused(let why, let detail): detail.isEmpty ? "no detail" : "refused \(why)"
        case .failed(let reason, let detail, _): detail.isEmpty ? "no detail" : "failed \(reason.rawValue)"
        }
    }

    static let outcomes: [(Int, String, String)] = [
        (200, "", "accepted"), (200, "<html>", "accepted"), (204, "", "accepted"),
        (201, "", "accepted"), (202, "", "accepted"),
        (302, "", "refused request"),
        (400, #"{"error":"unsupported_token_type"}"#, "refused unsupported-token-type"),
        (400, #"{"error":"invalid_client"}"#, "refused credentials"), (401, "", "refused credentials"),
        (400, #"{"error":"unauthorized_client"}"#, "refused wrong-client"), (403, "", "refused wrong-client"),
        (400, #"{"error":"invalid_grant"}"#, "refused invalid-grant"),
        (400, #"{"error":"invalid_token","error_description":"Token expired or revoked"}"#, "refused invalid-grant"),
        (400, #"{"error":"invalid_request"}"#, "refused request"), (400, "", "refused request"),
        (400, #"{"error":"invalid_token","error":"x"}"#, "refused request"), (404, "", "refused request"),
        (404, #"{"error":"invalid_token"}"#, "refused request"), (405, "", "refused request"),
        (408, "", "failed server-error"), (425, "", "failed server-error"), (429, "", "failed rate-limited"),
        (500, #"{"error":"invalid_token"}"#, "failed server-error"), (503, "", "failed server-error"),
    ]

    @Test(arguments: outcomes)
    func `a revocation's response has one meaning`(_ status: Int, _ body: String, _ outcome: String) async {
        let scene = Self.scene { _ in .json(body, status: status) }
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        #expect(Self.word(answer) == outcome)
    }

    @Test(arguments: [
        (HTTPFailure.Code.timeout, "failed timeout"), (.connect, "failed network"),
        (.bodyTooLarge, "failed too-large"),
    ])
    func `without a response it may be done later`(_ code: HTTPFailure.Code, _ outcome: String) async {
        let scene = Self.scene { (_) throws(HTTPFailure) in
            throw HTTPFailure(code, operation: "POST", host: "as.example", message: "it went wrong")
        }
        #expect(
            Self.word(await scene.provider.revoke(Scene.question, kind: .accessToken, of: "portal"))
                == outcome
        )
    }

    @Test func `a failure carries how long to wait`() async {
        let scene = Self.scene { _ in .json("", status: 503, headers: ["Retry-After": "120"]) }
        let answer = await scene.provider.revoke(Scene.question, kind: .accessToken, of: "portal")
        guard case .failed(.serverError, _, .seconds(120)?) = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test func `a token is revoked as the client that holds it`() async throws {
        let scene = Self.scene { _ in .json("") }
        #expect(scene.provider.canRevoke(for: "portal"))
        _ = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        let request = try #require(scene.transport.requests.first)
        #expect(request.url == Scene.revocation)
        #expect(request.text == "token=rt_8fK2-asked&token_type_hint=refresh_token")
        // portal:portal-secret-77
        #expect(request.header("Authorization") == "Basic cG9ydGFsOnBvcnRhbC1zZWNyZXQtNzc=")
    }

    @Test(arguments: [false, true])
    func `our own client revokes for others only where it may`(_ may: Bool) async {
        for client in ["stranger", "elsewhere"] as [ClientID] {
            let scene = Self.scene {
                $0.capabilities.revokesForeign = may
            } _: { _ in
                .json("")
            }
            #expect(scene.provider.canRevoke(for: client) == may)
            let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: client)
            #expect(Self.word(answer) == (may ? "accepted" : "refused no-credentials"))
            // keeper:own-secret-5f1c
            #expect(
                scene.transport.requests.map { $0.header("Authorization") }
                    == (may ? ["Basic a2VlcGVyOm93bi1zZWNyZXQtNWYxYw=="] : [])
            )
        }
    }

    @Test func `our own client revokes its own tokens`() async {
        let scene = Self.scene { _ in .json("") }
        #expect(scene.provider.canRevoke(for: "keeper"))
        #expect(await scene.provider.revoke(Scene.question, kind: .accessToken, of: "keeper") == .accepted)
    }

    @Test func `a server without the endpoint cannot revoke`() async {
        let scene = Self.scene(discovers: true) { _ in DiscoveryTests.metadata() }
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        #expect(Self.word(answer) == "refused no-endpoint")
    }

    @Test func `a server whose metadata cannot be had may revoke later`() async {
        let scene = Self.scene(discovers: true) { _ in .json("", status: 500) }
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        #expect(Self.word(answer) == "failed discovery")
    }

    @Test func `a secret that cannot be read is a failure of our own, and no refusal`() async {
        let scene = Self.scene { _ in .json("") }
        scene.secrets.set(.file("portal"), nil)
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        #expect(Self.word(answer) == "failed own-failure")
    }

    @Test(arguments: [#"{"error":"invalid_request"}"#, #"{"error":"unsupported_token_type"}"#])
    func `a refusal of a request with a hint is tried once without it, and what works is kept to`(_ body: String) async
    {
        let scene = Self.scene { request in
            request.text.contains("token_type_hint") ? .json(body, status: 400) : .json("")
        }
        for _ in 0..<2 {
            #expect(await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal") == .accepted)
        }
        let hinted = scene.transport.requests.map { $0.text.contains("token_type_hint") }
        #expect(hinted == [true, false, false])
    }

    @Test func `a refusal with and without the hint is the first one`() async {
        let scene = Self.scene { _ in .json(#"{"error":"unsupported_token_type"}"#, status: 400) }
        let answer = await scene.provider.revoke(Scene.question, kind: .accessToken, of: "portal")
        #expect(Self.word(answer) == "refused unsupported-token-type" && scene.transport.requests.count == 2)
    }

    @Test func `a grant is ended as a whole where the metadata names the endpoint, as its client`() async throws {
        let scene = Self.scene(discovers: true) { request in
            if request.url.contains(".well-known") {
                return .json(
                    #"{"issuer":"\#(Scene.issuer)","token_endpoint":"\#(Scene.issuer)/token","#
                        + #""grant_management_endpoint":"\#(Scene.issuer)/grants"}"#
                )
            }
            if request.method == .delete { return .json("", status: 204) }
            return .json(#"{"access_token":"manager","token_type":"Bearer"}"#)
        }
        #expect(await scene.provider.endGrant("pg/7", of: "portal") == .accepted)
        let deleted = try #require(scene.transport.requests.last)
        #expect(deleted.method == .delete && deleted.url == "\(Scene.issuer)/grants/pg%2F7")
        #expect(deleted.header("Authorization") == "Bearer manager")
        #expect(scene.transport.requests.contains { $0.text.contains("scope=grant_management_revoke") })
        let stranger = await scene.provider.endGrant("pg/7", of: "stranger")
        #expect(stranger.map(Self.word) == "refused no-credentials")
    }

    @Test func `without the endpoint no grant is ended as a whole`() async {
        let scene = Self.scene(discovers: true) { _ in DiscoveryTests.metadata() }
        #expect(await scene.provider.endGrant("pg-7", of: "portal") == nil)
    }

    @Test func `a holder's changed secret is read again`() async {
        let script = Script([HTTPResponse.json(""), .json("", status: 401), .json("")])
        let scene = Self.scene { _ in script.next() }
        _ = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal")
        scene.secrets.set(.file("portal"), "changed")
        #expect(await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "portal") == .accepted)
        #expect(scene.transport.requests.count == 3)
    }
}
