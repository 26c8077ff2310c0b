import Grants
import Records
import Testing

@testable import Sandbox

@Suite struct TokenEndpointTests {
    @Test func `client credentials give an access token of that client`() async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.form(
                "/token",
                "grant_type=client_credentials&scope=b+a",
                as: "canary-client"
            )
            #expect(reply.status == 200)
            #expect(reply.fields["cache-control"] == "no-store")
            let answer = try reply.json
            #expect(answer["token_type"] == .string("Bearer"))
            #expect(answer["expires_in"] == .int(3_600))
            #expect(answer["scope"] == .string("a b"))
            #expect(answer["refresh_token"] == nil)
            let token = try #require(answer["access_token"]?.stringValue)
            let facts = try await sandbox.introspect(token).json
            #expect(facts["active"] == .bool(true))
            #expect(facts["client_id"] == .string("canary-client"))
            #expect(facts["sub"] == .string("canary-client"))
        }
    }

    @Test func `a refresh replaces the refresh token, and a replay ends the grant`() async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            let answer = try await sandbox.form(
                "/token",
                "grant_type=refresh_token&refresh_token=\(grant.refresh)",
                as: "supplier-portal"
            ).json
            let refresh = try #require(answer["refresh_token"]?.stringValue)
            let access = try #require(answer["access_token"]?.stringValue)
            #expect(try await sandbox.introspect(grant.refresh).active == false)
            #expect(try await sandbox.introspect(refresh).active == true)
            #expect(try await sandbox.introspect(access).active == true)
            let replay = try await sandbox.form(
                "/token",
                "grant_type=refresh_token&refresh_token=\(grant.refresh)",
                as: "supplier-portal"
            )
            #expect(replay.status == 400)
            #expect(try replay.error == "invalid_grant")
            #expect(try await sandbox.introspect(refresh).active == false)
            #expect(try await sandbox.introspect(access).active == false)
        }
    }

    @Test func `without rotation the refresh token stays`() async throws {
        try await withSandbox {
            $0.rotatesRefreshTokens = false
        } _: { sandbox in
            let grant = try await sandbox.issue()
            for _ in 0..<2 {
                let answer = try await sandbox.form(
                    "/token",
                    "grant_type=refresh_token&refresh_token=\(grant.refresh)",
                    as: "supplier-portal"
                ).json
                #expect(answer["access_token"] != nil)
                #expect(answer["refresh_token"] == nil)
            }
            #expect(try await sandbox.introspect(grant.refresh).active == true)
        }
    }

    @Test func `a refresh may narrow the scope of the access token`() async throws {
        try await withSandbox { sandbox in
            let order = #"{"client":"erp-sync","subject":"u","scopes":["b","a"]}"#
            let line = try await sandbox.send("POST", "/sandbox/grants", body: order).lines[0]
            let refresh = try #require(line["refresh_token"]?.stringValue)
            let form = "grant_type=refresh_token&refresh_token=\(refresh)"
            let wider = try await sandbox.form("/token", "\(form)&scope=a+c", as: "erp-sync")
            #expect(try wider.error == "invalid_scope")
            let narrower = try await sandbox.form("/token", "\(form)&scope=a", as: "erp-sync").json
            let access = try #require(narrower["access_token"]?.stringValue)
            #expect(try await sandbox.introspect(access).json["scope"] == .string("a"))
            let next = try #require(narrower["refresh_token"]?.stringValue)
            #expect(try await sandbox.introspect(next).json["scope"] == .string("a b"))
        }
    }

    @Test(
        arguments: [
            ("", "erp-sync", 400, "invalid_request"),
            ("grant_type=authorization_code&code=x", "erp-sync", 400, "unsupported_grant_type"),
            ("grant_type=refresh_token", "erp-sync", 400, "invalid_request"),
            ("grant_type=refresh_token&refresh_token=none", "erp-sync", 400, "invalid_grant"),
            ("grant_type=refresh_token&refresh_token=REFRESH", "quote-bot", 400, "invalid_grant"),
            ("grant_type=refresh_token&refresh_token=ACCESS", "erp-sync", 400, "invalid_grant"),
            ("grant_type=client_credentials&scope=%22", "erp-sync", 400, "invalid_scope"),
            ("grant_type=client_credentials", nil, 401, "invalid_client"),
        ] as [(String, String?, Int, String)]
    )
    func `what cannot be served is an error of RFC 6749`(
        form: String,
        client: String?,
        status: Int,
        error: String
    ) async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue(client: "erp-sync")
            let filled = form.replacing("REFRESH", with: grant.refresh).replacing(
                "ACCESS",
                with: grant.access
            )
            let reply = try await sandbox.form("/token", filled, as: client)
            #expect(reply.status == status)
            #expect(try reply.error == error)
            #expect(try await sandbox.lives(grant.refresh) == true)
        }
    }

    @Test func `a seed gives the same tokens again`() async throws {
        let first = try await withSandbox {
            $0.seed = 7
        } _: {
            try await $0.issue().refresh
        }
        let again = try await withSandbox {
            $0.seed = 7
        } _: {
            try await $0.issue().refresh
        }
        let other = try await withSandbox { try await $0.issue().refresh }
        #expect(first == again)
        #expect(first != other)
    }
}
