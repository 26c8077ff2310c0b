import Grants

extension Worker {
    struct Judged {
        let index: Int
        var decision: Decision
        let family: Family
        let context: PlanningContext
        /// What ends with it.
        var group: [Int] = []
    }

    /// One run: the server's `Date`, plan, gates, valve, apply, revoke.
    mutating func rotate(at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        acknowledge(at: now, day)
        guardStart(at: now, clock)
        let date = readDate(at: now, clock)
        let planner = Planner(policy: world.policy, now: clock)
        var judged: [Judged] = []
        for index in stored.indices where stored[index].grant.standing.isLive {
            judged.append(judge(index, planner, clock, now))
        }
        settleCollateral(&judged)
        for row in judged { referee.count(row.decision) }
        var planned = 0
        for row in judged where Gates.isCounted(row.decision) && !isApproved(row.index) { planned += 1 }
        let valve = readValve(planned, clock)
        let gates = Gates(
            mode: .enforce,
            freezes: isFrozen ? [Freeze(selection: GrantSelection(), reason: "restored", since: clock)] : [],
            heldProviders: hold == nil ? [] : [Core.provider]
        )
        for row in judged where row.decision.action != .keep {
            let isHeldByValve = Gates.valveHolds(row.decision) && valve && !isApproved(row.index)
            if isHeldByValve {
                if row.decision.action != .notice { stored[row.index].heldRuns += 1 }
                referee.held(at: now)
            }
            guard !isHeldByValve, gates.closed(to: row.decision, on: stored[row.index].grant) == nil,
                !needsDate(row.decision) || date || world.clockIsTrusted
            else { continue }
            // A group ends with its first member.
            guard stored[row.index].grant.standing.isLive else { continue }
            apply(row, judged, at: now, clock, day)
        }
        referee.endOfRun(stored, people, at: now, clock, isQuiet: hold == nil && !isFrozen)
        for index in stored.indices where stored[index].heldRuns > 0 && stored[index].grant.standing.isLive {
            if !(judged.contains { $0.index == index && $0.decision.action != .keep }) { stored[index].heldRuns = 0 }
        }
    }

    /// A person approves on the next day what the valve held.
    private func isApproved(_ index: Int) -> Bool { stored[index].heldRuns >= 2 }

    /// Whether the decision rests on the clock alone, so that the server's `Date` must have been seen.
    private func needsDate(_ decision: Decision) -> Bool {
        guard decision.isEnd else { return false }
        switch decision.rule {
        case .expired, .contradicted, .lifetime, .outOfPolicy: return true
        default: return false
        }
    }

    /// Whether the server's clock agrees; a clock that does not holds the provider.
    private mutating func readDate(at now: Instant, _ clock: Timestamp) -> Bool {
        guard let date = world.serverDate(at: now) else { return false }
        let skew = abs(date - clock.milliseconds)
        if skew > 5 * Span.minute {
            if hold == nil || hold == "clock-skew" { hold = "clock-skew" }
            return false
        }
        if hold == "clock-skew" { hold = nil }
        return true
    }

    /// The restore guard: a clock behind the outside mark, or far ahead of it, freezes until a person thaws.
    private mutating func guardStart(at now: Instant, _ clock: Timestamp) {
        if clock < mark || clock > mark + .days(7) { isFrozen = true }
        if isFrozen, world.clockOffset(at: now) == 0 {
            isFrozen = false
            mark = clock
            for index in stored.indices where stored[index].grant.standing.isLive {
                stored[index].grant.validity.forgetInactivity()
                if stored[index].grant.clockFrom != nil {
                    stored[index].grant.clockFrom = clock
                    stored[index].toldTrulyAt = now
                }
            }
            referee.note(now, "thawed")
        }
        if !isFrozen { mark = max(mark, clock) }
    }

    private mutating func acknowledge(at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        untold.removeAll { entry in
            guard day >= entry.day + world.acknowledgesAfter else { return false }
            let index = entry.index
            if stored[index].grant.standing == .noticed || stored[index].grant.standing == .quarantined,
                stored[index].grant.clockFrom == nil
            {
                stored[index].grant.clockFrom = clock
                stored[index].toldTrulyAt = now
            }
            return true
        }
    }

    func evidence(of grant: Grant, _ clock: Timestamp) -> UseEvidence {
        let feeds = world.hasFeed ? [UseEvidence.Feed(window: feed.window, maxAge: feedSettings.maxAge)] : []
        return UseEvidence(of: grant, feeds: feeds, now: clock)
    }

    func family(of index: Int, _ clock: Timestamp) -> Family {
        let grant = stored[index].grant
        guard let number = grant.family else { return Family(alone: grant, evidence(of: grant, clock)) }
        var members: [Family.Member] = []
        var ended: Timestamp?
        for member in families[Int(number)] {
            let other = stored[member].grant
            if other.standing.isLive {
                members.append(.init(other, evidence(of: other, clock)))
            } else if let used = other.lastUsedAt {
                ended = later(ended, used)
            }
        }
        return Family(members, lastUsedByEnded: ended)
    }

    func context(of index: Int, _ clock: Timestamp, _ now: Instant) -> PlanningContext {
        let person = people[stored[index].person]
        let grant = stored[index].grant
        var context = PlanningContext()
        context.someoneIsTold = world.isTold
        context.isOurs = person.isOurs
        if let outside = person.outside { context.scopes = outside.contains(now) ? .outside(["x"]) : .allowed }
        context.canRevoke = world.canRevoke && (grant.holdsRefreshToken || grant.holdsAccessToken)
        let judge = VerdictJudge(capabilities: capabilities, now: clock)
        if case .failure = judge.speaker(of: grant) { context.canBeAsked = false }
        return context
    }

    private mutating func judge(_ index: Int, _ planner: Planner, _ clock: Timestamp, _ now: Instant) -> Judged {
        let person = people[stored[index].person]
        stored[index].grant.exemption = person.exempt.map {
            Exemption(owner: "o", reason: "r", until: Core.time(now >= $0.lowerBound ? $0.upperBound : 0))
        }
        let (family, context) = (family(of: index, clock), context(of: index, clock, now))
        var decision = planner.decide(stored[index].grant, family: family, context: context)
        if mutant == .keepsEverything { decision = Decision(.keep, .keep, "kept") }
        return Judged(index: index, decision: decision, family: family, context: context)
    }

    /// What an end takes along must be due to end as well, or it becomes a keep.
    private func settleCollateral(_ judged: inout [Judged]) {
        for place in judged.indices {
            guard case .end(let end) = judged[place].decision.action, !end.isSuperseded else { continue }
            let grant = stored[judged[place].index].grant
            let reached = judged.indices.filter { other in
                guard other != place else { return false }
                let its = stored[judged[other].index].grant
                if let family = grant.family, its.family == family { return true }
                return end.needsCall && world.reachesSubject && its.client == grant.client
                    && its.subject == grant.subject
            }
            guard !reached.isEmpty else { continue }
            judged[place].group = reached.map { judged[$0].index }
            judged[place].decision = Collateral.settle(
                judged[place].decision,
                on: grant,
                reaching: reached.map { .init(stored[judged[$0].index].grant, judged[$0].decision) }
            )
        }
    }

    /// Whether a valve is closed.
    private func readValve(_ planned: Int, _ clock: Timestamp) -> Bool {
        let since = clock - world.policy.valve.window
        var counts = PartitionCounts()
        for stored in stored where stored.grant.standing.isLive {
            counts.standings[stored.grant.standing, default: 0] += 1
        }
        for end in ends where end.at >= since {
            if end.counts { counts.recent += 1 }
            if end.isEnd { counts.endedInWindow += 1 }
        }
        let reading = ValveReading(
            planned: [Core.partition: planned],
            notices: [:],
            counts: [Core.partition: counts],
            total: world.total,
            valve: { _ in world.policy.valve }
        )
        return reading.partitions[Core.partition] != nil || reading.providers[Core.provider] != nil
            || reading.store != nil
    }

    private mutating func apply(_ row: Judged, _ judged: [Judged], at now: Instant, _ clock: Timestamp, _ day: Int) {
        let rows = [row] + row.group.compactMap { index in judged.first { $0.index == index } }
        if row.decision.isEnd, !rows.allSatisfy(\.decision.isEnd) { return }
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
        if Gates.isCounted(row.decision) || row.decision.isEnd {
            ends.append((clock, Gates.isCounted(row.decision) && !isApproved, row.decision.isEnd))
        }
        switch row.decision.action {
        case .notice, .quarantine:
            stored[index].toldTrulyAt = nil
            untold.append((index, day))
            if world.acknowledgesAfter == 0 { acknowledge(at: now, day) }
        case .end(let end):
            referee.ended(before, row.decision, row.family, people, at: now, clock, isApproved: isApproved)
            stored[index].endedAt = clock
            stored[index].endedBy = row.decision.rule
            stored[index].endedTrulyAt = now
            if end.needsCall {
                stored[index].grant.standing = end.standing
                stored[index].grant.proof = .acknowledged
                stored[index].grant.residualUntil = after.accessTokenExpiresAt
                revoke(index, at: now)
            }
        case .keep, .reprieve, .restore: break
        }
        if row.decision.action == .quarantine { referee.quarantined(before, at: now, clock, isApproved: isApproved) }
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
