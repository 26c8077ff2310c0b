import Grants
import Testing

/// Rule 1: what grantkeeper lives on, and what only names its client.
@Suite struct OwnershipTests {
    private func ownership(
        token: Bool = false,
        namesOurClient: Bool = true,
        told: [ClientID] = []
    ) -> Ownership {
        Ownership(carriesOurToken: token, namesOurClient: namesOurClient, ourClient: "grantkeeper") { told }
    }

    @Test func `a record that names our client is ours until its token is known to be another's`() {
        #expect(ownership() == .byClient)
        #expect(ownership(told: ["grantkeeper"]) == .byClient)
        #expect(ownership(told: ["evil"]) == .none)
        #expect(ownership(told: ["evil", "grantkeeper"]) == .byClient)
        #expect(ownership(namesOurClient: false, told: ["grantkeeper"]) == .none)
    }

    @Test func `a token of ours protects whatever the provider tells of it`() {
        #expect(ownership(token: true, namesOurClient: false) == .byToken)
        #expect(ownership(token: true, told: ["evil"]) == .byToken)
    }

    @Test func `a person goes past our client, never past our token, nor where our client revokes for all`() {
        var foreign = ProviderCapabilities()
        foreign.revokesForeign = true
        #expect(Ownership.byClient.yieldsToPerson(at: ProviderCapabilities()))
        #expect(!Ownership.byClient.yieldsToPerson(at: foreign))
        #expect(!Ownership.byToken.yieldsToPerson(at: ProviderCapabilities()))
        #expect(Ownership.none.yieldsToPerson(at: nil))
    }
}
