import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

private func ago(_ days: Int64) -> Timestamp { now - .days(days) }

/// Year 1, 1970 and 2001-01-01, as programs write "never", and the last instant before 2010.
private let never: [Int64] = [-62_135_596_800_000, 0, 978_307_200_000, 1_262_303_999_999]

private func grant(_ change: (inout Grant) -> Void) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: "g-1"),
        tenant: "acme",
        client: "portal",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: ago(365)
    )
    grant.observedFrom = ago(365)
    grant.observedUntil = now
    grant.lastUsedAt = ago(1)
    change(&grant)
    return grant
}

private func decide(_ grant: Grant, feeds: [UseEvidence.Feed] = [], maxLifetime: Duration? = nil) -> Decision {
    var policy = PolicyValues()
    policy.maxLifetime = maxLifetime
    let family = Family(alone: grant, UseEvidence(of: grant, feeds: feeds, now: now))
    return Planner(policy: policy, now: now).decide(grant, family: family, context: PlanningContext())
}

/// What an older version stored, or another program wrote: in no rule does it count.
@Suite struct SensibleInstantsTests {
    @Test(arguments: never)
    func `an end before 2010 ends nothing, and is noted`(milliseconds: Int64) {
        let instant = Timestamp(milliseconds: milliseconds)
        for change in [{ $0.expiresAt = instant }, { $0.accessTokenExpiresAt = instant }] as [(inout Grant) -> Void] {
            let odd = grant {
                $0.holdsAccessToken = true
                change(&$0)
            }
            #expect(decide(odd).action == .keep && odd.isImplausible)
        }
    }

    @Test func `an end before the grant was issued ends nothing, and one at that instant does`() {
        let odd = grant { $0.expiresAt = ago(366) }
        #expect(decide(odd).action == .keep && odd.isImplausible)
        let short = grant {
            $0.issuedAt = ago(20)
            $0.expiresAt = ago(20)
            $0.lastUsedAt = nil
        }
        #expect(decide(short).rule == .expired && !short.isImplausible)
    }

    @Test(arguments: never)
    func `a consent of before 2010 has no lifetime, and is neither new nor idle by it`(milliseconds: Int64) {
        let odd = grant { $0.issuedAt = Timestamp(milliseconds: milliseconds) }
        #expect(decide(odd, maxLifetime: .days(180)).rule == .keep && odd.isImplausible)
    }

    @Test(arguments: never)
    func `observation that began before 2010 is none`(milliseconds: Int64) {
        let odd = grant {
            $0.issuedAt = Timestamp(milliseconds: milliseconds)
            $0.observedFrom = Timestamp(milliseconds: milliseconds)
            $0.lastUsedAt = nil
        }
        #expect(decide(odd).rule == .noEvidence)
        let used = grant {
            $0.observedFrom = nil
            $0.lastUsedAt = Timestamp(milliseconds: milliseconds)
        }
        #expect(decide(used).rule == .noEvidence)
        let feed = UseEvidence.Feed(
            window: Window(from: Timestamp(milliseconds: milliseconds), until: now),
            maxAge: .days(3)
        )
        #expect(decide(odd, feeds: [feed]).rule == .noEvidence)
    }

    @Test func `what is only old is believed`() {
        let old = grant { $0.issuedAt = .earliestSensible }
        #expect(!old.isImplausible && decide(old, maxLifetime: .days(180)).rule == .lifetime)
    }
}
