import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

/// A member of one family, recorded and last active so many days ago; gone, if so asked.
private func member(_ id: String, recorded: Int64?, active: Int64?, isGone: Bool = false) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: id),
        tenant: "acme",
        client: "portal",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: now - .days(365)
    )
    grant.family = 1
    grant.holdsRefreshToken = true
    grant.firstRecordedAt = recorded.map { now - .days($0) }
    if let active { grant.validity.record(.active, at: now - .days(active)) }
    if isGone {
        grant.validity.record(.inactive, at: now - .hours(2))
        grant.validity.record(.inactive, at: now - .hours(1))
    }
    return grant
}

private func superseded(_ members: [Grant]) -> [String: String] {
    let family = Family(members.map { .init($0, UseEvidence(of: $0, feeds: [], now: now)) })
    let planner = Planner(policy: PolicyValues(), now: now)
    var found: [String: String] = [:]
    for grant in members {
        let decision = planner.decide(grant, family: family, context: PlanningContext())
        if case .end(let end) = decision.action { found[grant.key.id] = end.successor?.id ?? "no successor" }
    }
    return found
}

/// Who carries a consent on when a member of its family is gone.
@Suite struct SuccessorTests {
    @Test func `a member recorded later and active since carries the consent on`() {
        let old = member("old", recorded: 30, active: 10, isGone: true)
        #expect(superseded([old, member("new", recorded: 5, active: 0)]) == ["old": "new"])
    }

    @Test(
        arguments: [
            // Of the same file, recorded earlier, active before the other was, never called active.
            (30, 0), (40, 0), (5, 11), (5, nil),
        ] as [(Int64, Int64?)]
    )
    func `what only lives beside it carries nothing on`(recorded: Int64, active: Int64?) {
        let old = member("old", recorded: 30, active: 10, isGone: true)
        #expect(superseded([old, member("new", recorded: recorded, active: active)]).isEmpty)
    }

    @Test func `one successor supersedes one member, whichever is asked about first`() {
        let gone = (1...5).map { member("gone-\($0)", recorded: 30 + Int64($0), active: 10, isGone: true) }
        let alive = member("new", recorded: 5, active: 0)
        #expect(superseded(gone + [alive]) == ["gone-5": "new"])
        #expect(superseded([alive] + gone.reversed()) == ["gone-5": "new"])
        let second = member("newer", recorded: 4, active: 0)
        #expect(superseded(gone + [alive, second]) == ["gone-5": "new", "gone-4": "newer"])
    }

    @Test func `what has superseded a member in the past supersedes no other`() {
        let old = member("old", recorded: 30, active: 10, isGone: true)
        var new = member("new", recorded: 5, active: 0)
        new.coversAnother = true
        #expect(superseded([old, new]).isEmpty)
    }

    @Test func `a liar that calls a hundred members of one file gone ends none beside the living`() {
        let gone = (0..<60).map { member("gone-\($0)", recorded: 30, active: 1, isGone: true) }
        let alive = (0..<40).map { member("alive-\($0)", recorded: 30, active: 0) }
        #expect(superseded(gone + alive).isEmpty)
    }

    @Test func `a new life is recorded when it was first seen, and what no version told was recorded first`() {
        let old = member("old", recorded: 30, active: 10, isGone: true)
        var reborn = member("reborn", recorded: 90, active: 0)
        #expect(superseded([old, reborn]).isEmpty)
        reborn.firstSeenAt = now - .days(3)
        #expect(superseded([old, reborn]) == ["old": "reborn"])
        let migrated = member("migrated", recorded: nil, active: 10, isGone: true)
        #expect(superseded([migrated, member("other", recorded: nil, active: 0)]).isEmpty)
        #expect(superseded([migrated, member("new", recorded: 1, active: 0)]) == ["migrated": "new"])
    }

    @Test func `a family of which every member is gone ends as revoked, inside the valve`() {
        let all = [
            member("a", recorded: 30, active: 10, isGone: true), member("b", recorded: 5, active: 1, isGone: true),
        ]
        #expect(superseded(all) == ["a": "no successor", "b": "no successor"])
    }
}
