import Records
import Testing

@testable import Sandbox

@Suite struct AdministrationTests {
    static let orders = [
        #"{"client":"erp-sync","subject":"u-1","scopes":["a","b"],"refresh":true,"access_expires_in":3600}"#,
        #"{"id":"mine","client":"quote-bot","subject":null,"refresh":false,"access_expires_in":null}"#,
    ]

    @Test(
        arguments: [
            orders.joined(separator: "\n"), "\n" + orders.joined(separator: "\r\n") + "\n",
            " [\(orders.joined(separator: ","))]",
        ]
    )
    func `grants are issued in bulk`(body: String) async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.send("POST", "/sandbox/grants", body: body)
            #expect(reply.status == 200)
            #expect(reply.fields["content-type"] == "application/x-ndjson")
            let lines = try reply.lines
            #expect(lines.count == 2)
            #expect(
                lines[0].names == [
                    "id", "client", "subject", "access_token", "refresh_token", "access_token_expires_at",
                ]
            )
            #expect(lines[0]["id"] == .string("g-1"))
            #expect(lines[0]["client"] == .string("erp-sync"))
            #expect(lines[0]["subject"] == .string("u-1"))
            #expect(lines[0]["access_token_expires_at"] == .string("1994-11-06T09:49:37Z"))
            #expect(lines[1]["id"] == .string("mine"))
            #expect(lines[1]["refresh_token"] == .null)
            #expect(lines[1]["access_token_expires_at"] == .null)
            for token in [lines[0]["access_token"], lines[0]["refresh_token"], lines[1]["access_token"]] {
                #expect(try await sandbox.introspect(try #require(token?.stringValue)).active == true)
            }
        }
    }

    @Test(
        arguments: [
            (#"{"subject":"u"}"#, 400, #"line 2, column 15, member "client": the member is missing"#),
            (#"{"client":"erp-synk"}"#, 400, #"line 2, column 11, member "client": there is no such client"#),
            (
                #"{"client":"erp-sync","scope":"a"}"#, 400,
                #"line 2, column 22, member "scope": there is no such member"#
            ),
            (
                #"{"client":"erp-sync","scopes":["a b"]}"#, 400,
                #"line 2, column 32, member "scopes": a scope has to be a scope-token of RFC 6749 §3.3"#
            ),
            (
                #"{"client":"erp-sync","access_expires_in":9999999999}"#, 400,
                #"line 2, column 42, member "access_expires_in": "#
                    + #"the number has to be less than a hundred years"#
            ),
            (#"{"client":"erp-sync","id":"g"}"#, 409, "a grant's id is taken or comes twice"),
        ]
    )
    func `one bad order issues nothing`(order: String, status: Int, message: String) async throws {
        try await withSandbox { sandbox in
            let body = #"{"client":"erp-sync","id":"g"}"# + "\n" + order
            let reply = try await sandbox.send("POST", "/sandbox/grants", body: body)
            #expect(reply.status == status)
            #expect(try reply.json["error"]?.objectValue?["message"] == .string(message))
            let again = #"{"client":"erp-sync","id":"g"}"#
            #expect(try await sandbox.send("POST", "/sandbox/grants", body: again).status == 200)
            #expect(try await sandbox.send("POST", "/sandbox/grants", body: again).status == 409)
        }
    }

    @Test func `a hundred thousand grants are one request`() async throws {
        try await withSandbox { sandbox in
            let body = (0..<100_000).map {
                #"{"id":"n-\#($0)","client":"supplier-portal","subject":"u-\#($0 % 500)","scopes":["a"]}"#
            }.joined(separator: "\n")
            let reply = try await sandbox.send("POST", "/sandbox/grants", body: body)
            #expect(reply.status == 200)
            let lines = reply.body.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 100_000)
            let last = try JSONObject(parsing: try #require(lines.last))
            #expect(last["id"] == .string("n-99999"))
            #expect(
                try await sandbox.introspect(try #require(last["refresh_token"]?.stringValue)).active == true
            )
        }
    }

    @Test func `the state of a token is told past all faults`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            try await sandbox.fail(#"{"inactive":"all"}"#)
            let state = try await sandbox.send(
                "POST",
                "/sandbox/state",
                body: #"{"token":"\#(grant.access)"}"#
            )
            #expect(
                state.text == #"{"active":true,"kind":"access_token","id":"g-1","client":"supplier-portal","#
                    + #""subject":"u-17"}"# + "\n"
            )
            let unknown = try await sandbox.send("POST", "/sandbox/state", body: #"{"token":"made-up"}"#)
            #expect(
                unknown.text == #"{"active":false,"kind":null,"id":null,"client":null,"subject":null}"# + "\n"
            )
        }
    }

    @Test func `tokens end at the server as if their user ended them`() async throws {
        try await withSandbox { sandbox in
            let first = try await sandbox.issue()
            let second = try await sandbox.issue()
            let third = try await sandbox.issue(subject: "u-18")
            let byToken = try await sandbox.send(
                "POST",
                "/sandbox/revoke",
                body: #"{"token":"\#(first.access)"}"#
            )
            #expect(byToken.text == "{\"ended\":2}\n")
            #expect(try await sandbox.lives(first.refresh) == false)
            #expect(try await sandbox.lives(second.refresh) == true)
            let consent = #"{"client":"supplier-portal","subject":"u-17"}"#
            let byConsent = try await sandbox.send("POST", "/sandbox/revoke", body: consent)
            #expect(byConsent.text == "{\"ended\":2}\n")
            #expect(try await sandbox.lives(second.refresh) == false)
            #expect(try await sandbox.lives(third.refresh) == true)
        }
    }

    @Test(
        arguments: [
            ("/sandbox/state", "{}", "missing_member"),
            ("/sandbox/state", #"{"client":"a"}"#, "unknown_member"),
            ("/sandbox/revoke", "{}", "missing_member"),
            ("/sandbox/revoke", #"{"client":"a"}"#, "missing_member"),
            ("/sandbox/revoke", #"{"subject":"a"}"#, "missing_member"),
            ("/sandbox/revoke", #"{"token":"a","client":"b"}"#, "bad_value"),
            ("/sandbox/revoke", "token=a", "wrong_type"),
        ]
    )
    func `an order about tokens names them in one way`(
        path: String,
        body: String,
        code: String
    ) async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.send("POST", path, body: body)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?.objectValue?["code"] == .string(code))
        }
    }

    @Test func `requests and statuses are counted for each endpoint`() async throws {
        try await withSandbox { sandbox in
            _ = try await sandbox.introspect("t")
            _ = try await sandbox.introspect("t", as: "nobody")
            _ = try await sandbox.introspect("t")
            _ = try await sandbox.form("/token", "grant_type=client_credentials")
            let stats = try await sandbox.send("GET", "/sandbox/stats")
            let none = #"{"requests":0,"hanging":0,"statuses":{}}"#
            let introspect = #"{"requests":3,"hanging":0,"statuses":{"200":2,"401":1}}"#
            #expect(
                stats.text.hasPrefix(
                    #"{"endpoints":{"metadata":\#(none),"#
                        + #""token":{"requests":1,"hanging":0,"statuses":{"200":1}},"#
                        + #""introspect":\#(introspect),"revoke":\#(none)},"busiest_second":"#
                )
            )
            #expect(stats.text.hasSuffix(#","most_in_flight":1}"# + "\n"))
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false), ("fe80::1", false), (nil, false),
        ] as [(String?, Bool)]
    )
    func `only callers on this machine administer`(address: String?, isLoopback: Bool) {
        #expect(RequestHandler.isLoopback(address) == isLoopback)
    }

    @Test func `a body that is too long is refused`() async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.introspect(String(repeating: "t", count: 70_000))
            #expect(reply.status == 413)
        }
    }
}
