internal import Grants

/// What came of an order, as the store keeps it.
extension RevocationJob {
    func store(
        _ attempt: Attempt,
        _ tried: Tried,
        isHeld: Bool,
        _ assessor: Assessor,
        _ now: Timestamp,
        _ writing: any StoreWriting,
        _ report: inout Report
    ) throws {
        // Read again: a person may have made it an order of their own while it was on the wire.
        guard var order = try writing.revocation(row: attempt.work.order.row),
            var stored = try writing.grant(row: order.row),
            stored.grant.standing == .revoking || stored.grant.standing == .stuck
        else { return }
        // A record came in between: what was asked and revoked may be another token. It stays due as it is.
        guard stored.recordedAt == attempt.work.stored.recordedAt else {
            report.retrying += 1
            return
        }
        let (outcome, progress) = try judge(attempt, tried, isHeld: isHeld, stored, assessor, now)
        if tried.wasCutShort, attempt.isOpen(outcome) {
            // What was not asked to the end shows nothing: it stays due as it was, with what was accepted.
            if case .refused = outcome {} else { order.progress = progress }
            report.retrying += 1
            try writing.setRevocation(order, of: stored.grant)
            return
        }
        order.progress = progress
        var why: String?
        switch outcome {
        case .done(let proof, let residualUntil, let mayLiveOn):
            stored.grant.standing = order.target
            stored.grant.proof = proof
            stored.grant.residualUntil = residualUntil
            // A new end closes what was found after the last one.
            LifeAfterEnd.close(&stored.grant, by: .end)
            stored.endedAt = now
            try writing.removeRevocation(row: order.row)
            try writing.setMayLiveOn(mayLiveOn, row: order.row)
            report.ended[order.target, default: 0] += 1
            report.proofs[proof, default: 0] += 1
            if mayLiveOn { report.livingOn += 1 }
        case .refused(let reason):
            why = reason
            fail(&order, reason, at: now, next: reason == "wrong-client" ? nil : now + .days(1))
            stored.grant.standing = .stuck
            try writing.setRevocation(order, of: stored.grant)
            report.stuck[reason, default: 0] += 1
        case .askedAgain(let reason, let until):
            why = reason
            let wait = RevocationBackoff.wait(after: order.tries, of: stored.grant.key, retryAfter: nil)
            fail(&order, reason, at: now, next: min(now + wait, until))
            report.retrying += 1
            try writing.setRevocation(order, of: stored.grant)
        case .failed(let reason, let retryAfter):
            why = reason
            let policy = assessor.policy(of: stored)
            let wait = RevocationBackoff.wait(after: order.tries, of: stored.grant.key, retryAfter: retryAfter)
            fail(&order, reason, at: now, next: now + wait)
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
        if stored.grant.standing != stored.readStanding { try tell(stored, order, why, outcome, now, writing) }
        if rows != nil {
            report.lines.append(
                .init(key: stored.grant.key, standing: stored.grant.standing, proof: stored.grant.proof, why: why)
            )
        }
    }

    /// What was seen, beside the canaries and what was known before.
    private func judge(
        _ attempt: Attempt,
        _ tried: Tried,
        isHeld: Bool,
        _ stored: StoredGrant,
        _ assessor: Assessor,
        _ now: Timestamp
    ) throws -> (RevocationProof.Outcome, RevocationProgress) {
        let known = attempt.work.order.progress
        if let why = attempt.seen.refusal { return (.refused(why), known) }
        let grant = stored.grant
        let capabilities = environment.settings(of: grant.key.provider)?.capabilities ?? ProviderCapabilities()
        var proof = RevocationProof(
            attempt.seen.tokens,
            progress: known,
            rotates: capabilities.rotatesRefreshTokens
        )
        proof.grantReply = attempt.seen.grantReply
        proof.hasUnheldRefreshToken = grant.hasRefreshToken && attempt.work.tokens?[.refreshToken] == nil
        proof.isHeld = isHeld
        proof.isStuck = grant.standing == .stuck
        for index in proof.tokens.indices {
            let kind = proof.tokens[index].kind
            let around = [tried.before[kind] ?? .none, tried.after[kind] ?? .none]
            proof.tokens[index].isControlled = around.allSatisfy(\.isActive)
            proof.tokens[index].isForeignControlled = around.allSatisfy(\.isOfAnotherClient)
            guard proof.tokens[index].lastAnswer == .inactive, proof.tokens[index].isForeignControlled else { continue }
            let verdict = VerdictJudge(capabilities: capabilities, now: now).inactive(
                grant,
                kind: kind,
                family: try assessor.family(of: stored),
                canary: .healthy,
                condition: tried.condition,
                accessTokenIsActive: proof.tokens.contains { $0.kind == .accessToken && $0.before == .active },
                since: grant.validity.inactiveSince ?? now
            )
            proof.tokens[index].counts = verdict == .inactive
        }
        return proof.judge(at: now)
    }

    private func fail(_ order: inout RevocationOrder, _ why: String, at now: Timestamp, next: Timestamp?) {
        order.tries += 1
        order.firstTriedAt = order.firstTriedAt ?? now
        order.lastFailure = why
        order.nextTryAt = next
    }

    private func tell(
        _ stored: StoredGrant,
        _ order: RevocationOrder,
        _ why: String?,
        _ outcome: RevocationProof.Outcome,
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
        if case .done(_, _, mayLiveOn: true) = outcome { event.details = ["may_live_on": .string("refresh_token")] }
        try writing.append(event, about: stored)
    }
}

extension RevocationJob.Attempt {
    /// Whether a try that was not interrupted could have come to more than this.
    fileprivate func isOpen(_ outcome: RevocationProof.Outcome) -> Bool {
        switch outcome {
        case .askedAgain, .failed, .refused(RevocationProof.stillActive): true
        case .done(.acknowledged, _, _): seen.tokens.contains { $0.before != nil || $0.after != nil }
        case .done, .refused: false
        }
    }
}

extension VerdictJudge.Canary {
    /// A token that is known to be good was active; our own client's counts where the grant's own token was active
    /// right before.
    fileprivate var isActive: Bool { self == .ownClientOnly || isOfAnotherClient }

    /// So that "you may not see others' tokens" is excluded.
    fileprivate var isOfAnotherClient: Bool { self == .healthy || self == .healthyWithControl }
}
