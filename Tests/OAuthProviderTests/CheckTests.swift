import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct CheckTests {
    static let portal = ClientSettings(id: "portal", provider: "idp", secret: .file("portal"))

    static func scene(
        discovers: Bool = false,
        date: String = "Mon, 21 Sep 2026 14:13:22 GMT",
        _ answer: @escaping @Sendable (String) -> HTTPResponse
    ) -> Scene {
        let handler: ScriptedTransport.Handler = { request in
            if request.method == .get { return .json("", status: 404) }
            var response = answer(request.text.contains("token=made-up&") ? "made-up" : "canary")
            response.headers.append(HTTPHeader(name: "Date", value: date))
            return response
        }
        let canary = ProviderSettings.Canary(
            kind: .refreshToken,
            origin: .token(.file("canary")),
            client: "portal"
        )
        return Scene(
            discovers: discovers,
            clients: [portal],
            secrets: [.file("canary"): "rt-canary", .file("portal"): "portal-secret-77"],
            configure: { $0.canaries = [canary] },
            handler
        )
    }

    static func failing(_ check: ProviderCheck) -> [String] { check.steps.filter { !$0.ok }.map(\.name) }

    @Test func `a healthy provider passes every step`() async {
        let check = await Self.scene { $0 == "made-up" ? .inactive : .active }.provider.check()
        #expect(check.ok)
        #expect(
            check.steps.map(\.name) == [
                "endpoints", "made-up token", "credentials", "canary 1 obtained", "canary 1 active",
                "capabilities", "clock", "client portal",
            ]
        )
        #expect(check.steps.first { $0.name == "clock" }?.detail == "the server's clock is 2s ahead of ours")
    }

    @Test func `a server that calls everything active is found out`() async {
        #expect(Self.failing(await Self.scene { _ in .active }.provider.check()) == ["made-up token"])
    }

    @Test func `a server that calls everything inactive is found out`() async {
        #expect(
            Self.failing(await Self.scene { _ in .inactive }.provider.check()) == ["canary 1 active", "capabilities"]
        )
    }

    @Test func `a refresh token canary that became inactive says which capabilities the server may need`() async {
        let check = await Self.scene { _ in .inactive }.provider.check()
        let step = check.steps.first { $0.name == "capabilities" }
        #expect(step?.ok == false && step?.detail.contains("introspects: [access_token]") == true)
        let told = await Self.scene { $0 == "made-up" ? .inactive : .json(#"{"active":true,"exp":1790000000}"#) }
            .provider.check()
        let hint = told.steps.first { $0.name == "capabilities" }
        #expect(hint?.ok == true && hint?.detail.contains("introspects: [access_token]") == true)
    }

    @Test func `each endpoint is shown, and why it is taken or not`() async {
        let scene = Scene(discovers: true) {
            $0.endpointHosts = ["tokens.example"]
            $0.introspectionEndpoint = "https://given.example/i"
        } _: { request in
            guard request.method == .get else { return .inactive }
            return .json(
                #"{"issuer":"https://as.example","revocation_endpoint":"http://127.0.0.1/r","#
                    + #""token_endpoint":"https://tokens.example/t"}"#
            )
        }
        let step = await scene.provider.check().steps.first { $0.name == "endpoints" }
        #expect(step?.ok == false)
        for part in [
            "introspection_endpoint https://given.example/i (configured)",
            "revocation_endpoint http://127.0.0.1/r (discovered, not taken: it is http, and the issuer is https;",
            "token_endpoint https://tokens.example/t (discovered, on a host of endpoint_hosts)",
        ] { #expect(step?.detail.contains(part) == true) }
    }

    @Test(arguments: [401, 403])
    func `refused credentials are found out`(_ status: Int) async {
        let check = await Self.scene { _ in .json("", status: status) }.provider.check()
        #expect(Self.failing(check) == ["made-up token", "credentials", "canary 1 active"])
    }

    @Test(arguments: [
        ("Mon, 21 Sep 2026 14:18:20 GMT", true), ("Mon, 21 Sep 2026 14:08:20 GMT", true),
        ("Mon, 21 Sep 2026 14:18:21 GMT", false), ("Mon, 21 Sep 2026 14:08:19 GMT", false), ("today", true),
    ])
    func `a clock may be five minutes off`(_ date: String, _ ok: Bool) async {
        let check = await Self.scene(date: date) { $0 == "made-up" ? .inactive : .active }.provider.check()
        #expect(Self.failing(check) == (ok ? [] : ["clock"]))
    }

    @Test func `missing metadata is found out`() async {
        let check = await Self.scene(discovers: true) { _ in .active }.provider.check()
        #expect(Self.failing(check) == ["endpoints", "made-up token", "credentials", "canary 1 active"])
    }

    @Test func `secrets that cannot be read are found out`() async {
        let scene = Self.scene { $0 == "made-up" ? .inactive : .active }
        scene.secrets.set(.file("canary"), nil)
        scene.secrets.set(.file("portal"), nil)
        #expect(Self.failing(await scene.provider.check()) == ["canary 1 obtained", "client portal"])
    }

    @Test func `made-up tokens are long and never the same`() {
        let tokens = (0..<50).map { _ in OAuthProvider.randomToken() }
        #expect(Set(tokens).count == 50)
        #expect(tokens.allSatisfy { $0.bytes.count == 64 })
    }
}
