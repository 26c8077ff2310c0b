import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

private func grant(_ change: (inout Grant) -> Void = { _ in }) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: "g-1"),
        tenant: "acme",
        client: "portal",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: now - .days(365)
    )
    grant.holdsRefreshToken = true
    grant.holdsAccessToken = true
    change(&grant)
    return grant
}

private func judge(
    _ grant: Grant,
    kind: TokenKind = .refreshToken,
    canary: VerdictJudge.Canary = .healthy,
    observedUntil: Timestamp? = now,
    condition: CanaryCondition = .old,
    accessTokenIsActive: Bool = false,
    since: Timestamp = now - .hours(25),
    _ change: (inout ProviderCapabilities) -> Void = { _ in }
) -> Verdict {
    var capabilities = ProviderCapabilities()
    change(&capabilities)
    let window = observedUntil.map { Window(from: now - .days(365), until: $0) }
    let family = Family([.init(grant, UseEvidence(window: window))])
    return VerdictJudge(capabilities: capabilities, now: now)
        .inactive(
            grant,
            kind: kind,
            family: family,
            canary: canary,
            condition: condition,
            accessTokenIsActive: accessTokenIsActive,
            since: since
        )
}

@Suite struct VerdictTests {
    @Test(
        arguments: [
            (.healthy, .inactive), (.healthyWithControl, .inactive), (.failed, .unknown(.canary)),
            (.none, .unknown(.noCanary)), (.ownClientOnly, .unknown(.noControl)),
        ] as [(VerdictJudge.Canary, Verdict)]
    )
    func `inactive counts only beside a healthy canary that can see it`(
        canary: VerdictJudge.Canary,
        verdict: Verdict
    ) {
        #expect(judge(grant(), canary: canary) == verdict)
    }

    @Test func `an access token beside a refresh token cannot say gone`() {
        #expect(judge(grant(), kind: .accessToken) == .unknown(.accessTokenOnly))
        let claimed = grant {
            $0.holdsRefreshToken = false
            $0.claimsRefreshToken = true
        }
        #expect(judge(claimed, kind: .accessToken) == .unknown(.accessTokenOnly))
        let alone = grant {
            $0.holdsRefreshToken = false
            $0.accessTokenExpiresAt = now + .hours(1)
        }
        #expect(judge(alone, kind: .accessToken) == .inactive)
    }

    @Test(arguments: [(1, .inactive), (0, .unknown(.pastItsEnd)), (nil, .unknown(.pastItsEnd))] as [(Int64?, Verdict)])
    func `an access token alone can say gone only before its known end`(hours: Int64?, verdict: Verdict) {
        let alone = grant {
            $0.holdsRefreshToken = false
            $0.accessTokenExpiresAt = hours.map { now + .hours($0) }
        }
        #expect(judge(alone, kind: .accessToken) == verdict)
        #expect(judge(alone, kind: .accessToken, condition: .young) == verdict)
    }

    @Test func `an access token alone that may be rotated counts only after a day without use`() {
        let alone = grant {
            $0.holdsRefreshToken = false
            $0.accessTokenExpiresAt = now + .hours(1)
        }
        #expect(judge(alone, kind: .accessToken, since: now) == .unknown(.mayBeRotated))
        #expect(judge(alone, kind: .accessToken, since: now) { $0.rotatesRefreshTokens = false } == .inactive)
    }

    @Test(
        arguments: [
            (nil, false, .old, .inactive), (nil, false, .young, .unknown(.canaryTooYoung)),
            (-1, false, .young, .unknown(.canaryTooYoung)), (0, false, .young, .unknown(.canaryTooYoung)),
            (1, false, .young, .inactive), (nil, true, .young, .inactive), (-1, true, .young, .inactive),
        ] as [(Int64?, Bool, CanaryCondition, Verdict)]
    )
    func `a young canary speaks only for grants whose access token is known to be alive`(
        hours: Int64?,
        isActive: Bool,
        condition: CanaryCondition,
        verdict: Verdict
    ) {
        let given = grant { $0.accessTokenExpiresAt = hours.map { now + .hours($0) } }
        #expect(judge(given, condition: condition, accessTokenIsActive: isActive) == verdict)
    }

    @Test(
        arguments: [
            (23, nil, nil, .young), (24, nil, nil, .old), (24, nil, 48, .young), (48, nil, 48, .old),
            (2, 1, 48, .old), (24, 48, nil, .young), (nil, 0, nil, .young), (24, nil, 1, .old),
        ] as [(Int64?, Int64?, Int64?, CanaryCondition)]
    )
    func `a canary is old once it was active for as long as an access token lives, at least a day`(
        age: Int64?,
        configured: Int64?,
        longest: Int64?,
        condition: CanaryCondition
    ) {
        let found = CanaryCondition(
            firstActiveAt: age.map { now - .hours($0) },
            configured: configured.map { .hours($0) },
            longestSeen: longest.map { .hours($0) },
            now: now
        )
        #expect(found == condition)
    }

    @Test func `an answer that calls an access token active past the end it tells is a contradiction`() {
        let judge = VerdictJudge(capabilities: ProviderCapabilities(), now: now)
        func verdict(_ kind: TokenKind, _ end: Timestamp?) -> Verdict {
            judge.active(grant(), kind: kind, facts: TokenFacts(expiresAt: end), believesAnything: false)
        }
        #expect(verdict(.accessToken, now - .minutes(6)) == .unknown(.contradiction))
        #expect(verdict(.accessToken, now - .minutes(4)) == .active)
        #expect(verdict(.accessToken, nil) == .active)
        #expect(verdict(.refreshToken, now - .hours(1)) == .active)
    }

    @Test func `a refresh token cannot say gone where the provider does not know that kind`() {
        #expect(judge(grant(), { $0.introspects = [.accessToken] }) == .unknown(.kindNotIntrospected))
    }

    @Test func `a refresh token that may be rotated counts only after a day without use`() {
        #expect(judge(grant(), since: now) == .unknown(.mayBeRotated))
        #expect(judge(grant(), observedUntil: nil) == .unknown(.mayBeRotated))
        #expect(judge(grant(), since: now) { $0.rotatesRefreshTokens = false } == .inactive)
    }

    @Test func `a gap in the observation begins the day without use anew`() {
        func verdict(from: Timestamp) -> Verdict {
            let family = Family([.init(grant(), UseEvidence(window: Window(from: from, until: now)))])
            return VerdictJudge(capabilities: ProviderCapabilities(), now: now)
                .inactive(
                    grant(),
                    kind: .refreshToken,
                    family: family,
                    canary: .healthy,
                    condition: .old,
                    since: now - .days(9)
                )
        }
        #expect(verdict(from: now - .hours(2)) == .unknown(.mayBeRotated))
        #expect(verdict(from: now - .hours(24)) == .inactive)
    }

    @Test func `use after the loss shows a stale token, whatever the provider rotates`() {
        let used = grant { $0.lastUsedAt = now - .hours(1) }
        #expect(judge(used) == .unknown(.staleToken))
        #expect(judge(used) { $0.rotatesRefreshTokens = false } == .unknown(.staleToken))
    }

    @Test func `the token that speaks is asked, and silence has a reason`() {
        let capable = VerdictJudge(capabilities: ProviderCapabilities(), now: now)
        #expect(capable.speaker(of: grant()) == .success(.refreshToken))
        var narrow = ProviderCapabilities()
        narrow.introspects = [.accessToken]
        let judge = VerdictJudge(capabilities: narrow, now: now)
        #expect(judge.speaker(of: grant()) == .success(.accessToken))
        func reason(_ grant: Grant) -> UnknownReason? {
            if case .failure(let silence) = judge.speaker(of: grant) { silence.reason } else { nil }
        }
        #expect(judge.speaker(of: grant { $0.accessTokenExpiresAt = now - .days(1) }) == .success(.accessToken))
        #expect(reason(grant { $0.holdsAccessToken = false }) == .kindNotIntrospected)
        let empty = grant {
            $0.holdsAccessToken = false
            $0.holdsRefreshToken = false
        }
        #expect(reason(empty) == .noToken)
    }

    @Test(arguments: UnknownReason.allCases)
    func `an unknown verdict counts nothing`(reason: UnknownReason) {
        var validity = Validity()
        validity.record(.active, at: now - .days(1))
        for _ in 0..<10 { validity.record(.unknown(reason), at: now) }
        #expect(validity.inactiveCount == 0 && validity.failures == 10)
        #expect(validity.lastVerdict == .active && validity.lastVerdictAt == now - .days(1))
    }

    @Test func `active, a contradiction or a stale token leaves no count behind`() {
        for verdict in [Verdict.active, .unknown(.contradiction), .unknown(.staleToken)] {
            var validity = Validity()
            validity.record(.inactive, at: now - .hours(1))
            validity.record(.inactive, at: now)
            #expect(validity.inactiveCount == 2)
            validity.record(verdict, at: now)
            #expect(validity.inactiveCount == 0 && validity.inactiveSince == nil)
        }
    }

    @Test func `counting begins after the day of a possible rotation, not with it`() {
        var validity = Validity()
        validity.record(.unknown(.mayBeRotated), at: now - .hours(30))
        validity.record(.inactive, at: now)
        #expect(validity.inactiveSince == now - .hours(30))
        #expect(validity.firstCountedAt == now && validity.inactiveCount == 1)
    }
}
