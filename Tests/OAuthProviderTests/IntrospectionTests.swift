import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct IntrospectionTests {
    /// A response and what it says about the token.
    struct Case: Sendable, CustomTestStringConvertible {
        var response: HTTPResponse
        var outcome: IntrospectionAnswer.Outcome
        var testDescription: String

        init(
            _ body: String,
            _ outcome: IntrospectionAnswer.Outcome,
            status: Int = 200,
            type: String? = "application/json"
        ) {
            response = .json(body, status: status, type: type)
            self.outcome = outcome
            testDescription = "\(status) \(type ?? "-") \(body.prefix(60))"
        }
    }

    static let bodies: [Case] = [
        Case(#"{"active":true}"#, .active(TokenFacts())),
        Case(#" {"x":[{"active":false}], "active" : true} "#, .active(TokenFacts())),
        Case(#"{"active":false}"#, .inactive),
        Case(#"{"active":false,"client_id":"c","exp":1}"#, .inactive),
        Case(#"{"\u0061ctive":false}"#, .inactive),
        Case("{}", .unknown(.notABoolean)),
        Case(#"{"Active":false}"#, .unknown(.notABoolean)),
        Case(#"{"active":"false"}"#, .unknown(.notABoolean)),
        Case(#"{"active":"true"}"#, .unknown(.notABoolean)),
        Case(#"{"active":null}"#, .unknown(.notABoolean)),
        Case(#"{"active":0}"#, .unknown(.notABoolean)),
        Case(#"{"active":1}"#, .unknown(.notABoolean)),
        Case(#"{"active":[false]}"#, .unknown(.notABoolean)),
        Case(#"{"active":{}}"#, .unknown(.notABoolean)),
        Case(#"{"token_introspection":{"active":false}}"#, .unknown(.notABoolean)),
        Case("", .unknown(.notJSON)),
        Case("false", .unknown(.notJSON)),
        Case(#"[{"active":false}]"#, .unknown(.notJSON)),
        Case(#"{"active":false,}"#, .unknown(.notJSON)),
        Case(#"{"active":false"#, .unknown(.notJSON)),
        Case(#"{"active":false}}"#, .unknown(.notJSON)),
        Case(#"{"active":False}"#, .unknown(.notJSON)),
        Case(#"{"active":true,"active":false}"#, .unknown(.notJSON)),
        Case(#"{"active":false,"x":{"a":1,"a":2}}"#, .unknown(.notJSON)),
        Case("\u{FEFF}{\"active\":false}", .unknown(.notJSON)),
        Case("<html><body>503</body></html>", .unknown(.notJSON), type: "text/html"),
        Case(#"{"active":false}"#, .inactive, type: "text/html; charset=utf-8"),
        Case(#"{"active":true}"#, .active(TokenFacts()), type: "text/plain"),
        Case(#"{"active":false}"#, .inactive, type: "application/octet-stream"),
        Case("eyJ0eXAi.eyJ.c2ln", .unknown(.notJSON), type: "application/token-introspection+jwt"),
        Case(#"{"active":false}"#, .inactive, type: "Application/JSON;charset=UTF-8"),
        Case(#"{"active":false}"#, .inactive, type: "application/vnd.example+json"),
        Case(#"{"active":false}"#, .inactive, type: nil),
        Case("", .unknown(.notJSON), type: nil),
    ]

    static let statuses: [Case] = [
        (201, .notJSON), (204, .notJSON), (206, .notJSON),
        (301, .redirect), (302, .redirect), (307, .redirect), (304, .redirect),
        (401, .credentials), (403, .forbidden), (429, .rateLimited),
        (400, .request), (404, .request), (405, .request), (407, .request), (413, .request), (415, .request),
        (422, .request), (408, .serverError), (425, .serverError), (500, .serverError), (502, .serverError),
        (503, .serverError), (504, .serverError), (999, .serverError), (0, .serverError),
    ].map { Case(#"{"active":false}"#, .unknown($1), status: $0) }

    @Test(arguments: bodies + statuses)
    func `only a strict JSON boolean in a 200 says anything`(_ example: Case) async {
        let answer = await Scene([example.response]).ask()
        #expect(answer.outcome == example.outcome)
        if case .unknown = answer.outcome {
            #expect(answer.detail?.isEmpty == false)
        } else {
            #expect(answer.detail == nil)
        }
    }

    @Test(arguments: [
        ("<html>", "text/html", ", nor does its Content-Type say that it is JSON"),
        (
            "eyJ0eXAi.eyJ.c2ln", "application/token-introspection+jwt",
            ", but a signed answer (RFC 9701), which is not read"
        ),
    ])
    func `what is not JSON is named, with its content type`(_ body: String, _ type: String, _ words: String) async {
        let answer = await Scene([.json(body, type: type)]).ask()
        #expect(answer.outcome == .unknown(.notJSON))
        #expect(answer.detail?.hasPrefix("the answer is not a JSON object: line 1, column 1: expected") == true)
        #expect(answer.detail?.hasSuffix(words) == true)
    }

    @Test(
        arguments: [
            Array(#"{"active":true,"username":"J"#.utf8) + [0xFC] + Array(#"rg"}"#.utf8),
            Array(#"{"active":true,"username":"\ud83d"}"#.utf8),
        ] as [[UInt8]]
    )
    func `a name that is not UTF-8 makes the answer unknown, and is named with its place`(_ body: [UInt8]) async {
        var response = HTTPResponse.active
        response.body = body
        let answer = await Scene([response]).ask()
        #expect(answer.outcome == .unknown(.notJSON))
        #expect(answer.detail?.hasPrefix("the answer is not a JSON object: line 1, column ") == true)
        #expect(answer.detail?.contains("UTF") == true || answer.detail?.contains("surrogate") == true)
    }

    // The scene's time is 1,790,000,000 s.
    @Test(
        arguments: [
            (TokenKind.accessToken, 1_789_999_699, nil, true), (.accessToken, 1_789_999_700, nil, false),
            (.accessToken, 1_790_000_001, nil, false), (.refreshToken, 1_700_000_000, nil, false),
            // By the server's own clock, an hour behind ours.
            (.accessToken, 1_789_999_699, "Mon, 21 Sep 2026 13:13:20 GMT", false),
            (.accessToken, 1_789_996_099, "Mon, 21 Sep 2026 13:13:20 GMT", true),
        ] as [(TokenKind, Int, String?, Bool)]
    )
    func `an access token that is active and past its exp is a contradiction, and named as one`(
        _ kind: TokenKind,
        _ end: Int,
        _ date: String?,
        _ contradicts: Bool
    ) async {
        let headers = date.map { ["Date": $0] } ?? [:]
        let answer = await Scene([.json(#"{"active":true,"exp":\#(end)}"#, headers: headers)]).ask(kind)
        guard contradicts else {
            #expect(answer.outcome == .active(TokenFacts(expiresAt: Timestamp(milliseconds: Int64(end) * 1_000))))
            return
        }
        #expect(answer.outcome == .unknown(.contradiction))
        #expect(
            answer.detail == "the answer contradicts itself: the token is active, and its 'exp' was at "
                + "\(Timestamp(milliseconds: Int64(end) * 1_000))"
        )
    }

    @Test func `400 with invalid_client is about our credentials`() async {
        let answer = await Scene([.json(#"{"error":"invalid_client"}"#, status: 400)]).ask()
        #expect(answer.outcome == .unknown(.credentials))
    }

    static let failures: [(HTTPFailure.Code, UnknownReason)] = [
        (.timeout, .timeout), (.bodyTooLarge, .tooLarge), (.resolve, .network), (.connect, .network),
        (.connectionLost, .network), (.tls, .network), (.protocolError, .network), (.cancelled, .network),
        (.shutDown, .network), (.invalidURL, .network), (.insecureURL, .network), (.other, .ownFailure),
    ]

    @Test(arguments: failures)
    func `a transport's failure is never an answer`(_ code: HTTPFailure.Code, _ reason: UnknownReason) async {
        let scene = Scene { (_) throws(HTTPFailure) in
            throw HTTPFailure(
                code,
                operation: "POST",
                host: "as.example",
                message: "it went wrong",
                hint: "mend it"
            )
        }
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(reason))
        #expect(answer.detail == "POST to 'as.example': it went wrong; mend it")
    }

    static let facts: [(String, TokenFacts)] = [
        (
            #""client_id":"app:eu/1","scope":"mail.read files.read","sub":"u-17","exp":1790000000"#,
            TokenFacts(
                client: "app:eu/1",
                scopes: ScopeSet(["files.read", "mail.read"]),
                subject: "u-17",
                expiresAt: Timestamp(milliseconds: 1_790_000_000_000)
            )
        ),
        (#""exp":1790000000.25"#, TokenFacts(expiresAt: Timestamp(milliseconds: 1_790_000_000_250))),
        (#""scope":"""#, TokenFacts(scopes: ScopeSet([]))),
        (#""scope":" a  b ""#, TokenFacts(scopes: ScopeSet(["a", "b"]))),
        (#""scope":["a","b"]"#, TokenFacts(scopes: ScopeSet(["a", "b"]))),
        (#""scope":[]"#, TokenFacts(scopes: ScopeSet([]))),
        (#""scope":["a",7]"#, TokenFacts()), (#""scope":["a b"]"#, TokenFacts()), (#""scope":[["a"]]"#, TokenFacts()),
        (#""scope":"a,b, c""#, TokenFacts(scopes: ScopeSet(["a", "b", "c"]))),
        (
            #""iat":1789996400,"exp":1790000000"#,
            TokenFacts(
                expiresAt: Timestamp(milliseconds: 1_790_000_000_000),
                issuedAt: Timestamp(milliseconds: 1_789_996_400_000)
            )
        ),
        (#""scope":"a\tb""#, TokenFacts()),
        (#""scope":"a \u00e9""#, TokenFacts()),
        (#""scope":null,"client_id":7,"sub":{},"exp":"1790000000""#, TokenFacts()),
        (#""client_id":"","sub":"""#, TokenFacts()),
        (#""client_id":"a\nb","sub":"a\u0000""#, TokenFacts()),
        (#""exp":0"#, TokenFacts()), (#""exp":-1"#, TokenFacts()), (#""exp":1e300"#, TokenFacts()),
        (#""exp":1790000000000"#, TokenFacts()), (#""exp":9223372036854775807"#, TokenFacts()),
        (#""sub":"\#(String(repeating: "x", count: 1_025))""#, TokenFacts()),
        (#""scope":"\#(String(repeating: "x", count: 257))""#, TokenFacts()),
        (#""scope":"\#(String(repeating: "x ", count: 9_000))""#, TokenFacts()),
        (#""token_type":"bearer","aud":["a"],"cnf":{"x5t#S256":"y"}"#, TokenFacts()),
    ]

    @Test(arguments: facts)
    func `an active answer tells what it can and nothing absurd`(_ members: String, _ facts: TokenFacts) async {
        let answer = await Scene([.json("{\"active\":true,\(members)}")]).ask()
        #expect(answer.outcome == .active(facts))
    }

    @Test(arguments: TokenKind.allCases)
    func `a question is a form with the token and its kind`(_ kind: TokenKind) async throws {
        let scene = Scene([.inactive]) { $0.limits.timeout = .seconds(7) }
        _ = await scene.provider.introspect(Secret("a+b/c= é"), kind: kind)
        let request = try #require(scene.transport.requests.first)
        #expect(request.method == .post)
        #expect(request.url == Scene.introspection)
        #expect(request.text == "token=a%2Bb%2Fc%3D+%C3%A9&token_type_hint=\(kind.rawValue)")
        #expect(request.header("Content-Type") == "application/x-www-form-urlencoded")
        #expect(request.header("Accept") == "application/json")
        #expect(request.timeout == .seconds(7))
    }

    @Test(arguments: [
        "Mon, 21 Sep 2026 14:13:20 GMT", " Monday, 21-Sep-26 14:13:20 GMT ", "Mon Sep 21 14:13:20 2026",
    ])
    func `an answer carries the server's date`(_ date: String) async {
        let answer = await Scene([.json(#"{"active":false}"#, headers: ["date": date])]).ask()
        #expect(answer.serverDate == Timestamp(milliseconds: 1_790_000_000_000))
    }

    @Test(arguments: [
        ("Age", "0"), ("X-Cache", "HIT from proxy"), ("Cache-Status", "ExampleCache; hit"), ("Via", "1.1 web-cache"),
    ])
    func `the date of an answer that a cache gave tells nothing, unless the server said the same`(
        _ name: String,
        _ value: String
    ) async {
        let date = "Mon, 21 Sep 2026 14:13:20 GMT"
        let cached = HTTPResponse.json(#"{"active":false}"#, headers: ["Date": date, name: value])
        let scene = Scene([cached, .json(#"{"active":false}"#, headers: ["Date": date]), cached])
        var dates: [Timestamp?] = []
        for _ in 0..<3 { dates.append(await scene.ask().serverDate) }
        let told = Timestamp(milliseconds: 1_790_000_000_000)
        #expect(dates == [nil, told, told])
    }
}
