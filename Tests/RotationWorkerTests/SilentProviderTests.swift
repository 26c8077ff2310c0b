import Grants
import RotationWorker
import Testing

/// What a provider that cannot be reached, or refuses us, means for itself and for the others.
@Suite struct SilentProviderTests {
    private static let network: @Sendable (Secret) -> IntrospectionAnswer.Outcome? = { _ in .unknown(.network) }

    @Test func `a provider that nothing reaches is asked one known thing and no grant, and others go on`() async throws
    {
        let rig = try await Rig()
        let other = ScriptedProvider(id: "zeta")
        rig.otherProviders = [other]
        rig.settings.providers.append(other.settings)
        try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1)])
        var elsewhere = idleGrant("g-3", idle: 1)
        elsewhere.key = .init(provider: "zeta", id: "g-3")
        try await rig.add([elsewhere])
        rig.provider.answer(Self.network)
        let report = try await rig.revalidate()
        #expect(rig.provider.asked == 1)
        #expect(report.unreachable.keys.sorted() == ["idp"] && report.active == 1 && report.providersAsked == 1)
        let stored = try await rig.grant("g-1")?.grant.validity
        #expect(stored == Validity())

        // The next run begins with what is known, and goes on when that is answered.
        rig.provider.answer { _ in nil }
        let next = try await rig.revalidate()
        #expect(next.active == 3 && next.unreachable.isEmpty)
    }

    @Test func `a provider that goes silent in a batch is not asked about the next one`() async throws {
        let rig = try await Rig()
        try await rig.add((0..<620).map { idleGrant("g-\(1_000 + $0)", idle: 1) })
        rig.provider.answer { token in
            token == ScriptedProvider.madeUp || token == ScriptedProvider.canary ? nil : .unknown(.network)
        }
        let report = try await rig.revalidate()
        #expect(report.asked == 500 && report.unknown == [.network: 500])
        #expect(report.unreachable["idp"] != nil)
        let standings = Set(try await rig.standings().values)
        #expect(standings == [.active])
    }

    @Test(arguments: [UnknownReason.credentials, .forbidden])
    func `a provider that refuses us for the made-up token too is held, and recovers by itself`(
        why: UnknownReason
    ) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        rig.provider.answer { _ in .unknown(why) }
        let report = try await rig.revalidate()
        #expect(report.held["idp"] == why.rawValue)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.held.map(\.why) == ["provider-held"] && applied.actions.isEmpty)
        rig.provider.answer { _ in nil }
        let next = try await rig.revalidate()
        #expect(next.recovered == ["idp"] && next.held.isEmpty)
        let events = try await rig.events()
        #expect(events.contains("provider.held") && events.contains("provider.recovered"))
        let after = try await rig.rotate()
        #expect(after.applied.actions == ["end": 1])
    }

    @Test func `403 for one grant alone says nothing about it and holds nobody`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1)])
        rig.provider.silence("g-1", .forbidden)
        let report = try await rig.revalidate()
        #expect(report.unknown == [.forbidden: 1] && report.active == 1 && report.held.isEmpty)
    }

    @Test(arguments: [(Duration.minutes(4), nil), (.minutes(6), "clock-skew"), (.minutes(-6), "clock-skew")])
    func `an answer whose Date is more than five minutes off holds the provider`(
        skew: Duration,
        hold: String?
    ) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        rig.provider.dateAnswers { [clock = rig.clock] in clock.now() + skew }
        let report = try await rig.revalidate()
        #expect(report.held["idp"] == hold)
    }
}
