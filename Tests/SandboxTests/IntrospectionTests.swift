import Records
import Testing

@testable import Sandbox

@Suite struct IntrospectionTests {
    @Test func `an active token comes with its facts`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            let access = try await sandbox.form(
                "/introspect",
                "token=\(grant.access)&token_type_hint=refresh_token"
            )
            #expect(access.status == 200)
            #expect(access.fields["content-type"] == "application/json")
            let issuer = "http://127.0.0.1:\(sandbox.port)"
            let facts = #""client_id":"supplier-portal","scope":"ticket.read","sub":"u-17""#
            #expect(
                access.text
                    == #"{"active":true,\#(facts),"token_type":"Bearer","exp":784115377,"iat":784111777,"#
                    + #""iss":"\#(issuer)"}"# + "\n"
            )
            let refresh = try await sandbox.introspect(grant.refresh)
            #expect(refresh.text == #"{"active":true,\#(facts),"iat":784111777,"iss":"\#(issuer)"}"# + "\n")
        }
    }

    @Test func `an inactive token comes with nothing else`() async throws {
        let clock = HandClock()
        try await withSandbox(clock: clock) { sandbox in
            let grant = try await sandbox.issue(more: #","access_expires_in":60"#)
            let endless = try await sandbox.issue(more: #","access_expires_in":null"#)
            let ended = try await sandbox.issue(more: #","access_expires_in":-1"#)
            #expect(try await sandbox.introspect(grant.access).active == true)
            clock.advance(by: .seconds(60))
            let inactive = "{\"active\":false}\n"
            #expect(try await sandbox.introspect(grant.access).text == inactive)
            #expect(try await sandbox.introspect(ended.access).text == inactive)
            #expect(try await sandbox.introspect("made-up").text == inactive)
            #expect(try await sandbox.introspect(grant.refresh).active == true)
            #expect(try await sandbox.introspect(endless.access).active == true)
        }
    }

    @Test(arguments: [("grantkeeper", true), ("supplier-portal", true), ("quote-bot", false)])
    func `others' tokens are active only to a client that may ask`(
        client: String,
        active: Bool
    ) async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            #expect(try await sandbox.introspect(grant.refresh, as: client).active == active)
            #expect(try await sandbox.introspect(grant.access, as: client).active == active)
        }
    }
}
