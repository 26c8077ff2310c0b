import Grants

extension Worker {
    /// Asks about every grant whose question is due.
    mutating func revalidate(at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        let judge = VerdictJudge(capabilities: capabilities, now: clock)
        let planner = Planner(policy: world.policy, now: clock)
        if hold == "clock-skew" || hold == nil {
            let date = world.serverDate(at: now)
            hold = date.map { abs($0 - clock.milliseconds) > 5 * Span.minute } == true ? "clock-skew" : nil
        }
        let wasSurge = hold == "surge"
        var asked = 0
        var newlyInactive = 0
        for index in stored.indices where stored[index].grant.standing.isLive && stored[index].askAt <= clock {
            guard case .success(let kind) = judge.speaker(of: stored[index].grant) else {
                stored[index].askAt = clock + .days(1)
                continue
            }
            asked += 1
            let consent = people[stored[index].person].consents[stored[index].consent]
            let answer = server.answer(
                consent,
                token: stored[index].token,
                kind == .refreshToken ? .refresh : .access,
                at: now
            )
            let verdict = verdict(index, kind, answer, judge, at: now, clock)
            if verdict == .inactive, stored[index].grant.validity.inactiveCount == 0 {
                if stored[index].pendingAt == nil { newlyInactive += 1 }
                stored[index].pendingAt = clock
                stored[index].askAt = clock + world.policy.confirmAfter
            } else {
                stored[index].grant.validity.record(verdict, at: clock)
                if verdict == .active { stored[index].pendingAt = nil }
                let context = context(of: index, clock, now)
                stored[index].askAt =
                    planner.questionDue(stored[index].grant, context: context) ?? clock + .days(1)
            }
        }
        settleSurge(asked, newlyInactive, wasSurge, at: now, clock, day)
    }

    private func verdict(
        _ index: Int,
        _ kind: TokenKind,
        _ answer: Server.Answer,
        _ judge: VerdictJudge,
        at now: Instant,
        _ clock: Timestamp
    ) -> Verdict {
        if answer == .active { return .active }
        if let hold, hold != "surge" { return .unknown(.held) }
        return judge.inactive(
            stored[index].grant,
            kind: kind,
            family: family(of: index, clock),
            canary: canary(kind, at: now, clock),
            since: stored[index].grant.validity.inactiveSince ?? clock
        )
    }

    private func canary(_ kind: TokenKind, at now: Instant, _ clock: Timestamp) -> VerdictJudge.Canary {
        let owner = kind == .refreshToken ? world.refreshCanary : world.accessCanary
        if owner == .none { return .none }
        let asked: Server.Kind = kind == .refreshToken ? .refresh : .access
        if owner == .foreign, server.isInTrouble(at: now), world.server == .blind { return .failed }
        guard server.canary(asked, at: now) == .active else { return .failed }
        if owner == .foreign { return .healthy }
        // The newest active verdicts first; one of five must be active now.
        let controls = stored.indices.filter {
            stored[$0].grant.standing.isLive && stored[$0].grant.validity.lastVerdict == .active
                && (kind == .refreshToken ? stored[$0].grant.holdsRefreshToken : stored[$0].grant.holdsAccessToken)
        }.sorted {
            (stored[$0].grant.validity.lastVerdictAt ?? .distantPast)
                > (stored[$1].grant.validity.lastVerdictAt ?? .distantPast)
        }.prefix(5)
        let isActive = controls.contains { index in
            let consent = people[stored[index].person].consents[stored[index].consent]
            return server.answer(consent, token: stored[index].token, asked, at: now) == .active
        }
        return isActive ? .healthyWithControl : .ownClientOnly
    }

    private mutating func settleSurge(
        _ asked: Int,
        _ newly: Int,
        _ wasSurge: Bool,
        at now: Instant,
        _ clock: Timestamp,
        _ day: Int
    ) {
        let pending = stored.indices.filter { stored[$0].pendingAt != nil && stored[$0].grant.standing.isLive }
        let surge = Surge(asked: asked, newlyInactive: pending.count, history: surgeHistory)
        if asked > 0 { surgeHistory = (surgeHistory + [newly]).suffix(14) }
        if hold != nil, !wasSurge {
            for index in pending { stored[index].pendingAt = nil }
            return
        }
        let isSurge = surge.isOne || (wasSurge && pending.count > 5)
        if isSurge {
            if hold == nil {
                hold = "surge"
                heldSince = day
                referee.note(now, "held: surge")
            }
            // A person asks the owners: what is truly gone is approved.
            guard day - heldSince >= world.mendsAfter, pending.allSatisfy({ !isAlive($0, at: now) }) else { return }
        }
        if wasSurge || hold == "surge" { hold = nil }
        for index in pending {
            if let at = stored[index].pendingAt { stored[index].grant.validity.record(.inactive, at: at) }
            stored[index].pendingAt = nil
        }
    }

    private func isAlive(_ index: Int, at now: Instant) -> Bool {
        people[stored[index].person].consents[stored[index].consent].isAlive(at: now)
    }
}
