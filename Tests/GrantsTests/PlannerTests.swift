import Grants
import Testing

/// A day on which everything below is judged.
private let now = Timestamp(milliseconds: 1_795_478_400_000)

private func ago(_ days: Int64) -> Timestamp { now - .days(days) }

/// A grant a year old, observed since, and idle for `idle` days of it.
private func grant(idle: Int64 = 1, _ change: (inout Grant) -> Void = { _ in }) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: "g-1"),
        tenant: "acme",
        client: "portal",
        subject: "u-1",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: ago(365)
    )
    grant.holdsAccessToken = true
    grant.holdsRefreshToken = true
    grant.observedFrom = ago(365)
    grant.observedUntil = ago(1)
    grant.lastUsedAt = ago(1 + idle)
    change(&grant)
    return grant
}

private func decide(
    _ grant: Grant,
    others: [Grant] = [],
    feeds: [UseEvidence.Feed] = [],
    policy change: (inout PolicyValues) -> Void = { _ in },
    context adjust: (inout PlanningContext) -> Void = { _ in }
) -> Decision {
    var policy = PolicyValues()
    change(&policy)
    var context = PlanningContext()
    adjust(&context)
    let family = Family(
        ([grant] + others).map { .init($0, UseEvidence(of: $0, feeds: feeds, now: now)) }
    )
    return Planner(policy: policy, now: now).decide(grant, family: family, context: context)
}

private func announce(_ grant: inout Grant, _ standing: Standing, _ cause: Rule, daysAgo: Int64) {
    grant.standing = standing
    grant.cause = cause
    grant.announcedAt = ago(daysAgo)
    grant.clockFrom = ago(daysAgo)
}

private func lose(_ grant: inout Grant, count: Int = 2, over: Duration = .hours(1)) {
    grant.validity.inactiveSince = now - over
    grant.validity.firstCountedAt = now - over
    grant.validity.lastCountedAt = now
    grant.validity.inactiveCount = count
}

@Suite struct PlannerTests {
    // MARK: One test a rule, in the table's order

    @Test func `rule 1 keeps what we live on, even when it is gone`() {
        let decision = decide(grant { lose(&$0) }, context: { $0.ownership = .byToken })
        #expect(decision.action == .keep && decision.rule == .selfProtection)
    }

    @Test(arguments: [(Standing.noticed, "reprieve"), (.quarantined, "restore")])
    func `rule 2 lets go what was used since it was announced`(standing: Standing, action: String) {
        let decision = decide(
            grant {
                announce(&$0, standing, .unused, daysAgo: 5)
                $0.lastUsedAt = ago(4)
            }
        )
        #expect(decision.action.name == action && decision.rule == .usedAgain)
    }

    @Test func `rule 3 lets go what a longer period no longer covers`() {
        let announced = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 2) }
        let decision = decide(announced, policy: { $0.idleAfter = .days(200) })
        #expect(decision.action == .reprieve && decision.rule == .groundGone)
        #expect(decide(announced).action == .keep)
    }

    @Test func `rule 3 ignores freshness, and a lost window is no ground gone`() {
        let stale = grant(idle: 100) {
            announce(&$0, .noticed, .unused, daysAgo: 2)
            $0.observedFrom = nil
            $0.observedUntil = nil
        }
        let decision = decide(stale)
        #expect(decision.action == .keep && decision.rule == .noEvidence)
    }

    @Test func `rule 4 ends what is gone, without a call`() {
        let decision = decide(grant { lose(&$0) })
        #expect(decision.action == .end(.init(.revoked, needsCall: false)))
        #expect(decision.rule == .goneAtProvider)
    }

    @Test(arguments: [(1, Duration.hours(1)), (0, .hours(1)), (2, .minutes(14)), (9, .zero)])
    func `rule 4 waits for the confirmations and for their time`(count: Int, over: Duration) {
        #expect(decide(grant { lose(&$0, count: count, over: over) }).action == .keep)
    }

    @Test func `rule 4 does not believe the loss of a token whose grant was used after it`() {
        let decision = decide(
            grant {
                lose(&$0)
                $0.lastUsedAt = now - .minutes(5)
            }
        )
        #expect(decision.action == .keep)
    }

    @Test func `rule 4 ends one member as superseded only while its successor is known to live`() {
        let gone = grant { lose(&$0) }
        var other = grant {
            $0.key = .init(provider: "idp", id: "g-2")
            $0.firstRecordedAt = ago(3)
        }
        #expect(decide(gone, others: [other]).action == .keep)
        other.validity.record(.active, at: now)
        let superseded = Decision(.end(.superseded(by: other.key)), .goneAtProvider, "superseded by g-2")
        #expect(decide(gone, others: [other]) == superseded)
        other.validity.record(.inactive, at: now)
        #expect(decide(gone, others: [other]).action == .keep)
    }

    @Test(arguments: [(Standing.active, "keep"), (.noticed, "reprieve"), (.quarantined, "restore")])
    func `rule 5 keeps what a person exempted, until the date`(standing: Standing, action: String) {
        func exempted(until: Timestamp) -> Grant {
            grant(idle: 100) {
                if standing != .active { announce(&$0, standing, .unused, daysAgo: 2) }
                $0.exemption = Exemption(owner: "ops", reason: "year end", until: until)
            }
        }
        let decision = decide(exempted(until: now + .days(1)))
        #expect(decision.action.name == action && decision.rule == .exempt)
        #expect(decide(exempted(until: now)).rule != .exempt)
    }

    @Test func `rule 6 never takes an old access token beside a refresh token for the end`() {
        let old = grant {
            $0.accessTokenExpiresAt = ago(1)
            $0.lastUsedAt = ago(5)
            $0.validity.lastInactiveAnswerAt = now
        }
        #expect(decide(old).action == .keep)
        var claimed = old
        claimed.holdsRefreshToken = false
        claimed.claimsRefreshToken = true
        #expect(decide(claimed).action == .keep)
        claimed.claimsRefreshToken = false
        #expect(decide(claimed).rule == .expired)
    }

    @Test func `rule 7 announces a lifetime that is over, and then ends it`() {
        let limit = { (policy: inout PolicyValues) in policy.maxLifetime = .days(180) }
        let first = decide(grant(), policy: limit)
        #expect(first.action == .notice && first.rule == .lifetime)
        let waiting = decide(grant { announce(&$0, .noticed, .lifetime, daysAgo: 29) }, policy: limit)
        #expect(waiting.action == .keep)
        let over = decide(grant { announce(&$0, .noticed, .lifetime, daysAgo: 30) }, policy: limit)
        #expect(over.action == .end(.init(.expired, needsCall: true)))
    }

    @Test func `rule 8 ends what is outside its policy only where the policy says so`() {
        let outside = { (context: inout PlanningContext) in context.scopes = .outside(["ticket.write"]) }
        #expect(decide(grant(), context: outside).action == .keep)
        let revoke = { (policy: inout PolicyValues) in policy.onScopeViolation = .revoke }
        #expect(decide(grant(), policy: revoke, context: outside).action == .notice)
        let over = grant { announce(&$0, .noticed, .outOfPolicy, daysAgo: 7) }
        #expect(
            decide(over, policy: revoke, context: outside).action
                == .end(.init(.revoked, needsCall: true))
        )
        let unknown = decide(grant(), policy: revoke, context: { $0.scopes = .noPolicy })
        #expect(unknown.rule == .noEvidence && unknown.reason == "no-policy")
    }

    @Test(arguments: [.notJudged, .allowed, .noPolicy, .outside(["ticket.write"])] as [PlanningContext.ScopeJudgement])
    func `rule 3 takes a notice of rule 8 back unless the scopes are known to be outside`(
        judgement: PlanningContext.ScopeJudgement
    ) {
        for days in [Int64(1), 8] {
            let noticed = grant { announce(&$0, .noticed, .outOfPolicy, daysAgo: days) }
            let decision = decide(
                noticed,
                policy: { $0.onScopeViolation = .revoke },
                context: { $0.scopes = judgement }
            )
            #expect((decision.rule == .groundGone) == !judgement.isOutside)
            #expect((decision.action == .reprieve) == !judgement.isOutside)
        }
    }

    @Test func `rule 9 keeps what is new, however little it was used`() {
        let young = grant(idle: 5) { $0.issuedAt = ago(13) }
        let decision = decide(young, policy: { $0.idleAfter = .days(1) })
        #expect(decision.action == .keep && decision.rule == .new)
    }

    @Test func `rule 10 restores what is quarantined once no line of its feed came for long`() {
        let policy = { (policy: inout PolicyValues) in policy.quarantine = .days(30) }
        func quarantined(heard days: Int64) -> Decision {
            let feed = UseEvidence.Feed(window: Window(from: ago(300), until: ago(days)), maxAge: .days(2))
            return decide(
                grant(idle: 200) { announce(&$0, .quarantined, .unused, daysAgo: 10) },
                feeds: [feed],
                policy: policy
            )
        }
        #expect(quarantined(heard: 3) == Decision(.keep, .noEvidence, "observed only until \(ago(3))"))
        let restored = quarantined(heard: 4)
        #expect(restored.action == .restore && restored.rule == .noEvidence)
        let noticed = grant(idle: 200) {
            announce(&$0, .noticed, .unused, daysAgo: 10)
            $0.observedUntil = ago(9)
        }
        #expect(decide(noticed).action == .keep)
    }

    @Test func `rule 10 keeps what nobody observes`() {
        let unseen = grant(idle: 300) {
            $0.observedFrom = nil
            $0.lastUsedAt = nil
        }
        #expect(decide(unseen).rule == .noEvidence)
    }

    @Test func `rule 10 keeps what was last observed too long ago`() {
        let stale = grant(idle: 300) { $0.observedUntil = ago(4) }
        #expect(decide(stale).rule == .noEvidence)
    }

    @Test func `rule 11 announces, quarantines and ends what nobody uses`() {
        #expect(decide(grant(idle: 90)).action == .notice)
        #expect(decide(grant(idle: 89)).action == .keep)
        let noticed = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 9) }
        #expect(decide(noticed).action == .end(.init(.expired, needsCall: true)))
        let quarantine = { (policy: inout PolicyValues) in policy.quarantine = .days(3) }
        #expect(decide(noticed, policy: quarantine).action == .quarantine)
        let quarantined = grant(idle: 100) { announce(&$0, .quarantined, .unused, daysAgo: 4) }
        #expect(decide(quarantined, policy: quarantine).action == .end(.init(.expired, needsCall: true)))
        #expect(decide(grant(idle: 100), policy: { $0.notice = .zero }).isEnd)
    }

    @Test func `rule 12 keeps the rest`() {
        #expect(decide(grant()) == Decision(.keep, .keep, "observed without use for less than idle_after"))
    }

    @Test func `a keep claims no use that was not seen`() {
        let patient = { (policy: inout PolicyValues) in policy.idleAfter = .days(180) }
        let decision = decide(grant(idle: 120), policy: patient)
        #expect(decision.action == .keep && !decision.reason.contains("in use"))
    }

    @Test func `rules 9 and 11 count a new life from when it was first seen`() {
        let reborn = grant(idle: 200) { $0.firstSeenAt = ago(10) }
        #expect(decide(reborn).rule == .new)
        let old = grant(idle: 200) { $0.firstSeenAt = ago(40) }
        #expect(decide(old).rule == .keep)
        #expect(decide(old, policy: { $0.maxLifetime = .days(180) }).rule == .lifetime)
    }

    @Test func `a second reason never ends a grant by the notice given for a first`() {
        let noticed = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 5) }
        for days in [Int64(5), 40] {
            let other = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: days) }
            let lifetime = decide(
                other,
                policy: {
                    $0.maxLifetime = .days(180)
                    $0.notice = .days(60)
                }
            )
            #expect(lifetime.action == .keep && lifetime.rule == .unused)
            let outside = decide(
                other,
                policy: {
                    $0.onScopeViolation = .revoke
                    $0.notice = .days(60)
                },
                context: { $0.scopes = .outside(["ticket.write"]) }
            )
            #expect(outside.action == .keep && outside.rule == .unused)
        }
        let exhausted = decide(noticed, policy: { $0.maxLifetime = .days(180) })
        #expect(exhausted.action == .keep && exhausted.rule == .unused)
    }

    // MARK: Evidence

    @Test func `a feed that starts today notices nothing`() {
        let today = UseEvidence.Feed(window: Window(from: now - .hours(1), until: now), maxAge: .days(3))
        let used = grant(idle: 200) {
            $0.observedFrom = nil
            $0.observedUntil = nil
        }
        #expect(decide(used, feeds: [today]).action == .keep)
    }

    @Test func `a feed that dies in the notice week ends nothing`() {
        let dead = UseEvidence.Feed(window: Window(from: ago(365), until: ago(2)), maxAge: .days(30))
        let noticed = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 8) }
        #expect(decide(noticed, feeds: [dead]).action == .keep)
        let alive = UseEvidence.Feed(window: Window(from: ago(365), until: now), maxAge: .days(3))
        #expect(decide(noticed, feeds: [alive]).isEnd)
    }

    @Test func `a fresh import does not stand in for a dead feed`() {
        let dead = UseEvidence.Feed(window: Window(from: ago(365), until: ago(10)), maxAge: .days(3))
        #expect(decide(grant(idle: 200), feeds: [dead]).rule == .noEvidence)
    }

    @Test func `a declared feed that never spoke leaves no window`() {
        let silent = UseEvidence.Feed(window: nil, maxAge: .days(3))
        #expect(decide(grant(idle: 200), feeds: [silent]).rule == .noEvidence)
    }

    @Test func `use of one member is use of the family`() {
        let used = grant(idle: 1) { $0.key = .init(provider: "idp", id: "g-2") }
        #expect(decide(grant(idle: 200), others: [used]).action == .keep)
    }

    @Test func `what the clock has not reached was not observed`() {
        let ahead = grant(idle: 1) { $0.observedUntil = now + .days(400) }
        #expect(decide(ahead).action == .keep)
        let feed = UseEvidence.Feed(window: Window(from: ago(300), until: now + .days(400)), maxAge: .days(3))
        #expect(decide(ahead, feeds: [feed]).action == .keep)
    }

    @Test func `a reason claims no more than was observed`() {
        let decision = decide(grant(idle: 300) { $0.observedFrom = ago(120) })
        #expect(decision.reason == "not used since \(ago(120))")
    }

    @Test func `a use in the notice that is told in the quarantine still counts`() {
        let used = grant {
            announce(&$0, .quarantined, .unused, daysAgo: 3)
            $0.announcedAt = ago(40)
            $0.lastUsedAt = ago(30)
        }
        let decision = decide(
            used,
            policy: {
                $0.idleAfter = .days(5)
                $0.quarantine = .days(1)
            }
        )
        #expect(decision.action == .restore && decision.rule == .usedAgain)
    }

    @Test(arguments: [Standing.revoking, .stuck, .expired, .revoked])
    func `what is decided already is not judged again`(standing: Standing) {
        let decision = decide(
            grant(idle: 300) {
                lose(&$0)
                $0.standing = standing
                $0.expiresAt = ago(1)
            }
        )
        #expect(decision.action == .keep)
    }

    // MARK: Ends that cannot be carried out

    @Test func `a family across tenants is not even announced, quarantined or superseded`() {
        let foreign = grant(idle: 300) {
            $0.key = .init(provider: "idp", id: "g-2")
            $0.tenant = "globex"
            $0.firstRecordedAt = ago(1)
            $0.validity.record(.active, at: now)
        }
        #expect(decide(grant(idle: 300), others: [foreign]).rule == .collateral)
        #expect(decide(grant { lose(&$0) }, others: [foreign]).rule == .collateral)
        let noticed = grant(idle: 300) { announce(&$0, .noticed, .unused, daysAgo: 9) }
        #expect(decide(noticed, others: [foreign], policy: { $0.quarantine = .days(1) }).rule == .collateral)
    }

    @Test func `an end that cannot be carried out is a keep that says so`() {
        let due = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 9) }
        #expect(decide(due, context: { $0.obstacle = .noCredentials }).rule == .cannotRevoke)
        #expect(decide(grant(idle: 100), context: { $0.someoneIsTold = false }).rule == .nobodyTold)
        let foreign = grant(idle: 100) {
            $0.key = .init(provider: "idp", id: "g-2")
            $0.tenant = "globex"
        }
        #expect(decide(due, others: [foreign]).rule == .collateral)
    }

    @Test(arguments: [RevocationObstacle.unknownProvider, .noToken, .noCredentials, .noEndpoint])
    func `what can never be revoked is neither announced, quarantined nor ended, and says why`(
        obstacle: RevocationObstacle
    ) {
        let context = { (context: inout PlanningContext) in context.obstacle = obstacle }
        let noticed = grant(idle: 100) { announce(&$0, .noticed, .unused, daysAgo: 9) }
        let quarantine = { (policy: inout PolicyValues) in policy.quarantine = .days(3) }
        for decision in [
            decide(grant(idle: 100), context: context), decide(noticed, context: context),
            decide(noticed, policy: quarantine, context: context),
            decide(grant(), policy: { $0.maxLifetime = .days(180) }, context: context),
        ] {
            #expect(decision == Decision(.keep, .cannotRevoke, obstacle.reason))
        }
        #expect(decide(grant { lose(&$0) }, context: context).isEnd)
    }

    @Test func `a notice nobody acknowledged never runs out`() {
        let unheard = grant(idle: 100) {
            announce(&$0, .noticed, .unused, daysAgo: 90)
            $0.clockFrom = nil
        }
        #expect(decide(unheard).action == .keep)
    }

    @Test func `unknown verdicts, however many, end nothing`() {
        for reason in UnknownReason.allCases {
            let decision = decide(
                grant {
                    $0.validity.lastVerdict = .unknown(reason)
                    $0.validity.failures = 1_000
                }
            )
            #expect(decision.action == .keep)
        }
    }

    @Test func `no keep hides that a verdict is due`() {
        let planner = Planner(policy: PolicyValues(), now: now)
        var asked = grant()
        #expect(planner.isVerdictDue(asked, context: PlanningContext()))
        asked.validity.lastVerdictAt = now - .hours(1)
        #expect(!planner.isVerdictDue(asked, context: PlanningContext()))
        asked.validity.inactiveCount = 1
        #expect(planner.isVerdictDue(asked, context: PlanningContext()))
    }
}
