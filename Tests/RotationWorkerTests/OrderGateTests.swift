import Grants
import RotationWorker
import SQLiteStore
import Synchronization
import Testing

/// The gates that are read before each order's first call, and orders by hand.
@Suite struct OrderGateTests {
    private static let many = 40

    /// So many idle grants about to be revoked, two at once.
    private func queue(byHand: Bool = false) async throws -> Rig {
        let rig = try await Rig()
        rig.provider.configure { $0.limits.inFlight = 2 }
        rig.settings.providers = [rig.provider.settings]
        rig.settings.policy.defaults.valve.count = 1_000
        rig.settings.policy.totalValve.count = 1_000
        try await rig.add((0..<Self.many).map { idleGrant("g-\($0)", idle: byHand ? 1 : 200) })
        // So many others that the valve lets these go.
        try await rig.add((0..<60).map { idleGrant("k-\($0)", idle: 1) { $0.client = "other" } })
        if byHand {
            let all = RevocationByHand(rig.environment)
            let forecast = try await all.forecast([], GrantSelection(client: "portal"), takesAlong: false)
            _ = try await all.execute(forecast, reason: "left", reference: nil, run: 1)
        } else {
            try await rig.rotate()
        }
        return rig
    }

    @Test(arguments: [false, true])
    func `when a freeze has been given, at most what is in flight still ends`(byHand: Bool) async throws {
        let rig = try await queue(byHand: byHand)
        let environment = rig.environment
        let frozenAt = Mutex<Int?>(nil)
        rig.provider.beforeRevoking { [provider = rig.provider] _ in
            guard frozenAt.withLock({ $0 }) == nil, provider.revoked.count >= 3 else { return }
            try? await GateOrders(environment).freeze(GrantSelection(), reason: "stop")
            let count = provider.revoked.count
            frozenAt.withLock { $0 = $0 ?? count }
        }
        let report = try await rig.revoke()
        let atFreeze = try #require(frozenAt.withLock { $0 })
        #expect(rig.provider.revoked.count <= atFreeze + 2)
        #expect(report.stopped[.frozen, default: 0] >= Self.many - atFreeze - 2 && !report.isDone)
        let left = try await rig.standings().values.count { $0 == .revoking }
        #expect(left == Self.many - rig.provider.revoked.count)
    }

    @Test func `a hold given while the queue is worked stops what has not begun`() async throws {
        let rig = try await queue()
        let store = rig.store
        rig.provider.beforeRevoking { _ in
            try? await store.write { try $0.setHold(ProviderHold(why: "surge", since: start), of: "idp") }
        }
        let report = try await rig.revoke()
        #expect(rig.provider.revoked.count <= 3 && (report.waiting["idp"] ?? 0) >= Self.many - 3)
    }

    @Test func `back in observe while the queue is worked, what has not begun waits`() async throws {
        let rig = try await queue()
        let environment = rig.environment
        rig.provider.beforeRevoking { _ in environment.mode.set(.observe) }
        let report = try await RevocationJob(environment, selection: GrantSelection(), run: 1, lock: nil) {
            ScriptedProvider.madeUp
        }.perform()
        #expect(rig.provider.revoked.count <= 3 && report.stopped[.observe, default: 0] >= Self.many - 3)
    }

    @Test(arguments: ["clock-skew", "credentials", "forbidden"])
    func `what the queue's own probe finds holds the provider before anything is revoked`(why: String) async throws {
        let rig = try await queue()
        if why == "clock-skew" {
            rig.provider.dateAnswers { start + .days(6) }
        } else {
            rig.provider.answer { _ in .unknown(why == "credentials" ? .credentials : .forbidden) }
        }
        let report = try await rig.revoke()
        #expect(rig.provider.revoked.isEmpty && report.waiting == ["idp": Self.many])
        let hold = try await rig.store.read { try $0.heldProviders()["idp"]?.why }
        #expect(hold == why)
        #expect(try await rig.events().last == "provider.held")
    }

    @Test(arguments: [Set<TokenKind>(), [.refreshToken]])
    func `a server whose answers bear no date is asked for it before anything is revoked`(
        introspects: Set<TokenKind>
    ) async throws {
        let rig = try await queue()
        rig.provider.configure { $0.capabilities.introspects = introspects }
        rig.settings.providers = [rig.provider.settings]
        rig.provider.refuse { token in
            IntrospectionAnswer(token == ScriptedProvider.madeUp ? .inactive : .active(TokenFacts()))
        }
        rig.provider.dateAnswers { start - .hours(1) }
        let report = try await rig.revoke()
        #expect(rig.provider.revoked.isEmpty && report.waiting == ["idp": Self.many])
        let hold = try await rig.store.read { try $0.heldProviders()["idp"]?.why }
        #expect(hold == "clock-skew")
    }

    @Test func `what the queue's probe finds after its first orders holds the provider`() async throws {
        let rig = try await queue()
        rig.provider.answer { [provider = rig.provider] token in
            token == ScriptedProvider.canary && !provider.revoked.isEmpty ? .unknown(.credentials) : nil
        }
        let report = try await rig.revoke()
        #expect(try await rig.store.read { try $0.heldProviders()["idp"]?.why } == "credentials")
        let events = try await rig.events()
        #expect(report.proofs[.proven] == nil && events.contains("provider.held"))
    }

    @Test(arguments: [ProviderSettings.Revocation.provider, .events])
    func `an end that a person takes over is theirs, whatever decided it first`(path: ProviderSettings.Revocation)
        async throws
    {
        let rig = try await Rig()
        rig.provider.configure { $0.revocation = path }
        rig.settings.providers = [rig.provider.settings]
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        #expect(try await rig.grant("g-1")?.grant.cause == .unused)
        if path == .events { try await rig.change("g-1") { $0.grant.resurfacedAt = start } }
        try await rig.order("g-1")
        #expect(try await rig.grant("g-1")?.grant.cause == .byHand)
    }

    @Test func `by hand a held provider's orders are queued, and go on with --while-held, acknowledged at most`()
        async throws
    {
        let rig = try await Rig()
        try await rig.add([idleGrant("h-1", idle: 1), idleGrant("h-2", idle: 1), idleGrant("g-1")])
        try await rig.rotate()
        try await rig.order("h-1")
        try await rig.order("h-2", options: OrderOptions(whileHeld: true))
        try await rig.store.write { try $0.setHold(ProviderHold(why: "clock-skew", since: start), of: "idp") }
        let report = try await rig.revoke()
        #expect(report.waiting == ["idp": 2] && report.proofs == [.acknowledged: 1])
        let standings = try await rig.standings()
        #expect(standings == ["h-1": .revoking, "h-2": .revoked, "g-1": .revoking])
    }

    @Test func `a failure of our own is retried and told, and neither holds the provider nor needs a person`()
        async throws
    {
        let rig = try await queue()
        rig.provider.answer { _ in .unknown(.ownFailure) }
        let report = try await rig.revoke()
        #expect(report.retrying == Self.many && report.stuck.isEmpty && report.unreachable["idp"] != nil)
        let (hold, breaker) = try await rig.store.read { (try $0.heldProviders()["idp"], try $0.breakers()["idp"]) }
        #expect(hold == nil && breaker == nil && rig.provider.revoked.isEmpty)
        rig.provider.answer { _ in nil }
        rig.clock.advance(by: .minutes(2))
        let later = try await rig.revoke()
        #expect(later.proofs == [.proven: Self.many])
    }

    @Test func `a secret that cannot be read while revoking is retried, too`() async throws {
        let rig = try await queue()
        rig.provider.answerRevocations(.failed(.ownFailure, detail: "no descriptors", retryAfter: nil))
        let report = try await rig.revoke()
        #expect(report.retrying == Self.many && report.stuck.isEmpty)
    }

    @Test func `without an introspection endpoint a person's order is carried out, a rule's waits`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("h-1", idle: 1)])
        try await rig.rotate()
        try await rig.order("h-1")
        rig.provider.answer { _ in .unknown(.discovery) }
        let report = try await rig.revoke()
        #expect(report.proofs == [.acknowledged: 1] && report.retrying == 1)
        #expect(try await rig.standings() == ["g-1": .revoking, "h-1": .revoked])
    }

    @Test func `a provider that is never asked and does not answer is left alone after a page`() async throws {
        let rig = try await queue()
        rig.provider.configure { $0.capabilities.introspects = [] }
        rig.settings.providers = [rig.provider.settings]
        rig.provider.answerRevocations(.failed(.timeout, detail: "no answer", retryAfter: nil))
        let report = try await rig.revoke()
        #expect(report.unreachable["idp"] != nil && report.retrying < Self.many)
        #expect(try await rig.store.read { try $0.breakers()["idp"] } != nil)
        #expect(rig.provider.asked == 0)
    }

    @Test func `what backs off is named with its time, and a person's order tries it at once`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        rig.provider.answerRevocations(.failed(.serverError, detail: "500", retryAfter: nil))
        _ = try await rig.revoke()
        rig.provider.answerRevocations(.accepted)
        let waiting = try await rig.revoke()
        #expect(waiting.backingOff.count == 1 && waiting.ended.isEmpty)
        let next = try #require(waiting.backingOff.firstTryAt)
        #expect(next > start && next < start + .minutes(2))
        let rows = try await rig.order("g-1")
        #expect(rows.count == 1)
        let report = try await rig.revoke()
        #expect(report.proofs == [.proven: 1])
        #expect(try await rig.standings() == ["g-1": .revoked])
    }

    @Test func `what has ended and resurfaced is ended again by hand, and that closes it`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        try await rig.rotate()
        _ = try await rig.revoke()
        try await rig.change("g-1") { $0.grant.resurfacedAt = start }
        let rows = try await rig.order("g-1", "g-2")
        #expect(rows.count == 1, "what has ended and not resurfaced is left alone")
        #expect(try await rig.standings() == ["g-1": .revoking, "g-2": .expired])
        _ = try await rig.revoke()
        let grant = try #require(try await rig.grant("g-1"))
        #expect(grant.grant.standing == .revoked && grant.grant.resurfacedAt == nil && grant.endedAt != nil)
        let again = try await rig.order("g-1")
        #expect(again.isEmpty)
    }

    @Test func `a containment takes what has resurfaced, and is not through while one is left`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2", idle: 1)])
        try await rig.rotate()
        _ = try await rig.revoke()
        try await rig.change("g-1") { $0.grant.resurfacedAt = start }
        let plan = try await ContainmentPlanner(rig.environment).plan(GrantSelection(tenant: "acme"), takesAlong: false)
        #expect(plan.total == 2 && plan.resurfaced.first.map(\.id) == ["g-1"])
        let before = try await ContainmentOutcome.read(plan, orderedAt: start, rig.environment)
        #expect(before.all.notOrdered == ["not-ordered": 1, "resurfaced": 1] && !before.isComplete)
        _ = try await Containment(rig.environment, run: 1, reason: "breach", reference: nil, options: OrderOptions())
            .order(plan) { _ in }
        _ = try await rig.revoke()
        let after = try await ContainmentOutcome.read(plan, orderedAt: start, rig.environment)
        #expect(after.isComplete && after.all.ended == 2)
    }

    @Test func `what is bound to a record that names our client yields with it, under the same hash`() async throws {
        let rig = try await Rig()
        try await rig.add(
            [
                idleGrant("anchor", idle: 1) { $0.client = "grantkeeper" }, idleGrant("bound-1", idle: 1),
                idleGrant("bound-2", idle: 1),
            ],
            family: "F"
        )
        let planner = ContainmentPlanner(rig.environment)
        let selection = GrantSelection(tenant: "acme")
        let spared = try await planner.plan(selection, takesAlong: false)
        #expect(spared.total == 0 && spared.selfProtected.count == 1 && spared.shielded.count == 2)
        let passing = try await planner.plan(selection, takesAlong: false, evenOwn: true)
        #expect(passing.total == 3 && passing.yielding.count == 3)
        #expect(passing.evenOwnHash == spared.evenOwnHash && passing.hash == spared.hash)
    }

    @Test func `--even-own goes past a record that names our client, never past a token of ours`() async throws {
        let rig = try await Rig()
        rig.ownTokens = [Secret("rt-anchor")]
        try await rig.add([
            idleGrant("named", idle: 1) { $0.client = "grantkeeper" },
            idleGrant("anchor", idle: 1) { $0.client = "grantkeeper" }, idleGrant("g-1", idle: 1),
        ])
        let planner = ContainmentPlanner(rig.environment)
        let selection = GrantSelection(tenant: "acme")
        let spared = try await planner.plan(selection, takesAlong: false)
        #expect(spared.total == 1 && spared.selfProtected.count == 2 && spared.yielding.first.map(\.id) == ["named"])
        let passing = try await planner.plan(selection, takesAlong: false, evenOwn: true)
        #expect(passing.total == 2 && passing.selfProtected.first.map(\.id) == ["anchor"])
        #expect(passing.hash == spared.hash && passing.evenOwnHash == spared.evenOwnHash && spared.evenOwnHash != nil)
        let options = OrderOptions(evenOwn: true)
        let rows = try await rig.order("named", "anchor", "g-1", options: options)
        #expect(rows.count == 2)
        #expect(try await rig.standings() == ["named": .revoking, "anchor": .active, "g-1": .revoking])

        // Where our client may revoke for all others, what it lives on cannot be told from the rest.
        rig.provider.configure { $0.capabilities.revokesForeign = true }
        rig.settings.providers = [rig.provider.settings]
        try await rig.add([idleGrant("named-2", idle: 1) { $0.client = "grantkeeper" }])
        let refused = try await rig.order("named-2", options: options)
        #expect(refused.isEmpty)
    }
}
