import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// Whether there is anywhere to revoke at is known before owners are told anything.
@Suite struct RevocationEndpointTests {
    private func rig(named: Bool?) async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        rig.provider.name(revocationEndpoint: named)
        try await rig.add((1...3).map { idleGrant("g-\($0)") })
        return rig
    }

    @Test func `nobody is told of ends that no endpoint could ever carry out`() async throws {
        let rig = try await rig(named: false)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.refused == ["cannot-revoke": 3] && applied.actions["notice"] == nil)
        #expect(!(try await rig.events().contains("grant.noticed")))
        // Looked at once, it is known to plans that ask nobody.
        let looks = rig.provider.looks
        #expect(try await rig.plan().0.refused == ["cannot-revoke": 3] && rig.provider.looks == looks)
    }

    @Test(arguments: [true, nil] as [Bool?])
    func `what is named, or not known, hinders nothing`(named: Bool?) async throws {
        let rig = try await rig(named: named)
        #expect(try await rig.rotate().applied.actions["notice"] == 3)
    }

    @Test func `a configured endpoint, and receivers that enforce, need none in the metadata`() async throws {
        for change in [
            { $0.revocationEndpoint = "https://idp.example/revoke" }, { $0.revocation = .events },
        ] as [(inout ProviderSettings) -> Void] {
            let rig = try await rig(named: false)
            rig.provider.configure(change)
            rig.settings.providers = [rig.provider.settings]
            #expect(try await rig.rotate().applied.actions["notice"] == 3)
        }
    }

    @Test func `an endpoint that appears is found when the provider is looked at next`() async throws {
        let rig = try await rig(named: false)
        try await rig.rotate()
        rig.provider.name(revocationEndpoint: true)
        // Something of it is applied, so it is looked at.
        try await rig.add([idleGrant("gone", idle: 1)])
        let now = rig.clock.now()
        try await rig.change("gone") { stored in
            stored.grant.validity.record(.inactive, at: now - .hours(2))
            stored.grant.validity.record(.inactive, at: now - .hours(1))
        }
        try await rig.rotate()
        #expect(try await rig.rotate().applied.actions["notice"] == 3)
    }
}
