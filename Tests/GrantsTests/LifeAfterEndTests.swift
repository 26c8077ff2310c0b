import Grants
import Testing

/// What a sign of life of an ended grant means.
@Suite struct LifeAfterEndTests {
    private static let end = Timestamp(milliseconds: 1_795_478_400_000)

    private static func ended(_ change: (inout Grant) -> Void = { _ in }) -> Grant {
        var grant = Grant(
            key: .init(provider: "idp", id: "g-1"),
            tenant: "acme",
            client: "portal",
            scopes: ScopeSet(["ticket.read"]),
            issuedAt: end - .days(200)
        )
        grant.standing = .expired
        change(&grant)
        return grant
    }

    @Test(
        arguments: [
            // Later than the end by more than `late`; within it; before the end.
            (61, nil, .expired, nil, true), (61, nil, .revoked, nil, true), (60, nil, .expired, nil, false),
            (-1, nil, .expired, nil, false),
            // An access token may be used until its end.
            (61, 90, .expired, nil, false), (91, 90, .expired, nil, true),
            // Not ended, and found already.
            (61, nil, .active, nil, false), (61, nil, .revoking, nil, false), (61, nil, .expired, 1, false),
        ] as [(Int64, Int64?, Standing, Int64?, Bool)]
    )
    func `a use after the end resurfaces the grant once, not before its tokens are over`(
        minutes: Int64,
        residual: Int64?,
        standing: Standing,
        foundAt: Int64?,
        resurfaces: Bool
    ) {
        let grant = Self.ended {
            $0.standing = standing
            $0.residualUntil = residual.map { Self.end + .minutes($0) }
            $0.resurfacedAt = foundAt.map { Self.end + .minutes($0) }
        }
        let found = LifeAfterEnd.resurfaces(
            grant,
            endedAt: Self.end,
            signAt: Self.end + .minutes(minutes),
            late: .hours(1)
        )
        #expect(found == resurfaces)
    }

    @Test(
        arguments: [(nil, true), (200, true), (302, true), (399, true), (400, false), (500, false)] as [(Int?, Bool)]
    )
    func `a use that was refused shows no life`(status: Int?, isVital: Bool) {
        #expect(LifeAfterEnd.isVital(status: status) == isVital)
    }

    @Test(
        arguments: [
            // A later consent; a token that it never had, in a line of before the end, at it, after it; a known token.
            (1, 1, false, true), (-9, -1, true, false), (-9, 0, true, true), (-9, 1, true, true), (-9, 1, false, false),
        ] as [(Int64, Int64, Bool, Bool)]
    )
    func `a new life is a later consent, or a token that it never had in a line not older than the end`(
        issued: Int64,
        told: Int64,
        hasNewToken: Bool,
        isNew: Bool
    ) {
        let begins = LifeAfterEnd.isNewLife(
            issuedAt: Self.end + .days(issued),
            toldAt: Self.end + .days(told),
            hasNewToken: hasNewToken,
            endedAt: Self.end
        )
        #expect(begins == isNew)
    }

    @Test(arguments: [true, false], [true, false])
    func `a new life closes a finding of an end by rules, and makes one of an end by hand`(
        byHand: Bool,
        wasFound: Bool
    ) {
        let now = Self.end + .days(3)
        var grant = Self.ended {
            $0.resurfacedAt = wasFound ? Self.end + .days(1) : nil
            $0.proof = .proven
        }
        LifeAfterEnd.revive(&grant, endedByHand: byHand, at: now)
        #expect(grant.standing == .active && grant.firstSeenAt == now && grant.proof == nil)
        #expect(grant.resurfacedAt == (byHand ? (wasFound ? Self.end + .days(1) : now) : nil))
        LifeAfterEnd.close(&grant, by: .settled(at: now))
        #expect(grant.resurfacedAt == nil && grant.settledAt == now)
    }

    @Test func `only life of after a person settled it resurfaces a grant, until its next end or life`() {
        let settled = Self.end + .days(3)
        var grant = Self.ended { $0.resurfacedAt = Self.end + .days(1) }
        LifeAfterEnd.close(&grant, by: .settled(at: settled))
        for (sign, resurfaces) in [(Self.end + .days(2), false), (settled, false), (settled + .milliseconds(1), true)] {
            let found = LifeAfterEnd.resurfaces(grant, endedAt: Self.end, signAt: sign)
            #expect(found == resurfaces)
        }
        var revived = grant
        LifeAfterEnd.revive(&revived, endedByHand: false, at: settled)
        LifeAfterEnd.close(&grant, by: .end)
        #expect(grant.settledAt == nil && revived.settledAt == nil)
    }
}
