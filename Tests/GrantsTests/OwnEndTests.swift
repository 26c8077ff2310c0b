import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

private func ago(_ hours: Int64) -> Timestamp { now - .hours(hours) }

/// A grant a year old, in use until a day ago, whose authorization ended two hours ago.
private func grant(_ change: (inout Grant) -> Void = { _ in }) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: "g-1"),
        tenant: "acme",
        client: "portal",
        subject: "u-1",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: ago(365 * 24)
    )
    grant.holdsRefreshToken = true
    grant.observedFrom = ago(365 * 24)
    grant.observedUntil = ago(1)
    grant.lastUsedAt = ago(24)
    grant.expiresAt = ago(2)
    change(&grant)
    return grant
}

private func planner(_ change: (inout PolicyValues) -> Void = { _ in }) -> Planner {
    var policy = PolicyValues()
    change(&policy)
    return Planner(policy: policy, now: now)
}

private func family(_ grants: [Grant]) -> Family {
    Family(grants.map { .init($0, UseEvidence(of: $0, feeds: [], now: now)) })
}

private func decide(
    _ grant: Grant,
    others: [Grant] = [],
    policy change: (inout PolicyValues) -> Void = { _ in },
    context: PlanningContext = PlanningContext()
) -> Decision {
    planner(change).decide(grant, family: family([grant] + others), context: context)
}

private func ownEnd(_ grant: Grant, others: [Grant] = [], canBeAsked: Bool = true) -> OwnEnd {
    var context = PlanningContext()
    context.canBeAsked = canBeAsked
    return planner().ownEnd(of: grant, family: family([grant] + others), context: context)
}

/// Rules 6 and 6b: a date ends a grant only where nothing speaks against it.
@Suite struct OwnEndTests {
    @Test func `rule 6 records an end that the provider agrees with, and never makes a call`() {
        var over = grant { $0.validity.lastInactiveAnswerAt = ago(1) }
        #expect(decide(over) == Decision(.end(.init(.expired, needsCall: false)), .expired, "ended at \(ago(2))"))
        over.validity.lastVerdict = .active
        over.validity.lastVerdictAt = ago(30)
        #expect(decide(over).action == .end(.init(.expired, needsCall: false)))
    }

    @Test func `without an inactive answer after it an end counts as absent, and the later rules go on`() {
        let open = grant()
        #expect(ownEnd(open) == .unconfirmed(ago(2)))
        #expect(decide(open) == Decision(.keep, .keep, "observed without use for less than idle_after"))
        #expect(decide(open, policy: { $0.maxLifetime = .days(100) }).rule == .lifetime)
        let unused = grant { $0.lastUsedAt = ago(200 * 24) }
        #expect(decide(unused).rule == .unused)
    }

    @Test(arguments: [(3, false), (2, false), (1, true)] as [(Int64, Bool)])
    func `only an inactive answer given after the end agrees with it`(hours: Int64, agrees: Bool) {
        let asked = grant { $0.validity.lastInactiveAnswerAt = ago(hours) }
        #expect((ownEnd(asked) == .over(ago(2))) == agrees)
        let counted = grant {
            $0.validity.lastVerdict = .inactive
            $0.validity.lastVerdictAt = ago(hours)
        }
        #expect((ownEnd(counted) == .over(ago(2))) == agrees)
    }

    @Test func `where no token can be asked about, the date is all that will ever be known`() {
        #expect(ownEnd(grant(), canBeAsked: false) == .over(ago(2)))
        #expect(ownEnd(grant { $0.holdsRefreshToken = false }) == .over(ago(2)))
    }

    @Test func `a use after its end contradicts it, and so does an active answer`() {
        let used = grant {
            $0.lastUsedAt = ago(1)
            $0.validity.lastInactiveAnswerAt = now
        }
        #expect(ownEnd(used) == .contradicted(ago(2)) && decide(used).action == .keep)
        var active = grant { $0.validity.lastInactiveAnswerAt = ago(1) }
        active.validity.record(.active, at: ago(1))
        #expect(ownEnd(active) == .contradicted(ago(2)))
        // Also one that another verdict came after.
        active.validity.record(.inactive, at: now)
        #expect(ownEnd(active) == .contradicted(ago(2)))
        #expect(ownEnd(used, canBeAsked: false) == .contradicted(ago(2)))
    }

    @Test func `a use of its family contradicts an end, for the family is one consent`() {
        let over = grant { $0.validity.lastInactiveAnswerAt = ago(1) }
        let other = grant {
            $0.key = .init(provider: "idp", id: "g-2")
            $0.expiresAt = nil
            $0.lastUsedAt = ago(1)
        }
        #expect(ownEnd(over, others: [other]) == .contradicted(ago(2)))
    }

    @Test func `an access token's own end ends a grant that nothing else carries, unless it was used since`() {
        func carried(_ change: (inout Grant) -> Void = { _ in }) -> Grant {
            grant {
                $0.holdsAccessToken = true
                $0.holdsRefreshToken = false
                $0.expiresAt = nil
                $0.accessTokenExpiresAt = ago(2)
                $0.validity.lastInactiveAnswerAt = ago(1)
                change(&$0)
            }
        }
        #expect(decide(carried()).rule == .expired)
        #expect(ownEnd(carried { $0.lastUsedAt = ago(1) }) == .contradicted(ago(2)))
        #expect(ownEnd(carried { $0.claimsRefreshToken = true }) == .none)
        #expect(ownEnd(carried { $0.providerGrantID = "pg-1" }) == .none)
    }

    @Test func `of two ends the one that stands ends the grant`() {
        let both = grant {
            $0.holdsAccessToken = true
            $0.holdsRefreshToken = false
            $0.expiresAt = ago(100)
            $0.lastUsedAt = ago(50)
            $0.accessTokenExpiresAt = ago(2)
        }
        #expect(ownEnd(both) == .contradicted(ago(100)))
        var agreed = both
        agreed.validity.lastInactiveAnswerAt = ago(1)
        #expect(ownEnd(agreed) == .over(ago(2)))
    }

    @Test func `a contradicted end is announced as a lifetime is, and then ended with a call, where policy says so`() {
        let enforce = { (policy: inout PolicyValues) in policy.enforcesOwnEnd = true }
        let used = grant { $0.lastUsedAt = ago(1) }
        let first = decide(used, policy: enforce)
        #expect(first.action == .notice && first.rule == .contradicted)
        func noticed(days: Int64) -> Grant {
            grant {
                $0.lastUsedAt = ago(1)
                $0.standing = .noticed
                $0.cause = .contradicted
                $0.announcedAt = ago(days * 24)
                $0.clockFrom = ago(days * 24)
            }
        }
        #expect(decide(noticed(days: 29), policy: enforce).action == .keep)
        let over = decide(noticed(days: 30), policy: enforce)
        #expect(over.action == .end(.init(.expired, needsCall: true)) && over.rule == .contradicted)
        // Withdrawn, the policy lets go what was announced by it.
        #expect(decide(noticed(days: 30)).action == .reprieve)
        let other = grant {
            $0.lastUsedAt = ago(1)
            $0.standing = .noticed
            $0.cause = .lifetime
            $0.announcedAt = ago(24)
            $0.clockFrom = ago(24)
        }
        let waits = decide(
            other,
            policy: {
                $0.enforcesOwnEnd = true
                $0.maxLifetime = .days(100)
            }
        )
        #expect(waits.action == .keep && waits.rule == .lifetime)
    }

    @Test func `an exemption goes before its own end`() {
        let exempt = grant {
            $0.validity.lastInactiveAnswerAt = ago(1)
            $0.exemption = Exemption(owner: "ops", reason: "year end", until: now + .hours(1))
        }
        #expect(decide(exempt).rule == .exempt)
    }

    // MARK: Questions

    @Test func `the provider is asked right after an own end, and at once where that has passed`() {
        let due = { (grant: Grant) in planner().questionDue(grant, context: PlanningContext()) }
        let ahead = grant {
            $0.expiresAt = now + .hours(1)
            $0.validity.lastVerdict = .active
            $0.validity.lastVerdictAt = now
        }
        #expect(due(ahead) == now + .hours(1) + .milliseconds(1))
        let past = grant {
            $0.validity.lastVerdict = .active
            $0.validity.lastVerdictAt = ago(3)
        }
        #expect(due(past) == now)
        let asked = grant {
            $0.validity.lastVerdict = .active
            $0.validity.lastVerdictAt = now
        }
        #expect(due(asked).map { $0 > now + .hours(11) } ?? false)
    }

    @Test func `a doubtful end asks at once until an answer came after it`() {
        func isAsked(_ change: (inout Grant) -> Void) -> Bool {
            let one = grant(change)
            return planner().isToBeAskedAtOnce(one, ownEnd(one), context: PlanningContext())
        }
        #expect(isAsked { _ in })
        #expect(isAsked { $0.lastUsedAt = ago(1) })
        #expect(!isAsked { $0.validity.failures = 1 })
        #expect(!isAsked { $0.validity.lastInactiveAnswerAt = ago(1) })
        #expect(!isAsked { $0.validity.record(.active, at: ago(1)) })
    }

    // MARK: Notes

    @Test func `a note tells what keeps a grant although a date says otherwise`() {
        func notes(_ change: (inout Grant) -> Void) -> [String] {
            let one = grant(change)
            return planner().notes(of: one, ownEnd(one), context: PlanningContext()).words.map(\.rawValue)
        }
        #expect(notes { _ in } == ["awaits-inactive"])
        #expect(notes { $0.lastUsedAt = ago(1) } == ["contradicted"])
        #expect(notes { $0.expiresAt = nil } == [])
        #expect(notes { $0.expiresAt = Timestamp(milliseconds: 0) } == ["implausible"])
        #expect(
            notes {
                $0.expiresAt = nil
                $0.toldScopes = ScopeSet(["ticket.read", "ticket.write"])
                $0.toldScopesKind = .accessToken
                $0.validity.unknownWhy = .staleToken
                $0.resurfacedAt = now
            } == ["stale-token", "scope-drift", "resurfaced"]
        )
    }
}
