import GrantsTestSupport
import Records
import Testing

@testable import Sandbox

@Suite struct ScriptTests {
    @Test func `a grant's first answers come from its script, then as ever, and only for its tokens`() async throws {
        try await withSandbox { sandbox in
            let scripted = try await sandbox.issue(more: #","script":{"introspect":["503","ok","429","html"]}"#)
            let other = try await sandbox.issue()
            #expect(try await sandbox.introspect(scripted.refresh).status == 503)
            #expect(try await sandbox.introspect(other.refresh).active == true)
            #expect(try await sandbox.introspect(scripted.access).active == true)
            let limited = try await sandbox.introspect(scripted.refresh)
            #expect(limited.status == 429)
            #expect(limited.fields["retry-after"] == "1")
            #expect(try await sandbox.introspect(scripted.refresh).fields["content-type"] == "text/html; charset=utf-8")
            #expect(try await sandbox.introspect(scripted.refresh).active == true)
        }
    }

    @Test func `a script goes before the faults in force, and an ordinary step has them`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"status":500}"#)
            let scripted = try await sandbox.issue(more: #","script":{"introspect":["503","ok"]}"#)
            #expect(try await sandbox.introspect(scripted.refresh).status == 503)
            #expect(try await sandbox.introspect(scripted.refresh).status == 500)
            #expect(try await sandbox.introspect(scripted.refresh).status == 500)
        }
    }

    @Test func `scripted revocations fail in their order, and the token lives until one is served`() async throws {
        try await withSandbox { sandbox in
            let script = #","script":{"revoke":["ignored","unsupported_token_type","503"]}"#
            let grant = try await sandbox.issue(more: script)
            var statuses: [Int] = []
            for _ in 0..<3 {
                statuses.append(try await sandbox.revoke(grant.refresh, as: "supplier-portal").status)
                #expect(try await sandbox.introspect(grant.refresh).active == true)
            }
            #expect(statuses == [200, 400, 503])
            #expect(try await sandbox.revoke(grant.refresh, as: "supplier-portal").status == 200)
            #expect(try await sandbox.introspect(grant.refresh).active == false)
        }
    }

    @Test func `a scripted hang keeps one caller waiting and no other`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue(more: #","script":{"introspect":["hang"]}"#)
            let other = try await sandbox.issue()
            let waiting = try RawConnection(port: sandbox.port)
            let form = "token=\(grant.refresh)&client_id=grantkeeper&client_secret=grantkeeper-secret"
            try await waiting.send(
                RunningSandbox.message("POST", "/introspect", fields: RunningSandbox.formField, body: form)
            )
            while try await sandbox.count("introspect", "hanging") != 1 {}
            #expect(try await sandbox.introspect(other.refresh).active == true)
            #expect(try await sandbox.introspect(grant.refresh).active == true)
            waiting.close()
        }
    }

    @Test(
        arguments: [
            (#"{"introspect":["503x"]}"#, "bad_value"), (#"{"introspect":["ignored"]}"#, "bad_value"),
            (#"{"introspct":[]}"#, "unknown_member"), (#"{"revoke":"503"}"#, "wrong_type"),
        ]
    )
    func `a script with a mistake issues nothing`(script: String, code: String) async throws {
        try await withSandbox { sandbox in
            let order = #"{"client":"supplier-portal","script":\#(script)}"#
            let reply = try await sandbox.send("POST", "/sandbox/grants", body: order)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?.objectValue?["code"] == .string(code))
            #expect(try await sandbox.send("GET", "/sandbox/grants").body.isEmpty)
        }
    }

    @Test func `what was asked and ordered about each grant is told, and no token`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            _ = try await sandbox.issue(subject: "u-18")
            _ = try await sandbox.introspect(grant.refresh)
            _ = try await sandbox.introspect(grant.access)
            for _ in 0..<3 { _ = try await sandbox.revoke(grant.refresh, as: "supplier-portal") }
            _ = try await sandbox.introspect(grant.refresh)
            let reply = try await sandbox.send("GET", "/sandbox/grants")
            #expect(
                reply.text == #"{"id":"g-1","active":false,"introspections":2,"last_answer":false,"#
                    + #""last_answer_at":"1994-11-06T08:49:37Z","revocations":1,"needless_revocations":2}"# + "\n"
                    + #"{"id":"g-2","active":true,"introspections":0,"last_answer":null,"last_answer_at":null,"#
                    + #""revocations":0,"needless_revocations":0}"# + "\n"
            )
        }
    }
}
