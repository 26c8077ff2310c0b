import Grants
import RotationWorker
import Testing

/// A canary speaks for grants in its own condition only.
@Suite struct CanaryConditionTests {
    /// A provider whose canaries' condition is judged by the defaults, and a grant that it calls inactive.
    private func scene(
        lifetime: Duration? = nil,
        tokens: [TokenKind: Secret] = [.refreshToken: Secret("rt-g-1")]
    ) async throws -> Rig {
        let rig = try await Rig()
        rig.provider.configure { $0.accessTokenLifetime = lifetime }
        rig.settings.providers = [rig.provider.settings]
        try await rig.add(idleGrant("g-1", idle: 1), tokens: tokens)
        rig.provider.forget("g-1")
        return rig
    }

    @Test func `a refresh token called inactive counts once the canary has been active for a day`() async throws {
        let rig = try await scene()
        for _ in 0..<3 {
            let report = try await rig.revalidate()
            #expect(report.unknown == [.canaryTooYoung: 1] && report.inactive == 0)
            rig.clock.advance(by: .hours(7))
            try await rig.rotate()
        }
        let stored = try #require(try await rig.grant("g-1")).grant
        #expect(stored.standing == .active && stored.validity.unknownWhy == .canaryTooYoung)
        #expect(stored.validity.unknownSince == start && stored.validity.inactiveSince == nil)
        rig.clock.advance(by: .hours(4))
        let report = try await rig.revalidate()
        #expect(report.inactive == 1)
    }

    @Test func `a canary that was called inactive begins again`() async throws {
        let rig = try await scene()
        _ = try await rig.revalidate()
        rig.clock.advance(by: .hours(23))
        rig.provider.answer { $0 == ScriptedProvider.canary ? .inactive : nil }
        _ = try await rig.revalidate()
        rig.provider.answer { _ in nil }
        rig.clock.advance(by: .hours(2))
        let report = try await rig.revalidate()
        #expect(report.unknown == [.canaryTooYoung: 1])
    }

    @Test func `what was seen while the provider's clock is not ours dates no canary`() async throws {
        let rig = try await scene()
        let clock = rig.clock
        // Ours is two days behind, so that the canary would look as much older once it is set right.
        rig.provider.dateAnswers { clock.now() + .days(2) }
        let skewed = try await rig.revalidate()
        #expect(skewed.held["idp"] == "clock-skew")
        rig.clock.advance(by: .days(2))
        rig.provider.dateAnswers { clock.now() }
        let right = try await rig.revalidate()
        #expect(right.recovered == ["idp"] && right.unknown == [.canaryTooYoung: 1])
        rig.clock.advance(by: .hours(25))
        let later = try await rig.revalidate()
        #expect(later.inactive == 1)
    }

    @Test func `another canary is young, however old the one before was`() async throws {
        let rig = try await scene()
        _ = try await rig.revalidate()
        rig.clock.advance(by: .hours(48))
        rig.provider.use([CanaryToken(kind: .refreshToken, isOwnClient: false, token: Secret("another"))])
        let report = try await rig.revalidate()
        #expect(report.unknown == [.canaryTooYoung: 1])
    }

    @Test func `the longest lifetime that answers told decides, unless one is given`() async throws {
        for (given, isOld) in [(nil, false), (Duration.hours(24), true)] {
            let rig = try await scene(lifetime: given)
            try await rig.add(idleGrant("a-1", idle: 1), tokens: [.accessToken: Secret("at-a-1")])
            rig.provider.answer {
                $0 == Secret("at-a-1") ? .active(TokenFacts(expiresAt: start + .hours(72), issuedAt: start)) : nil
            }
            _ = try await rig.revalidate()
            rig.clock.advance(by: .hours(25))
            let report = try await rig.revalidate()
            #expect((report.inactive == 1) == isOld)
            rig.clock.advance(by: .hours(48))
            let later = try await rig.revalidate()
            #expect(later.inactive == 1)
        }
    }

    @Test(arguments: [true, false])
    func `beside a young canary the access token is asked, and lets it speak where it is active`(
        isActive: Bool
    ) async throws {
        let rig = try await scene(tokens: [.refreshToken: Secret("rt-g-1"), .accessToken: Secret("at-g-1")])
        rig.provider.answer { $0 == Secret("at-g-1") && !isActive ? .inactive : nil }
        let report = try await rig.revalidate()
        #expect(rig.provider.questions.contains(Secret("at-g-1")))
        #expect(report.inactive == (isActive ? 1 : 0))
        #expect(report.unknown == (isActive ? [:] : [.canaryTooYoung: 1]))
    }

    @Test func `a control group obeys the same: it must have been active as long`() async throws {
        let rig = try await scene()
        rig.provider.use([CanaryToken(kind: .refreshToken, isOwnClient: true, token: ScriptedProvider.canary)])
        _ = try await rig.revalidate()
        rig.clock.advance(by: .hours(25))
        try await rig.add([idleGrant("k-1", idle: 1)])
        let young = try await rig.revalidate()
        #expect(young.unknown == [.canaryTooYoung: 1])
        rig.clock.advance(by: .hours(25))
        let old = try await rig.revalidate()
        #expect(old.inactive == 1)
    }

    @Test func `an inactive that cannot count is remembered, but none beside a canary that failed`() async throws {
        let rig = try await Rig()
        rig.provider.use(
            TokenKind.allCases.map { CanaryToken(kind: $0, isOwnClient: false, token: ScriptedProvider.canary) }
        )
        try await rig.add(
            idleGrant("g-1", idle: 1) { $0.accessTokenExpiresAt = start - .hours(1) },
            tokens: [.accessToken: Secret("at-g-1")]
        )
        rig.provider.answer { $0 == Secret("at-g-1") || $0 == ScriptedProvider.canary ? .inactive : nil }
        _ = try await rig.revalidate()
        var validity = try await rig.grant("g-1")?.grant.validity
        #expect(validity?.lastInactiveAnswerAt == nil && validity?.unknownWhy == .canary)
        rig.provider.answer { $0 == Secret("at-g-1") ? .inactive : nil }
        rig.clock.advance(by: .hours(1))
        let report = try await rig.revalidate()
        validity = try await rig.grant("g-1")?.grant.validity
        #expect(report.unknown == [.pastItsEnd: 1])
        #expect(validity?.lastInactiveAnswerAt == start + .hours(1) && validity?.unknownWhy == .pastItsEnd)
        #expect(validity?.inactiveCount == 0 && validity?.lastVerdict == nil)
        let askAt = try #require(try await rig.grant("g-1")?.askAt)
        #expect(askAt > start + .hours(12))
    }
}
