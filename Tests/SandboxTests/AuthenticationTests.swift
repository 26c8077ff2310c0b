import Grants
import Records
import Testing

@testable import Sandbox

@Suite struct AuthenticationTests {
    /// The client and the vectors of RFC 6749 §2.3.1 with what form encoding changes.
    static func peculiar(_ options: inout SandboxOptions) {
        options.clients.append(SandboxClient(id: "app:eu/1", secret: Secret("p@ss +%é")))
    }

    @Test(
        arguments: [
            ("Basic Z3JhbnRrZWVwZXI6Z3JhbnRrZWVwZXItc2VjcmV0", "", 200, nil),
            ("basic YXBwJTNBZXUlMkYxOnAlNDBzcyslMkIlMjUlQzMlQTk=", "", 200, nil),
            // "grantkeeper:wrong", "nobody:x", no colon, not Base64.
            ("Basic Z3JhbnRrZWVwZXI6d3Jvbmc=", "", 401, "invalid_client"),
            ("Basic bm9ib2R5Ong=", "", 401, "invalid_client"),
            ("Basic Z3JhbnRrZWVwZXI=", "", 401, "invalid_client"),
            ("Basic !!", "", 401, "invalid_client"),
            ("Digest x", "", 401, "invalid_client"),
            ("Basic", "", 401, "invalid_client"),
            ("Bearer at_unknown", "", 401, "invalid_token"),
            (nil, "", 401, "invalid_client"),
            (nil, "&client_id=grantkeeper&client_secret=grantkeeper-secret", 200, nil),
            (nil, "&client_id=app%3Aeu%2F1&client_secret=p%40ss+%2B%25%C3%A9", 200, nil),
            (nil, "&client_id=grantkeeper&client_secret=wrong", 401, "invalid_client"),
            (nil, "&client_id=grantkeeper", 401, "invalid_client"),
            (
                "Basic Z3JhbnRrZWVwZXI6Z3JhbnRrZWVwZXItc2VjcmV0",
                "&client_id=grantkeeper&client_secret=grantkeeper-secret", 400, "invalid_request"
            ),
        ] as [(String?, String, Int, String?)]
    )
    func `a client authenticates in one of three ways`(
        authorization: String?,
        form: String,
        status: Int,
        error: String?
    ) async throws {
        try await withSandbox(Self.peculiar) { sandbox in
            for path in ["/introspect", "/revoke"] {
                var fields = RunningSandbox.formField
                fields["Authorization"] = authorization
                let reply = try await sandbox.send("POST", path, fields: fields, body: "token=t\(form)")
                #expect(reply.status == status)
                #expect((reply.fields["www-authenticate"] != nil) == (status == 401))
                if let error {
                    #expect(try reply.error == error)
                }
            }
        }
    }

    @Test func `an access token of a client speaks for it until it ends`() async throws {
        let clock = HandClock()
        try await withSandbox(clock: clock) { sandbox in
            let grant = try await sandbox.issue()
            let own = try await sandbox.form("/token", "grant_type=client_credentials").json["access_token"]?
                .stringValue
            var fields = RunningSandbox.formField
            fields["Authorization"] = "Bearer \(try #require(own))"
            let body = "token=\(grant.refresh)"
            #expect(try await sandbox.send("POST", "/introspect", fields: fields, body: body).active == true)
            #expect(try await sandbox.send("POST", "/token", fields: fields, body: body).status == 401)
            clock.advance(by: .hours(1))
            let late = try await sandbox.send("POST", "/introspect", fields: fields, body: body)
            #expect(late.status == 401)
            #expect(late.fields["www-authenticate"]?.contains("invalid_token") == true)
            fields["Authorization"] = "Bearer \(grant.refresh)"
            #expect(try await sandbox.send("POST", "/introspect", fields: fields, body: body).status == 401)
        }
    }

    @Test(
        arguments: [
            ("text/plain", "token=t"), ("application/json", "{}"),
            ("application/x-www-form-urlencoded", "token=a&token=b"),
            ("application/x-www-form-urlencoded", "token=%4"),
            ("application/x-www-form-urlencoded", "token=%FF"),
            ("application/x-www-form-urlencoded", "token="),
            ("application/x-www-form-urlencoded; charset=UTF-8", "other=1"),
        ]
    )
    func `a request that is no proper form is invalid`(type: String, body: String) async throws {
        try await withSandbox { sandbox in
            let credentials = [
                "Authorization": "Basic Z3JhbnRrZWVwZXI6Z3JhbnRrZWVwZXItc2VjcmV0", "Content-Type": type,
            ]
            for path in ["/introspect", "/revoke", "/token"] {
                let reply = try await sandbox.send("POST", path, fields: credentials, body: body)
                #expect(reply.status == 400)
                #expect(try reply.error == "invalid_request")
            }
        }
    }
}
