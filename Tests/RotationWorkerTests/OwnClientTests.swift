import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// A record that names our client is no shield for a token that the provider knows as another's.
@Suite struct OwnClientTests {
    @Test func `a record that names our client is ours until the provider names another holder of its token`()
        async throws
    {
        let rig = try await Rig()
        rig.settings.clients.append(ClientSettings(id: "grantkeeper", provider: "idp", secret: .file("none")))
        let rows = try await rig.add([idleGrant("mine") { $0.client = "grantkeeper" }])
        #expect(try await rig.plan().0.rules == [.selfProtection: 1])
        try await rig.store.write { try $0.setToldClient("evil", of: rows[0], kind: .refreshToken) }
        #expect(try await rig.plan().0.rules == [.unused: 1])
        // Another token says nothing of whose the grant is.
        try await rig.store.write { writing in
            let stored = try #require(try writing.grant(row: rows[0]))
            try writing.setTokens([.refreshToken: Secret("another")], of: stored)
        }
        #expect(try await rig.plan().0.rules == [.selfProtection: 1])
    }

    @Test func `whose a token was says nothing once an active answer names no holder`() async throws {
        let rig = try await Rig()
        rig.settings.clients.append(ClientSettings(id: "grantkeeper", provider: "idp", secret: .file("none")))
        try await rig.add([idleGrant("mine") { $0.client = "grantkeeper" }])
        rig.provider.answer { $0 == Secret("rt-mine") ? .active(TokenFacts(client: "portal")) : nil }
        _ = try await rig.revalidate()
        #expect(try await rig.plan().0.rules == [.unused: 1])
        rig.provider.answer { $0 == Secret("rt-mine") ? .active(TokenFacts()) : nil }
        _ = try await rig.revalidate()
        #expect(try await rig.plan().0.rules == [.selfProtection: 1])
    }
}
