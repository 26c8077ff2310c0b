internal import Grants

/// Makes of a decision what is to be written: the new state, its journal entry, its count, its order to revoke.
struct GrantChange {
    let actor: Actor
    let run: Int64?
    let now: Timestamp
    /// Approved by hash or ordered by hand: the valve does not count it.
    var isApproved = false
    var reference: String?
    /// What a person's order goes past.
    var options = OrderOptions()

    func apply(_ assessment: Assessment, in writing: any StoreWriting) throws {
        try planned(assessment).write(to: writing)
    }

    /// The change as a value, made without touching the store.
    func planned(_ assessment: Assessment) -> PlannedChange {
        var stored = assessment.stored
        let decision = assessment.decision
        let circumstances = assessment.circumstances
        let before = stored.grant.standing
        stored.grant.carry(decision, at: now, announces: circumstances.announces)
        let after = stored.grant.standing
        var closesFinding = false
        if after == .expired || after == .revoked {
            stored.endedAt = now
            closesFinding = stored.grant.resurfacedAt != nil || stored.grant.settledAt != nil
            LifeAfterEnd.close(&stored.grant, by: .end)
        } else if after == .revoking {
            // Also of what had ended and resurfaced.
            stored.endedAt = nil
            stored.grant.proof = nil
        }
        if after.isLive {
            let keep = Decision(.keep, decision.rule, "")
            let deadline = circumstances.planner.deadline(of: stored.grant, family: assessment.family, after: keep)
            stored.dueAt = deadline.dueAt
            stored.waitsForEvidence = deadline.waitsForEvidence
            stored.keptBy = nil
            // What was over meanwhile (a lifetime, an end) is judged at once.
            if decision.action == .reprieve || decision.action == .restore { stored.dueAt = now }
        }
        return PlannedChange(
            stored: stored,
            decision: decision,
            event: Event.Draft(event(stored, decision, from: before), about: stored),
            at: now,
            isCounted: Gates.isCounted(decision) && !isApproved,
            order: order(stored, decision),
            closesFinding: closesFinding
        )
    }

    /// nil: nothing is to be revoked.
    private func order(_ stored: StoredGrant, _ decision: Decision) -> RevocationOrder? {
        guard stored.grant.standing == .revoking, case .end(let end) = decision.action else { return nil }
        var order = RevocationOrder(
            row: stored.row,
            target: end.standing,
            rule: decision.rule,
            reason: decision.reason,
            actor: actor
        )
        order.reference = reference
        order.run = run
        order.nextTryAt = now
        order.whileFrozen = options.whileFrozen
        order.whileHeld = options.whileHeld
        return order
    }

    private func event(_ stored: StoredGrant, _ decision: Decision, from before: Standing) -> Event {
        var type = Lifecycle.event(from: before, to: stored.grant.standing) ?? decision.action.name
        if case .end(let end) = decision.action, end.isSuperseded { type = Event.Kind.grantSuperseded }
        var event = Event(type, at: now, about: stored.grant)
        event.reason = decision.reason
        event.rule = decision.rule
        event.run = run
        event.actor = actor
        event.reference = reference
        return event
    }
}
