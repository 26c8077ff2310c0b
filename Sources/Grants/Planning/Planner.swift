/// The verdict on one grant: a pure function of what is stored and the time.
///
/// The first rule that applies decides. Unknown is never a reason to end a grant.
package struct Planner: Sendable {
    package let policy: PolicyValues
    package let now: Timestamp

    package init(policy: PolicyValues, now: Timestamp) {
        self.policy = policy
        self.now = now
    }

    /// Judges a grant by its family: the live members, the grant among them.
    package func decide(_ grant: Grant, family: Family, context: PlanningContext) -> Decision {
        guard grant.standing.isLive else {
            return Decision(.keep, .keep, "decided already")
        }
        let decision = firstRule(grant, family, context)
        return carriedOut(decision, family, context)
    }

    /// Whether the provider is to be asked; no keep hides it.
    package func isVerdictDue(_ grant: Grant, context: PlanningContext) -> Bool {
        guard context.canBeAsked, grant.standing.isLive,
            grant.holdsRefreshToken || grant.holdsAccessToken
        else { return false }
        guard let last = grant.validity.lastVerdictAt else { return true }
        if grant.validity.inactiveCount == 1 { return now >= last + policy.confirmAfter }
        return now >= ownInstant(of: grant, after: last)
    }

    private func firstRule(_ grant: Grant, _ family: Family, _ context: PlanningContext) -> Decision {
        if context.isOurs { return Decision(.keep, .selfProtection, "grantkeeper lives on it") }
        if let decision = usedAgain(grant, family) { return decision }
        if let decision = groundGone(grant, family, context) { return decision }
        if let decision = goneAtProvider(grant, family) { return decision }
        if let exemption = grant.exemption, now < exemption.until {
            return Decision(relief(grant) ?? .keep, .exempt, "exempt until \(exemption.until)")
        }
        if let decision = endedByItself(grant, family, context) { return decision }
        if isOverLifetime(family), mayAnnounce(grant, .lifetime) {
            return announced(grant, .lifetime, policy.lifetimeNotice, .expired, "max-lifetime is over")
        }
        if case .outside(let excess) = context.scopes, policy.onScopeViolation == .revoke,
            mayAnnounce(grant, .outOfPolicy)
        {
            let names = excess.prefix(5).joined(separator: " ")
            let because = context.scopesChangedIn.map { ", because the policy changed in \($0)" } ?? ""
            return announced(grant, .outOfPolicy, policy.notice, .revoked, "not allowed: \(names)\(because)")
        }
        if let youngest = family.youngest, now < youngest + policy.newGrantGrace {
            return Decision(.keep, .new, "younger than \(policy.newGrantGrace.typed)")
        }
        return disuse(grant, family, context)
    }

    // MARK: Rules 2 and 3

    private func relief(_ grant: Grant) -> Decision.Action? {
        switch grant.standing {
        case .noticed: .reprieve
        case .quarantined: .restore
        default: nil
        }
    }

    private func usedAgain(_ grant: Grant, _ family: Family) -> Decision? {
        guard let relief = relief(grant), grant.cause == .unused, let since = grant.announcedAt,
            let used = family.lastUsedAt, used >= since
        else { return nil }
        return Decision(relief, .usedAgain, "used at \(used)")
    }

    private func groundGone(_ grant: Grant, _ family: Family, _ context: PlanningContext) -> Decision? {
        guard let relief = relief(grant) else { return nil }
        let isGone: Bool
        switch grant.cause {
        case .unused: isGone = family.idle.map { $0 < policy.idleAfter } ?? false
        case .lifetime: isGone = !isOverLifetime(family)
        case .contradicted:
            let isContradicted =
                if case .contradicted = ownEnd(of: grant, family: family, context: context) { true } else { false }
            isGone = !policy.enforcesOwnEnd || !isContradicted
        case .outOfPolicy:
            // Unknown is no reason to let a threat stand.
            isGone = policy.onScopeViolation != .revoke || !context.scopes.isOutside
        default: isGone = true
        }
        return isGone ? Decision(relief, .groundGone, "its reason no longer holds") : nil
    }

    // MARK: Rules 7 to 11

    /// One announcement runs at a time: a second reason waits until the first has ended the grant or
    /// let it go, so nobody is told one thing and shown another.
    func mayAnnounce(_ grant: Grant, _ rule: Rule) -> Bool {
        grant.standing == .active || grant.cause == rule
    }

    private func isOverLifetime(_ family: Family) -> Bool {
        guard let life = policy.maxLifetime, let oldest = family.oldest else { return false }
        return oldest + life <= now
    }

    /// Notice, then end, by the clock alone: rules 6b, 7 and 8.
    func announced(
        _ grant: Grant,
        _ rule: Rule,
        _ period: Duration,
        _ standing: Standing,
        _ reason: String
    ) -> Decision {
        let end = Decision(.end(.init(standing, needsCall: true)), rule, reason)
        if period == .zero { return end }
        if grant.standing == .active { return Decision(.notice, rule, reason) }
        guard let start = grant.clockFrom else { return Decision(.keep, rule, "nobody acknowledged the notice yet") }
        return now >= start + period ? end : Decision(.keep, rule, "announced until \(start + period)")
    }

    private func disuse(_ grant: Grant, _ family: Family, _ context: PlanningContext) -> Decision {
        if context.scopes == .noPolicy, policy.onScopeViolation == .revoke {
            return Decision(.keep, .noEvidence, "no-policy")
        }
        guard let window = family.window, let idleSince = family.idleSince else {
            return unobserved(grant, family, family.standstill ?? "nobody observes its use")
        }
        guard now - window.until <= policy.evidenceMaxAge, family.isFresh else {
            return unobserved(grant, family, family.standstill ?? "observed only until \(window.until)")
        }
        guard window.until - idleSince >= policy.idleAfter else {
            return Decision(.keep, .keep, "observed without use for less than idle_after")
        }
        return advanced(grant, window, "not used since \(idleSince)")
    }

    /// Rule 10: the standing stays, but receivers refuse nothing for long that nobody could be seen to use.
    private func unobserved(_ grant: Grant, _ family: Family, _ reason: String) -> Decision {
        guard grant.standing == .quarantined, grant.cause == .unused,
            family.heardUntil.map({ now - $0 > policy.evidenceMaxAge }) ?? true
        else { return Decision(.keep, .noEvidence, reason) }
        return Decision(.restore, .noEvidence, "\(reason), and no line of its feed came since")
    }

    /// Notice, quarantine, end: clock *and* observation must have passed each period.
    private func advanced(_ grant: Grant, _ window: Window, _ reason: String) -> Decision {
        let end = Decision(.end(.init(.expired, needsCall: true)), .unused, reason)
        let quarantine = policy.quarantine == .zero ? end : Decision(.quarantine, .unused, reason)
        let period: Duration
        let next: Decision
        switch grant.standing {
        case .quarantined: (period, next) = (policy.quarantine, end)
        case .noticed where grant.cause == .unused: (period, next) = (policy.notice, quarantine)
        default: return policy.notice == .zero ? quarantine : Decision(.notice, .unused, reason)
        }
        if period == .zero { return next }
        guard let start = grant.clockFrom else {
            return Decision(.keep, .unused, "nobody acknowledged the announcement yet")
        }
        let over = start + period
        return now >= over && window.until >= over
            ? next : Decision(.keep, .unused, "announced; observed and waited for until \(over)")
    }

    // MARK: Ends that cannot be carried out

    private func carriedOut(_ decision: Decision, _ family: Family, _ context: PlanningContext) -> Decision {
        let needsCall: Bool
        switch decision.action {
        case .keep, .reprieve, .restore: return decision
        // Both lead to an end with a call: what never comes is not announced, and nothing is cut off for ever.
        case .notice, .quarantine: needsCall = true
        case .end(let end): needsCall = end.needsCall
        }
        if family.isMixed { return Decision(.keep, .collateral, "its family crosses tenants or clients") }
        if needsCall, let obstacle = context.obstacle { return Decision(.keep, .cannotRevoke, obstacle.reason) }
        if decision.action == .notice, !context.someoneIsTold {
            return Decision(.keep, .nobodyTold, "no sink with notifies: true")
        }
        return decision
    }
}
