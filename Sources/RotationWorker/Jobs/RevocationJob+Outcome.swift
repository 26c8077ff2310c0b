internal import Grants

/// What came of an order, as the store keeps it.
extension RevocationJob {
    func store(
        _ attempt: Attempt,
        _ assessor: Assessor,
        _ now: Timestamp,
        _ writing: any StoreWriting,
        _ report: inout Report
    ) throws {
        // Read again: a person may have made it an order of their own meanwhile.
        guard var order = try writing.revocation(row: attempt.work.order.row),
            var stored = try writing.grant(row: order.row),
            stored.grant.standing == .revoking || stored.grant.standing == .stuck
        else { return }
        var why: String?
        switch attempt.outcome {
        case .done(let proof):
            stored.grant.standing = order.target
            stored.grant.proof = proof
            stored.endedAt = now
            if proof == .acknowledged, let end = stored.grant.accessTokenExpiresAt, end > now {
                stored.grant.residualUntil = end
            }
            try writing.removeRevocation(row: order.row)
            report.ended[order.target, default: 0] += 1
            report.proofs[proof, default: 0] += 1
        case .refused(let reason):
            why = reason
            fail(&order, &stored, reason, at: now, next: reason == "wrong-client" ? nil : now + .days(1))
            stored.grant.standing = .stuck
            try writing.setRevocation(order, of: stored.grant)
            report.stuck[reason, default: 0] += 1
        case .failed(let reason, let retryAfter):
            why = reason
            let policy = assessor.policy(of: stored)
            let wait = RevocationBackoff.wait(after: order.tries, of: stored.grant.key, retryAfter: retryAfter)
            fail(&order, &stored, reason, at: now, next: now + wait)
            let isLong = now - (order.firstTriedAt ?? now) >= policy.giveUpAfter
            if stored.grant.standing == .stuck || (isLong && order.tries >= policy.giveUpTries) {
                stored.grant.standing = .stuck
                order.nextTryAt = now + .days(1)
                report.stuck[reason, default: 0] += 1
            } else {
                report.retrying += 1
            }
            try writing.setRevocation(order, of: stored.grant)
        }
        try writing.save(stored)
        if stored.grant.standing != stored.readStanding { try tell(stored, order, why, now, writing) }
        if rows != nil {
            report.lines.append(
                .init(key: stored.grant.key, standing: stored.grant.standing, proof: stored.grant.proof, why: why)
            )
        }
    }

    private func fail(
        _ order: inout RevocationOrder,
        _ stored: inout StoredGrant,
        _ why: String,
        at now: Timestamp,
        next: Timestamp?
    ) {
        order.tries += 1
        order.firstTriedAt = order.firstTriedAt ?? now
        order.lastFailure = why
        order.nextTryAt = next
    }

    private func tell(
        _ stored: StoredGrant,
        _ order: RevocationOrder,
        _ why: String?,
        _ now: Timestamp,
        _ writing: any StoreWriting
    ) throws {
        let transition = Lifecycle.transitions.first {
            $0.from == stored.readStanding && $0.to == stored.grant.standing
        }
        guard let transition else { return }
        var event = Event(transition.event, at: now, about: stored.grant)
        event.reason = why ?? order.reason
        event.rule = order.rule
        event.run = run
        event.actor = order.actor
        event.reference = order.reference
        try writing.append(event, about: stored)
    }
}
