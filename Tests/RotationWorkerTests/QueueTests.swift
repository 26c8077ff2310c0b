import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Orders that cannot be carried out, or not now, and those beside them.
@Suite struct QueueTests {
    @Test(arguments: [
        (GrantSelection(), true), (GrantSelection(tenant: "acme"), true), (GrantSelection(provider: "idp"), true),
        (GrantSelection(client: "portal"), true), (GrantSelection(tenant: "globex"), false),
        (GrantSelection(tenant: "acme", client: "other"), false),
    ])
    func `a freeze stops what the rules decided and what a person ordered, unless it was ordered while frozen`(
        freeze: GrantSelection,
        stops: Bool
    ) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("h-1", idle: 1), idleGrant("h-2", idle: 1)])
        try await rig.rotate()
        try await rig.order("h-1")
        try await rig.order("h-2", options: OrderOptions(whileFrozen: true))
        try await GateOrders(rig.environment).freeze(freeze, reason: "incident")
        _ = try await rig.revoke()
        var standings = try await rig.standings()
        #expect(
            standings == [
                "g-1": stops ? .revoking : .expired, "h-1": stops ? .revoking : .revoked, "h-2": .revoked,
            ]
        )
        let now = rig.clock.now()
        let backlog = try await rig.store.read { try $0.backlog(at: now, sinks: [], isHeldBack: false) }
        #expect(!backlog.hasRevocationsDue, "what waits behind a gate wakes no worker")
        let isThawed = try await GateOrders(rig.environment).thaw(freeze, reason: "over")
        #expect(isThawed)
        _ = try await rig.revoke()
        standings = try await rig.standings()
        #expect(standings == ["g-1": .expired, "h-1": .revoked, "h-2": .revoked])
    }

    @Test func `back in observe, what the rules decided waits, what a person ordered goes on`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("h-1", idle: 1)])
        try await rig.rotate()
        try await rig.order("h-1")
        rig.settings.policy.mode = .observe
        _ = try await rig.revoke()
        var standings = try await rig.standings()
        #expect(standings == ["g-1": .revoking, "h-1": .revoked])
        rig.settings.policy.mode = .enforce
        _ = try await rig.revoke()
        standings = try await rig.standings()
        #expect(standings == ["g-1": .expired, "h-1": .revoked])
    }

    @Test func `an order at a provider that is configured no more is stuck and told`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        rig.settings.providers = []
        let report = try await rig.revoke()
        #expect(report.stuck == ["no-credentials": 1])
        let (standing, events) = (try await rig.grant("g-1")?.grant.standing, try await rig.events())
        #expect(standing == .stuck && events == ["grant.revoking", "grant.stuck"])
    }

    @Test func `a token that does not open is stuck alone`() async throws {
        let rig = try await Rig()
        let rows = try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        try await rig.rotate()
        try rig.breakToken(of: rows[0])
        let report = try await rig.revoke()
        #expect(report.stuck == ["no-token": 1] && report.proofs == [.proven: 1])
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .stuck, "g-2": .expired])
    }

    @Test func `what cannot be asked right after the yes is no end, and is tried again`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        rig.provider.answer { [provider = rig.provider] token in
            token == Secret("rt-g-1") && provider.isRevoked(token) ? .unknown(.timeout) : nil
        }
        let report = try await rig.revoke()
        #expect(report.retrying == 1 && report.ended.isEmpty)
        var standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .revoking)
        rig.provider.answer { _ in nil }
        rig.clock.advance(by: .minutes(2))
        _ = try await rig.revoke()
        standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .expired)
    }

    @Test func `by hand, an access token ends, and the refresh token that we do not hold makes it stuck`() async throws
    {
        let rig = try await Rig()
        let grant = idleGrant("g-1", idle: 1) { $0.claimsRefreshToken = true }
        try await rig.add(grant, tokens: [.accessToken: Secret("at-g-1")])
        try await rig.order("g-1")
        let report = try await rig.revoke()
        #expect(report.stuck == ["no-token": 1] && rig.provider.revoked == [Secret("at-g-1")])
        let standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .stuck)
    }

    @Test func `by hand, what would take along a grant that grantkeeper lives on is told`() async throws {
        let rig = try await Rig()
        rig.ownTokens = [Secret("rt-c-1")]
        try await rig.add([
            idleGrant("g-1", idle: 1) { $0.subject = "u-1" }, idleGrant("c-1", idle: 1) { $0.subject = "u-1" },
        ])
        let forecast = try await RevocationByHand(rig.environment)
            .forecast([.init(provider: "idp", id: "g-1")], nil, takesAlong: true)
        #expect(forecast.protectedAlong.map(\.id) == ["c-1"])
    }
}
