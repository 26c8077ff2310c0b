import ConfigurationFiles
import Grants
import Scopes
import Testing

@Suite struct `Files with what is asked for` {
    /// Each scope as `line:column scope`, requests apart.
    private func read(_ text: String, _ form: RequestedForm? = nil) -> [[String]] {
        do throws(ConfigurationErrors) {
            return try RequestedFile.parse(text, path: "f", form: form).map { request in
                request.scopes.map { "\($0.place.line):\($0.place.column) \($0.value)" }
            }
        } catch {
            return [error.problems.map { "\($0.line):\($0.column) \($0.message)" }]
        }
    }

    @Test(
        arguments: [
            ("ticket.read", .list), ("# a list\nticket.read\n", .list), ("urn:a:b https://scopes.example/read", .list),
            ("# scopes\nrequested: []\n", .yaml), ("{ \"requested\": [] }", .yaml), ("---\nrequested:\n", .yaml),
            ("info:\nopenapi: 3.1.0\n", .openapi), ("{\n  \"openapi\": \"3.1.0\"\n}", .openapi),
            ("swagger: '2.0'\n", .openapi), ("{ \"client_id\": \"a\", \"scope\": \"b\" }", .registration),
            ("https://idp.example/authorize?scope=a", .url), ("\u{FEFF}http://localhost/a?b", .url),
            ("https://scopes.example/read\n", .list), ("scope: a b\n", nil), ("- ticket.read\n", nil),
            ("scopes:\n  - a\n", nil),
        ] as [(String, RequestedForm?)]
    )
    func `their form is told by what they look like`(text: String, form: RequestedForm?) {
        #expect(RequestedForm(detecting: text) == form)
    }

    @Test func `a form that cannot be told is asked for`() {
        #expect(
            read("scopes:\n  - a\n") == [["1:1 it cannot be told in which form scopes are asked for here"]]
        )
        #expect(read("- a\n", .list) == [["1:1 -", "1:3 a"]])
    }

    @Test(arguments: [
        ("a\n\n  b c\t# d e\n#f\ng", [["1:1 a", "3:3 b", "3:5 c", "5:1 g"]]),
        ("a#b c", [["1:1 a#b", "1:5 c"]]),
        ("a\r\nb\r\n", [["1:1 a", "2:1 b"]]),
        (
            "a \"b\" c\\d é",
            [
                [
                    "1:3 this is no scope: '\"' cannot be in one (RFC 6749 §3.3)",
                    "1:7 this is no scope: '\\' cannot be in one (RFC 6749 §3.3)",
                    "1:11 this is no scope: 'é' cannot be in one (RFC 6749 §3.3)",
                ]
            ]
        ),
        ("# nothing\n", [["1:1 no scope is asked for"]]),
        ("", [["1:1 no scope is asked for"]]),
    ])
    func `a list has one scope a line, or several`(text: String, expected: [[String]]) {
        #expect(read(text, .list) == expected)
    }

    @Test(arguments: [
        ("https://i/a?scope=a%20b+c&x=y", [["1:19 a", "1:23 b", "1:25 c"]]),
        (
            "https://i/a?scope=ticket%2Eread#scope=b\n\n  https://i/b?x&scope=d # e\n",
            [["1:19 ticket.read"], ["3:23 d"]]
        ),
        ("https://i/a?scope=urn%3Aa%3Ab", [["1:19 urn:a:b"]]),
        ("https://i/a?scope=", [[]]),
        ("https://i/a?client_id=x", [["1:1 this authorization request has no 'scope'"]]),
        (
            "https://i/a?scope=a&scope=b",
            [["1:21 'scope' is given twice, which no authorization request may (RFC 6749 §3.1)"]]
        ),
        ("https://i/a?scope=a%2", [["1:19 a '%' is not followed by two hexadecimal digits"]]),
        ("https://i/a?scope=%FF", [["1:19 the encoded text is not UTF-8"]]),
        ("https://i/a?scope=a%22", [["1:19 this is no scope: '\"' cannot be in one (RFC 6749 §3.3)"]]),
        ("nonsense", [["1:1 this is no authorization request, which begins with https:// and has a '?'"]]),
    ])
    func `an authorization request has a scope parameter`(text: String, expected: [[String]]) {
        #expect(read(text, .url) == expected)
    }

    @Test func `an authorization request names its client`() throws {
        let request = try RequestedFile.parse("https://i/a?client_id=quote%2Dbot&scope=a", path: "f", form: nil)
        #expect(request.map(\.client) == [Placed("quote-bot", at: SourcePlace(file: "f", line: 1, column: 23))])
    }

    @Test func `our own words have a context`() throws {
        let text = """
            requested:
              - tenant: acme
                client: portal
                provider: idp
                role: clerk
                steps: [see, answer]
                environment: production
                scopes: [ticket.read, ticket.comment]
              - scopes:
                  - order.read

            """
        let requests = try RequestedFile.parse(text, path: "f", form: nil)
        #expect(read(text) == [["8:14 ticket.read", "8:27 ticket.comment"], ["10:9 order.read"]])
        let first = try #require(requests.first)
        #expect(first.place == SourcePlace(file: "f", line: 2, column: 5))
        #expect(first.tenant == Placed("acme", at: SourcePlace(file: "f", line: 2, column: 13)))
        #expect(first.client?.value == "portal")
        #expect(first.provider?.value == "idp")
        #expect(first.role?.value == "clerk")
        #expect(first.steps.map(\.value) == ["see", "answer"])
        #expect(first.environment?.value == "production")
        #expect(requests.last?.tenant == nil)
    }

    @Test(arguments: [
        ("requested: [a, b]\n", [["1:13 a", "1:16 b"]]),
        ("requested: []\n", []), ("requested: [{ scopes: [] }]\n", [[]]),
        ("requested: [{ tenant: a }]\n", [["1:13 'requested[0]' lacks 'scopes'"]]),
        ("requested: [{ scopes: [a], step: b }]\n", [["1:28 unknown member 'step' in 'requested[0]'"]]),
        (
            "requested: [{ scopes: [a b] }]\n",
            [["1:24 'requested[0].scopes[0]' is no scope: a blank cannot be in one (RFC 6749 §3.3)"]]
        ),
        (
            "requested: [a, { scopes: [b] }]\n",
            [["1:13 'requested[0]' must be a mapping, not a text"]]
        ),
        ("requested: [a]\nrequested: [b]\n", [["2:1 'requested' is already given, at 1:1"]]),
    ])
    func `our own words are read strictly`(text: String, expected: [[String]]) {
        #expect(read(text, .yaml) == expected)
    }

    @Test(arguments: [
        (#"{ "scope": "a b", "client_name": "Portal of Acme" }"#, [["1:13 a", "1:15 b"]]),
        ("{\n\t\"client_id\": \"portal\",\n\t\"scope\": \"a\"\n}\n", [["3:12 a"]]),
        (#"{ "scope": "" }"#, [[]]), (#"{ "scope": " " }"#, [[]]),
        (#"{ "scope": null }"#, [["1:12 'scope' has no value, expected a text"]]),
        (#"{ "scope": ["a"] }"#, [["1:12 'scope' must be a text, not a list"]]),
        (#"{ "client_id": "a" }"#, [["1:1 the registration has no 'scope'"]]),
        (#"["a"]"#, [["1:1 the file must be a client's registration, not a list"]]),
        (#"{ "scope": "a", "scope": "b" }"#, [["1:3 this member is given twice in its mapping"]]),
        (#"{ "scope": "a" "#, [["2:1 not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'"]]),
    ])
    func `a registration has its scopes in one text`(text: String, expected: [[String]]) {
        #expect(read(text, .registration) == expected)
    }

    @Test(
        arguments: [
            (#"{ "scope": "a", "client_id": "x", "client_name": "y" }"#, "x"),
            (#"{ "scope": "a", "client_name": "y" }"#, "y"),
            (#"{ "scope": "a", "client_name": "The Y" }"#, nil),
        ] as [(String, String?)]
    )
    func `a registration's client is its id, else a name that could be one`(text: String, client: String?) throws {
        let requests = try RequestedFile.parse(text, path: "f", form: nil)
        #expect(requests.map { $0.client?.value.rawValue } == [client])
    }

    @Test(arguments: [
        "openapi: 3.1.0\npaths: {}\n",
        "openapi: 3.0.0\nsecurity: [{}, { o: [] }]\ncomponents: { securitySchemes: { o: { type: oauth2 } } }\n",
        "openapi: 3.0.0\nsecurity: [{ key: [] }]\ncomponents: { securitySchemes: { key: { type: apiKey } } }\n",
        "swagger: '2.0'\npaths: { /a: { get: { security: [] } } }\n",
    ])
    func `an OpenAPI document may ask for nothing`(text: String) {
        #expect(read(text) == [])
    }

    @Test func `an OpenAPI document asks wherever it has security`() {
        let text = """
            openapi: 3.1.0
            info: { title: Tickets, version: "1" }
            security:
              - oauth: [ticket.read]
            paths:
              /tickets:
                summary: Tickets
                parameters: []
                get: {}
                post:
                  security:
                    - oauth: [ticket.write, ticket.comment]
                      key: []
                    - oidc: [order.read]
                    - key: []
                    - {}
              /orders:
                put: { security: [] }
            webhooks:
              closed:
                post: { security: [{ oauth: [ticket.close] }] }
            components:
              securitySchemes:
                oauth: { type: oauth2, flows: {} }
                oidc: { type: openIdConnect, openIdConnectUrl: https://i }
                key: { type: apiKey, in: header, name: X }

            """
        #expect(
            read(text) == [
                ["4:13 ticket.read"], ["12:19 ticket.write", "12:33 ticket.comment"], ["14:18 order.read"],
                ["21:34 ticket.close"],
            ]
        )
        // JSON is YAML.
        #expect(
            read(
                """
                {
                  "swagger": "2.0",
                  "paths": { "/a": { "get": { "security": [ { "o": [ "a", "b" ] } ] } } },
                  "securityDefinitions": { "o": { "type": "oauth2" } }
                }
                """
            ) == [["3:54 a", "3:59 b"]]
        )
    }

    @Test(arguments: [
        (
            "openapi: 3.1.0\nsecurity: [{ oath: [a] }]\ncomponents: { securitySchemes: { oauth: { type: oauth2 } } }\n",
            [["2:20 'security[0].oath' names a scheme that the document does not describe"]]
        ),
        (
            "openapi: 3.1.0\nsecurity: [{ o: a }]\ncomponents: { securitySchemes: { o: { type: oauth2 } } }\n",
            [["2:17 'security[0].o' must be a list, not a text"]]
        ),
        (
            "openapi: 3.1.0\nsecurity: [{ o: [a] }]\ncomponents: { securitySchemes: { o: { $ref: x } } }\n",
            [["3:37 'components.securitySchemes.o' is a reference, which is not followed"]]
        ),
    ])
    func `what an OpenAPI document leaves open is told`(text: String, expected: [[String]]) {
        #expect(read(text) == expected)
    }
}
