import Grants

extension Worker {
    mutating func apply(
        _ row: Judged,
        _ judged: [Judged],
        _ date: ClockGate,
        at now: Instant,
        _ clock: Timestamp,
        _ day: Int
    ) {
        let rows = [row] + row.group.compactMap { index in judged.first { $0.index == index } }
        if row.decision.isEnd {
            let isOpen = rows.allSatisfy {
                $0.decision.isEnd && !date.isClosed(to: $0.decision, on: stored[$0.index].grant)
            }
            if !isOpen { return }
        }
        for row in rows { carry(row, at: now, clock, day, isApproved: isApproved(row.index)) }
    }

    private mutating func carry(_ row: Judged, at now: Instant, _ clock: Timestamp, _ day: Int, isApproved: Bool) {
        let index = row.index
        let before = stored[index]
        guard before.grant.standing.isLive else { return }
        stored[index].grant.carry(row.decision, at: clock, announces: false)
        let after = stored[index].grant
        referee.note(
            now,
            "\(before.grant.key.id) \(row.decision.action.name) by \(row.decision.rule.rawValue): \(row.decision.reason)"
        )
        let isCounted = Gates.isCounted(row.decision)
        if isCounted || row.decision.isEnd {
            ends.append((clock, isCounted && !isApproved, row.decision.isEnd && isCounted))
        }
        switch row.decision.action {
        case .notice, .quarantine:
            stored[index].toldTrulyAt = nil
            untold.append((index, day))
            if world.acknowledgesAfter == 0 { acknowledge(at: now, day) }
        case .end(let end):
            referee.ended(
                before,
                row.decision,
                row.family,
                people,
                at: now,
                clock,
                isApproved: isApproved,
                forgotten: forgotten(at: now)
            )
            LifeAfterEnd.close(&stored[index].grant, by: .end)
            if row.decision.rule == .goneAtProvider, !end.isSuperseded { goneEnds.append(clock) }
            if let successor = end.successor, let other = byID[successor.id] {
                stored[other].grant.coversAnother = true
            }
            stored[index].endedAt = clock
            stored[index].endedBy = row.decision.rule
            stored[index].endedTrulyAt = now
            stored[index].heldRuns = 0
            if end.needsCall {
                stored[index].grant.standing = end.standing
                stored[index].grant.proof = .acknowledged
                stored[index].grant.residualUntil = after.accessTokenExpiresAt
                revoke(index, at: now)
            }
        case .keep, .reprieve, .restore: break
        }
        if row.decision.action == .quarantine { referee.quarantined(at: now, isApproved: isApproved) }
    }

    /// How many living grants the server has forgotten.
    private func forgotten(at now: Instant) -> Int {
        guard world.server == .forgetting else { return 0 }
        return stored.indices.count { index in
            let consent = people[stored[index].person].consents[stored[index].consent]
            return consent.isAlive(at: now)
                && server.answer(consent, token: stored[index].token, .refresh, at: now) == .inactive
        }
    }

    /// The server ends what the token belongs to, and its holder may come back.
    private mutating func revoke(_ index: Int, at now: Instant) {
        guard !world.revocationLies else { return }
        let person = stored[index].person
        let consent = stored[index].consent
        let token = stored[index].token
        guard people[person].consents[consent].isAlive(at: now) else { return }
        if world.server == .rotating, token != people[person].consents[consent].token(at: now) { return }
        people[person].consents[consent].end(at: now)
        if people[person].consents.count == consent + 1, people[person].consents.count < 4,
            let next = people[person].consents[consent].intended.first(where: { $0 > now })
        {
            people[person].consents.append(people[person].consents[consent].again(at: next - Span.minute))
        }
    }
}
