import Records
import Testing

/// Each form of `--requested` against the shipped documents.
@Suite("Checking what is asked for")
struct ScopesRequestedTests {
    struct Request: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var arguments: [String] = []
        /// `line:column rule -> replacement`.
        var expected: [String]

        var testDescription: String { name }
    }

    static let requests = [
        Request(
            name: "list that is within policy",
            text: "# what the portal asks for\nticket.comment\n",
            arguments: ["--tenant", "acme", "--client", "supplier-portal"],
            expected: []
        ),
        Request(
            name: "list",
            text: "ticket.write\nticket.raed order.*\n",
            arguments: ["--tenant", "acme", "--client", "supplier-portal"],
            expected: [
                "1:1 internal-scope-at-supplier -> ticket.comment", "2:1 unknown-scope -> ticket.read",
                "2:13 blanket-scope -> ",
            ]
        ),
        Request(
            name: "list for one step",
            text: "ticket.comment",
            arguments: ["--role", "supplier-clerk", "--step", "see-request"],
            expected: ["1:1 excess-scope -> ticket.read"]
        ),
        Request(
            name: "authorization URL",
            text: "https://idp.example/authorize?client_id=quote-bot&scope=quote.write%20ticket.comment&state=x\n",
            expected: ["1:71 not-allowed -> "]
        ),
        Request(
            name: "authorization URL of an unknown client",
            text: "https://idp.example/authorize?client_id=quote-bat&scope=quote.write",
            expected: ["1:41 unknown-client -> quote-bot"]
        ),
        Request(
            name: "our own words",
            text: """
                requested:
                  - tenant: procurement
                    client: request-desk
                    scopes: [ticket.manage, ticket.approve]
                  - role: carrier
                    provider: cargo-idp
                    tenant: cargolink
                    scopes: ["urn:cargo:delivery:write", delivery.write]
                  - tenant: acme
                    environment: sandbox
                    client: supplier-portal
                    scopes: [ticket.comment]

                """,
            expected: [
                "4:14 deprecated-scope -> ticket.write,ticket.close",
                "4:14 excess-scope -> ticket.close,ticket.write",
                "4:29 excess-scope -> ticket.read", "8:42 unknown-scope -> urn:cargo:delivery:write",
                "10:18 environment-mismatch -> ?",
            ]
        ),
        Request(
            name: "list that breaks a separation of duties",
            text: "ticket.write ticket.approve quote.read budget.read",
            expected: ["1:40 separation-of-duties -> ?"]
        ),
        Request(
            name: "OpenAPI document in YAML",
            text: """
                openapi: 3.1.0
                paths:
                  /tickets:
                    get:
                      security:
                        - oauth: [ticket.read]
                    post:
                      security:
                        - oauth: [ticket.write]
                components:
                  securitySchemes:
                    oauth: { type: oauth2 }

                """,
            arguments: ["--role", "supplier-clerk", "--tenant", "acme"],
            expected: ["9:19 internal-scope-at-supplier -> ticket.comment"]
        ),
        Request(
            name: "OpenAPI document in JSON",
            text: """
                { "openapi": "3.1.0",
                  "security": [ { "oauth": [ "*.read" ] } ],
                  "components": { "securitySchemes": { "oauth": { "type": "oauth2" } } } }
                """,
            arguments: ["--role", "carrier", "--tenant", "cargolink"],
            expected: ["2:30 blanket-scope -> delivery.read,ticket.read"]
        ),
        Request(
            name: "registration",
            text: """
                {
                  "client_id": "erp-sync",
                  "client_name": "ERP",
                  "scope": "order.read delivery.read invoice.write order.write"
                }
                """,
            expected: ["4:13 implied-twice -> ", "4:52 excess-scope -> "]
        ),
    ]

    private func findings(_ outcome: Outcome) throws -> [String] {
        try outcome.json.objects("findings").map { finding in
            let fix =
                finding.at("fix.replacement")?.arrayValue == nil
                ? "?" : finding.texts("fix.replacement").joined(separator: ",")
            return "\(finding.int("line") ?? 0):\(finding.int("column") ?? 0) \(finding.text("rule") ?? "") -> \(fix)"
        }
    }

    @Test(arguments: requests)
    func `each form is told what is wrong with it, and where`(request: Request) async throws {
        let scene = try ScopeScene()
        let file = try scene.write("requested", request.text)
        let documents = ["check", "--json", "--scopes", "\(ScopeScene.repository)/etc/scopes"]
        let outcome = try await scene.run(documents + ["--requested", file] + request.arguments)
        #expect(outcome.status == (request.expected.isEmpty ? 0 : 2), "\(outcome.errors)")
        #expect(try findings(outcome) == request.expected, "\(outcome.output)")
        let piped = try await scene.run(documents + ["--requested", "-"] + request.arguments, input: request.text)
        #expect(try findings(piped) == request.expected)
        let places = try piped.json.objects("findings").compactMap { $0.text("file") }
        #expect(places.allSatisfy { $0 == "standard input" })
    }

    @Test func `several files are checked together, and a form can be forced`() async throws {
        let scene = try ScopeScene()
        let first = try scene.write("first", "requested: [ticket.read]\n")
        let second = try scene.write("second", "order.read\n")
        let both = try await scene.runShipped(
            "check",
            "--json",
            "--requested",
            first,
            "--requested",
            second,
            "--role",
            "carrier"
        )
        #expect(try both.json.texts("files").suffix(2) == ["first", "second"])
        let forced = try await scene.runShipped("check", "--requested", second, "--requested-form", "yaml")
        #expect(forced.status == 65)
        #expect(forced.errors.contains("second:1:1: the file must be a mapping, not a text"))
    }

    @Test func `what the file says itself goes before the options`() async throws {
        let scene = try ScopeScene()
        let text = "requested: [{ client: quote-bot, scopes: [quote.write] }]\n"
        let outcome = try await scene.runShipped("check", "--requested", "-", "--client", "erp-sync", input: text)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(arguments: [
        "openapi: 3.0.0\nsecurity:\n  - {}\n  - o: []\ncomponents: { securitySchemes: { o: { type: oauth2 } } }\n",
        #"{"client_id":"supplier-portal","client_name":"Supplier Portal","scope":""}"#, "requested: []\n",
    ])
    func `a document that asks for no scope is well, and that is said`(_ text: String) async throws {
        let scene = try ScopeScene()
        let file = try scene.write("nothing", text)
        let ask = ["check", "--requested", file, "--tenant", "acme", "--client", "supplier-portal"]
        let documents = ["--scopes", "\(ScopeScene.repository)/etc/scopes"]
        let outcome = try await scene.run(ask + documents)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("nothing: no scope is asked for\n"))
        #expect(try await scene.run(ask + documents + ["--json"]).json.texts("without_scopes") == ["nothing"])
    }

    @Test func `a list that asks for nothing says nothing`() async throws {
        let outcome = try await ScopeScene().runShipped("check", "--requested", "-", input: "# later\n")
        #expect(outcome.status == 65)
    }

    @Test(arguments: [
        ("ticket.read,ticket.comment", "commas"), ("scope=ticket.read%2Cticket.comment", "commas"),
        ("scope=ticket.read%2Bticket.comment", "encoded"), ("scope=ticket.read%2520ticket.comment", "encoded"),
    ])
    func `what separates no scopes is named`(_ text: String, _ word: String) async throws {
        let request =
            text.hasPrefix("scope=") ? "https://idp.example/authorize?client_id=supplier-portal&\(text)" : text
        let outcome = try await ScopeScene().runShipped("check", "--requested", "-", input: request)
        #expect(outcome.status == 2)
        #expect(outcome.output.contains("  why: ") && outcome.output.contains(word))
        #expect(outcome.output.contains("fix: write 'ticket.read' and 'ticket.comment' as scopes of their own"))
    }
}
