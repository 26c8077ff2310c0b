import Records
import Testing

@testable import Sandbox

@Suite struct MessageFaultTests {
    @Test(
        arguments: [
            (302, "server_error"), (401, "invalid_client"), (403, "access_denied"), (404, "invalid_request"),
            (429, "temporarily_unavailable"), (500, "server_error"), (503, "temporarily_unavailable"),
        ]
    )
    func `a status stands for the answer`(status: Int, error: String) async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"status":\#(status)}"#)
            let reply = try await sandbox.introspect("t")
            #expect(reply.status == status)
            #expect(try reply.error == error)
            #expect((reply.fields["location"] != nil) == (status == 302))
            #expect((reply.fields["www-authenticate"] != nil) == (status == 401))
            #expect(reply.fields["retry-after"] == nil)
        }
    }

    @Test(
        arguments: [
            (#""retry_after":"5""#, "5"), (#""retry_after":"soon""#, "soon"),
            (#""retry_after":"Sun, 06 Nov 1994 08:49:37 GMT""#, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (#""retry_after_form":"seconds""#, "5"),
            (#""retry_after_form":"seconds","retry_after":"90""#, "90"),
            (#""retry_after_form":"imf","retry_after":"90""#, "Sun, 06 Nov 1994 08:51:07 GMT"),
            (#""retry_after_form":"rfc850""#, "Sunday, 06-Nov-94 08:49:42 GMT"),
            (#""retry_after_form":"asctime""#, "Sun Nov  6 08:49:42 1994"),
            (#""retry_after_form":"imf","date_skew_seconds":600"#, "Sun, 06 Nov 1994 08:59:42 GMT"),
            (#""retry_after_form":"huge""#, "99999999999999999999"),
            (#""retry_after_form":"negative""#, "-5"),
            (#""retry_after_form":"garbage""#, "in a moment"),
        ]
    )
    func `Retry-After has each of its forms`(members: String, field: String) async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail("{\(members)}")
            let alone = try await sandbox.introspect("t")
            #expect(alone.status == 429)
            #expect(alone.fields["retry-after"] == field)
            try await sandbox.fail("{\(members),\"status\":503}")
            let unavailable = try await sandbox.introspect("t")
            #expect(unavailable.status == 503)
            #expect(unavailable.fields["retry-after"] == field)
        }
    }

    @Test func `a page of HTML comes with status 200`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"html":true}"#)
            let reply = try await sandbox.introspect("t")
            #expect(reply.status == 200)
            #expect(reply.fields["content-type"] == "text/html; charset=utf-8")
            #expect(reply.text.hasPrefix("<!DOCTYPE html>"))
        }
    }

    @Test(
        arguments: [
            (#"{"truncated_json":true}"#, RecordError.Code.truncated), (#"{"bom":true}"#, .byteOrderMark),
            (#"{"duplicate_member":true}"#, .duplicateMember),
        ]
    )
    func `a body can be spoiled`(faults: String, code: RecordError.Code) async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            try await sandbox.fail(faults)
            let reply = try await sandbox.introspect(grant.refresh)
            #expect(reply.status == 200)
            let error = #expect(throws: RecordError.self) { try reply.json }
            #expect(error?.code == code)
        }
    }

    @Test func `a body can be too large and still be JSON`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            try await sandbox.fail(#"{"too_large":true}"#)
            let reply = try await sandbox.introspect(grant.refresh)
            #expect(reply.body.count > 1 << 20)
            #expect(try reply.active == true)
        }
    }

    @Test func `the date of the answers can be wrong`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"date_skew_seconds":-3600}"#)
            #expect(try await sandbox.introspect("t").fields["date"] == "Sun, 06 Nov 1994 07:49:37 GMT")
            let other = try await sandbox.revoke("t")
            #expect(other.fields["date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        }
    }

    @Test func `an answer can be late`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"latency_ms":60}"#)
            let start = ContinuousClock.now
            #expect(try await sandbox.introspect("t").active == false)
            #expect(start.duration(to: .now) >= .milliseconds(60))
        }
    }

    @Test func `an answer can come byte by byte`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"drip_ms_per_byte":5}"#)
            let start = ContinuousClock.now
            #expect(try await sandbox.introspect("t").text == "{\"active\":false}\n")
            #expect(start.duration(to: .now) >= .milliseconds(5 * 17))
        }
    }

    @Test(
        arguments: [
            ("introspect", [200, 500, 200, 200]), ("metadata", [500, 200, 200, 200]),
            ("token", [200, 200, 500, 200]),
            ("revoke", [200, 200, 200, 500]),
        ]
    )
    func `faults keep to their endpoints`(endpoint: String, statuses: [Int]) async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"status":500,"endpoints":["\#(endpoint)"]}"#)
            #expect(try await Self.statuses(sandbox) == statuses)
            #expect(try await sandbox.send("DELETE", "/sandbox/faults").text == "{}\n")
            #expect(try await Self.statuses(sandbox) == [200, 200, 200, 200])
        }
    }

    private static func statuses(_ sandbox: RunningSandbox) async throws -> [Int] {
        [
            try await sandbox.send("GET", "/.well-known/openid-configuration").status,
            try await sandbox.introspect("t").status,
            try await sandbox.form("/token", "grant_type=client_credentials").status,
            try await sandbox.revoke("t").status,
        ]
    }
}
