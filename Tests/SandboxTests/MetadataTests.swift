import Records
import Testing

@Suite struct MetadataTests {
    @Test(arguments: ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])
    func `both well-known documents name the issuer and its endpoints`(path: String) async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.send("GET", path)
            #expect(reply.status == 200)
            #expect(reply.fields["content-type"] == "application/json")
            let issuer = "http://127.0.0.1:\(sandbox.port)"
            let document = try reply.json
            #expect(document["issuer"] == .string(issuer))
            #expect(document["token_endpoint"] == .string("\(issuer)/token"))
            #expect(document["introspection_endpoint"] == .string("\(issuer)/introspect"))
            #expect(document["revocation_endpoint"] == .string("\(issuer)/revoke"))
            let methods = document["introspection_endpoint_auth_methods_supported"]?.arrayValue
            #expect(
                methods == [.string("client_secret_basic"), .string("client_secret_post"), .string("Bearer")]
            )
        }
    }

    @Test func `every answer has the date of the server's clock`() async throws {
        try await withSandbox { sandbox in
            let date = "Sun, 06 Nov 1994 08:49:37 GMT"
            for path in ["/.well-known/openid-configuration", "/introspect", "/sandbox/stats", "/elsewhere"] {
                let reply = try await sandbox.send("GET", path)
                #expect(reply.fields["date"] == date)
            }
        }
    }

    @Test(
        arguments: [
            ("POST", "/.well-known/openid-configuration", "GET"), ("GET", "/token", "POST"),
            ("GET", "/introspect?token=x", "POST"), ("DELETE", "/revoke", "POST"),
            ("DELETE", "/sandbox/grants", "GET, POST"), ("POST", "/sandbox/stats", "GET"),
            ("PATCH", "/sandbox/faults", "GET, PUT, POST, DELETE"), ("GET", "/sandbox/state", "POST"),
        ]
    )
    func `another method is refused with those allowed`(method: String, path: String, allowed: String)
        async throws
    {
        try await withSandbox { sandbox in
            let reply = try await sandbox.send(method, path)
            #expect(reply.status == 405)
            #expect(reply.fields["allow"] == allowed)
        }
    }

    @Test(arguments: [
        "/", "/sandbox", "/sandbox/other", "/introspect/", "/.well-known/oauth-authorization-server/t1",
    ])
    func `there is nothing anywhere else`(path: String) async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.send("GET", path)
            #expect(reply.status == 404)
        }
    }
}
