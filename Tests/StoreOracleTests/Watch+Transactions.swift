import Grants
import RotationWorker

@testable import oracle

/// What transactions commit, against what was answered and typed before.
extension Watch {
    private static let applied: Set = [
        "grant.noticed", "grant.quarantined", "grant.revoking", "grant.expired", "grant.revoked", "grant.superseded",
    ]

    /// What a transaction is about to commit.
    func look(
        _ writing: any StoreWriting,
        before: [StoredGrant],
        tokens: [Int64: [TokenKind: Secret]],
        _ people: [Person]
    )
        throws
    {
        let from = with { $0.seq }
        let entries = try writing.journal(after: from, limit: 10_000)
        guard let last = entries.last else { return }
        let known = Dictionary(before.map { ($0.grant.key.id, $0) }) { first, _ in first }
        let now = clock.truth
        try with { state in
            state.seq = last.seq
            for entry in entries {
                let event = try WatchedEvent(OutgoingEvent(entry))
                guard event.provider == Core.provider.rawValue else { continue }
                switch event.type {
                case Event.Kind.providerHeld: state.hold = event.reason
                case Event.Kind.providerRecovered: state.hold = nil
                case Event.Kind.runApproved where event.why == "surge" || event.why == "creep": state.hold = nil
                case Event.Kind.grantRecorded:
                    state.recordedAt[event.grant] = state.recordedAt[event.grant] ?? now
                    state.toldAt[event.grant] = nil
                default: break
                }
                guard state.phase == .apply, Self.applied.contains(event.type), let stored = known[event.grant],
                    let copy = Truth.stored(
                        stored,
                        tokens[stored.row] ?? [:],
                        people,
                        recordedAt: state.recordedAt[event.grant] ?? now,
                        toldAt: state.toldAt[event.grant]
                    )
                else { continue }
                judge(event, copy, people, &state, at: state.runAt)
            }
        }
    }

    private func judge(
        _ event: WatchedEvent,
        _ before: Stored,
        _ people: [Person],
        _ state: inout State,
        at now: Instant
    ) {
        let id = event.grant
        let rule = event.rule ?? .byHand
        let words = "\(id) \(event.type) by \(rule.rawValue)"
        state.referee.note(now, "\(words): \(event.reason)")
        judgeOrder(words, event, rule, before, &state, at: now)
        guard let row = state.plan[id], row.decision.rule == rule else {
            return state.referee.fail(now, "(g) \(words), which was not planned")
        }
        switch row.decision.action {
        case .end(let end):
            state.seen["ended by \(end.isSuperseded ? "superseded" : rule.rawValue)", default: 0] += 1
            let family = Family(alone: row.grant, UseEvidence(window: row.window))
            let refreshed = people.indices.contains(before.person)
            state.referee.ended(
                before,
                row.decision,
                family,
                people,
                at: now,
                state.judgedBy ?? clock.now(),
                isApproved: state.isApproving,
                forgotten: refreshed ? forgotten(people, at: now) : 0
            )
        case .quarantine:
            state.seen["quarantined", default: 0] += 1
            state.toldAt[id] = nil
            state.referee.quarantined(at: now, isApproved: state.isApproving)
        case .notice:
            state.seen["noticed", default: 0] += 1
            state.toldAt[id] = nil
        case .keep, .reprieve, .restore: break
        }
    }

    /// (g) the server is looked at first, (h) a hold holds, (i) a freeze freezes.
    private func judgeOrder(
        _ words: String,
        _ event: WatchedEvent,
        _ rule: Rule,
        _ before: Stored,
        _ state: inout State,
        at now: Instant
    ) {
        let judgedBy = state.judgedBy ?? clock.now()
        if state.answers == 0 { state.referee.fail(now, "(g) \(words) before its server was looked at") }
        let isOff = state.dates.contains { Self.differ($0.date, $0.clock) || Self.differ($0.date, judgedBy) }
        if isOff {
            state.referee.fail(now, "(g) \(words) although its server's clock is not the one that was judged by")
        }
        let isEnd = event.type != "grant.noticed" && event.type != "grant.quarantined"
        let wasExempt = before.grant.exemption.map { $0.until <= judgedBy } ?? false
        let restsOnClock = [.expired, .contradicted, .lifetime, .outOfPolicy].contains(rule) || wasExempt
        if isEnd, restsOnClock, !world.clockIsTrusted {
            state.seen["ends that rest on the clock", default: 0] += 1
            if state.dates.isEmpty { state.referee.fail(now, "(g) \(words) without a Date of its server in this run") }
        }
        if let why = state.unsound { state.referee.fail(now, "(h) \(words) although \(why)") }
        if let hold = state.hold { state.referee.fail(now, "(h) \(words) while it is held for \(hold)") }
        if state.isFrozen { state.referee.fail(now, "(i) \(words) after freeze had returned") }
        if state.isObserving { state.referee.fail(now, "(i) \(words) in the mode observe") }
    }

    /// How many living consents the server has forgotten.
    private func forgotten(_ people: [Person], at now: Instant) -> Int {
        guard world.server == .forgetting else { return 0 }
        let server = Server(world: world)
        return people.count { person in
            guard let index = person.consent(at: now), person.consents[index].isAlive(at: now) else { return false }
            let token = world.refreshToken(person.consents[index].token(at: now))
            return server.answer(person.consents[index], token: token, .refresh, at: now) == .inactive
        }
    }
}
