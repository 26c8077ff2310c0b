/// When a grant must be judged again.
package struct Deadline: Hashable, Sendable {
    /// The earliest instant at which the decision may change by the clock; nil: never by itself.
    package var dueAt: Timestamp?
    /// The clock would allow more than the observation does: a feed's move makes it due at once.
    package var waitsForEvidence: Bool

    package init(dueAt: Timestamp?, waitsForEvidence: Bool) {
        self.dueAt = dueAt
        self.waitsForEvidence = waitsForEvidence
    }
}

extension Planner {
    /// When the decision just made may change, with nothing but time passing.
    ///
    /// Never too late: what changes a decision otherwise (a use, a verdict, an acknowledgement, a feed's
    /// move, a policy) makes the grant due when it is stored.
    package func deadline(of grant: Grant, family: Family, after decision: Decision) -> Deadline {
        guard grant.standing.isLive else { return Deadline(dueAt: nil, waitsForEvidence: false) }
        var earliest = Earliest(after: now)
        noteClock(grant, family, in: &earliest)
        // An answer may have settled it, or contradicted it: the end is looked at again every day.
        if grant.isPastAnOwnEnd(at: now) { earliest.note(tomorrow(for: grant)) }
        var waits = false
        switch decision.rule {
        case .noEvidence:
            waits = true
            if family.window != nil || grant.standing == .quarantined { earliest.note(tomorrow(for: grant)) }
        case .unused, .keep:
            // Past its time by the clock, not yet by what was observed.
            if let idleSince = family.idleSince, idleSince + policy.idleAfter <= now {
                waits = true
                earliest.note(tomorrow(for: grant))
            }
        case .cannotRevoke, .collateral, .nobodyTold, .selfProtection, .goneAtProvider, .expired, .contradicted:
            earliest.note(tomorrow(for: grant))
        case .usedAgain, .groundGone, .exempt, .lifetime, .outOfPolicy, .new, .byHand:
            break
        }
        return Deadline(dueAt: earliest.instant, waitsForEvidence: waits)
    }

    /// The earliest of several instants, those that are past left out.
    private struct Earliest {
        let now: Timestamp
        var instant: Timestamp?

        init(after now: Timestamp) { self.now = now }

        mutating func note(_ other: Timestamp) {
            guard other > now else { return }
            instant = instant.map { min($0, other) } ?? other
        }
    }

    private func tomorrow(for grant: Grant) -> Timestamp {
        now + .days(1) + StableJitter.delay(grant.key, upTo: .hours(1))
    }

    private func noteClock(_ grant: Grant, _ family: Family, in earliest: inout Earliest) {
        if let youngest = family.youngest { earliest.note(youngest + policy.newGrantGrace) }
        if let until = grant.exemption?.until { earliest.note(until) }
        if let end = grant.ownEnd(after: now) { earliest.note(end) }
        if let life = policy.maxLifetime, let oldest = family.oldest { earliest.note(oldest + life) }
        if let idleSince = family.idleSince { earliest.note(idleSince + policy.idleAfter) }
        if grant.standing == .quarantined, let heard = family.heardUntil {
            earliest.note(heard + policy.evidenceMaxAge + .milliseconds(1))
        }
        if let start = grant.clockFrom, let period = announcedPeriod(grant) { earliest.note(start + period) }
    }

    /// How long the present notice or quarantine lasts; nil where there is none.
    package func announcedPeriod(_ grant: Grant) -> Duration? {
        switch grant.standing {
        case .noticed:
            grant.cause == .lifetime || grant.cause == .contradicted ? policy.lifetimeNotice : policy.notice
        case .quarantined: policy.quarantine
        default: nil
        }
    }

    /// When the provider is to be asked next; nil: never.
    ///
    /// An unknown answer is repeated sooner than a verdict, the later the more there were in a row.
    package func questionDue(_ grant: Grant, context: PlanningContext) -> Timestamp? {
        questionDue(grant, after: grant.validity, context: context)
    }

    /// The same, once the provider has said this of the grant.
    package func questionDue(_ grant: Grant, after validity: Validity, context: PlanningContext) -> Timestamp? {
        guard context.canBeAsked, grant.standing.isLive else { return nil }
        if validity.failures > 0 {
            let backoff = Duration.minutes(5 << Int64(min(validity.failures - 1, 6)))
            return now + min(backoff, policy.revalidateEvery)
        }
        guard let last = validity.lastVerdictAt else { return now }
        if validity.inactiveSince != nil, validity.inactiveCount <= policy.confirmations {
            return last + policy.confirmAfter
        }
        let next = ownInstant(of: grant, after: last)
        // Only an answer given after its own end says whether that has come true.
        guard let end = grant.ownEnd(after: last), end < next else { return next }
        return max(now, end + .milliseconds(1))
    }

    /// The grant's own instant in every interval, always the same for the same grant, as far as it can be kept.
    ///
    /// Never later than `revalidate_every` after the last verdict and never earlier than half of it: where the own
    /// instant is nearer, it is reached in two equal steps. So grants that came together are asked evenly over the
    /// interval from the second one on.
    package func ownInstant(of grant: Grant, after last: Timestamp) -> Timestamp {
        let every = max(1, policy.revalidateEvery.milliseconds)
        let phase = StableJitter.delay(grant.key, upTo: .milliseconds(every)).milliseconds
        let since = (phase - last.milliseconds % every) % every
        let distance = since > 0 ? since : since + every
        let isNear = distance < every - distance
        return last + .milliseconds(isNear ? distance / 2 + every / 2 : distance)
    }
}
