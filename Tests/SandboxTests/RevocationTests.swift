import Grants
import Testing

@testable import Sandbox

@Suite struct RevocationTests {
    @Test(
        arguments: [
            // What lives afterwards: access and refresh of the same grant, refresh of the subject's other
            // grant.
            (ProviderCapabilities.Reach.token, TokenKind.accessToken, [false, true, true]),
            (.token, .refreshToken, [false, false, true]),
            (.grant, .accessToken, [false, false, true]),
            (.grant, .refreshToken, [false, false, true]),
            (.clientSubject, .accessToken, [false, false, false]),
            (.clientSubject, .refreshToken, [false, false, false]),
        ]
    )
    func `a revocation ends as much as its reach says`(
        reach: ProviderCapabilities.Reach,
        kind: TokenKind,
        alive: [Bool]
    ) async throws {
        try await withSandbox {
            $0.revocationReach = reach
        } _: { sandbox in
            let grant = try await sandbox.issue()
            let sibling = try await sandbox.issue()
            let otherSubject = try await sandbox.issue(subject: "u-18")
            let otherClient = try await sandbox.issue(client: "erp-sync")
            let token = kind == .accessToken ? grant.access : grant.refresh
            let reply = try await sandbox.revoke(token, as: "supplier-portal")
            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
            #expect(try await sandbox.introspect(grant.access).active == alive[0])
            #expect(try await sandbox.introspect(grant.refresh).active == alive[1])
            #expect(try await sandbox.introspect(sibling.refresh).active == alive[2])
            #expect(try await sandbox.introspect(otherSubject.refresh).active == true)
            #expect(try await sandbox.introspect(otherClient.refresh).active == true)
            #expect(try await sandbox.revoke(token, as: "supplier-portal").status == 200)
        }
    }

    @Test func `an unknown token is as good as revoked`() async throws {
        try await withSandbox { sandbox in
            let reply = try await sandbox.revoke("made-up")
            #expect(reply.status == 200)
        }
    }

    @Test(
        arguments: [
            (ForeignRevocation.allowed, nil, 200, false), (.refused, nil, 400, true),
            (.ignored, nil, 200, true),
            (.refused, "allowed", 200, false), (.allowed, "refused", 400, true),
            (.allowed, "ignored", 200, true),
        ] as [(ForeignRevocation, String?, Int, Bool)]
    )
    func `another client's token is revoked, refused or left alone`(
        option: ForeignRevocation,
        fault: String?,
        status: Int,
        lives: Bool
    ) async throws {
        try await withSandbox {
            $0.foreignRevocation = option
        } _: { sandbox in
            if let fault {
                try await sandbox.fail(#"{"foreign_revocation":"\#(fault)"}"#)
            }
            let grant = try await sandbox.issue()
            let reply = try await sandbox.revoke(grant.refresh)
            #expect(reply.status == status)
            if status == 400 {
                #expect(try reply.error == "unauthorized_client")
            }
            #expect(try await sandbox.lives(grant.refresh) == lives)
        }
    }

    @Test(
        arguments: [
            (#"{"revocation":"ignored"}"#, 200, nil, nil),
            (#"{"revocation":"unsupported_token_type"}"#, 400, "unsupported_token_type", nil),
            (#"{"revocation":"503"}"#, 503, "temporarily_unavailable", nil),
            (#"{"revocation":"503","retry_after":"7"}"#, 503, "temporarily_unavailable", "7"),
        ] as [(String, Int, String?, String?)]
    )
    func `a revocation can fail in each way, and the token lives on`(
        faults: String,
        status: Int,
        error: String?,
        retryAfter: String?
    ) async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            try await sandbox.fail(faults)
            let reply = try await sandbox.revoke(grant.refresh, as: "supplier-portal")
            #expect(reply.status == status)
            #expect(reply.fields["retry-after"] == retryAfter)
            if let error {
                #expect(try reply.error == error)
            }
            #expect(try await sandbox.introspect(grant.refresh).active == true)
        }
    }
}
