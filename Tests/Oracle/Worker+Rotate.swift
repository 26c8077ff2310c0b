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
        let planner = Planner(policy: world.policy(at: now), now: clock)
        var judged: [Judged] = []
        live = live.filter { stored[$0].grant.standing.isLive }
        for index in live {
            judged.append(judge(index, planner, clock, now))
        }
        settleCollateral(&judged)
        for row in judged { referee.count(row.decision) }
        let isClosed = readValve(judged, clock)
        let gates = Gates(
            mode: .enforce,
            freezes: isFrozen ? [Freeze(selection: GrantSelection(), reason: "restored", since: clock)] : [],
            heldProviders: hold == nil ? [] : [Core.provider]
        )
        for row in judged {
            if referee.isTraced { noteReason(row, at: now) }
            guard row.decision.action != .keep else {
                stored[row.index].heldRuns = 0
                continue
            }
            // Its whole group, or nothing of it, is approved.
            let isReleased = isApproved(row.index) && row.group.allSatisfy(isApproved)
            if isClosed, Gates.valveHolds(row.decision), !isReleased {
                if row.decision.action != .notice { stored[row.index].heldRuns += 1 }
                referee.held(at: now)
                continue
            }
            let grant = stored[row.index].grant
            // A group ends with its first member.
            guard grant.standing.isLive, gates.closed(to: row.decision, on: grant) == nil,
                !date.isClosed(to: row.decision, on: grant)
            else { continue }
            apply(row, judged, date, at: now, clock, day)
        }
        if mutant == .looksAtTheDateLate { _ = readDate(at: now, clock, isLate: true) }
        referee.endOfRun(stored, live, people, at: now, isQuiet: hold == nil && !isFrozen)
    }

    private mutating func noteReason(_ row: Judged, at now: Instant) {
        let words = "\(row.decision.action.name) by \(row.decision.rule.rawValue): \(row.decision.reason)"
        guard stored[row.index].noted != words else { return }
        stored[row.index].noted = words
        referee.note(now, "  \(stored[row.index].grant.key.id) planned: \(words)")
    }

    /// A person approves on the next day what the valve held.
    func isApproved(_ index: Int) -> Bool { stored[index].heldRuns >= 2 }

    /// Whether the server's clock agrees; a clock that does not holds the provider.
    private mutating func readDate(at now: Instant, _ clock: Timestamp, isLate: Bool = false) -> ClockGate {
        if mutant == .looksAtNoDate || (mutant == .looksAtTheDateLate && !isLate) { return .open }
        let reading = ServerClock(date: world.serverDate(at: now).map(Core.time), now: clock)
        switch reading {
        case .skewed: hold = hold ?? "clock-skew"
        case .agrees: if hold == "clock-skew" { hold = nil }
        case .unknown: break
        }
        let trusts = world.clockIsTrusted || mutant == .needsNoDate
        return ClockGate([Core.provider: reading], trusting: trusts ? [Core.provider] : [])
    }

    /// The restore guard: a clock behind the outside mark, or far ahead of it, freezes until a person thaws.
    private mutating func guardStart(at now: Instant, _ clock: Timestamp) {
        if clock < mark || clock > mark + .days(7) { isFrozen = true }
        if isFrozen, world.clockOffset(at: now) == 0 {
            isFrozen = false
            mark = clock
            // Since when a canary is known was dated by the wrong clock.
            canarySeen = nil
            for index in live where stored[index].grant.standing.isLive {
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

    mutating func acknowledge(at now: Instant, _ day: Int) {
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
        var window = world.hasFeed ? feed.window(of: grant.client, at: Core.provider) : nil
        if mutant == .announcesByTheClock, grant.standing == .noticed || grant.standing == .quarantined {
            window?.until = clock
        }
        let feeds = world.hasFeed ? [UseEvidence.Feed(window: window, maxAge: feedSettings.maxAge)] : []
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
        context.ownership = person.isOurs ? .byClient : .none
        if person.outside != nil { context.scopes = person.isOutside(at: now) ? .outside(["x"]) : .allowed }
        if !grant.holdsRefreshToken, !grant.holdsAccessToken { context.obstacle = .noToken }
        if !world.canRevoke { context.obstacle = .noCredentials }
        let judge = VerdictJudge(capabilities: capabilities, now: clock)
        if case .failure = judge.speaker(of: grant) { context.canBeAsked = false }
        return context
    }

    private mutating func judge(_ index: Int, _ planner: Planner, _ clock: Timestamp, _ now: Instant) -> Judged {
        let person = people[stored[index].person]
        if let exempt = person.exempt, exempt.contains(now) {
            stored[index].grant.exemption = Exemption(owner: "o", reason: "r", until: Core.time(exempt.upperBound))
        }
        if mutant == .asksNobodyOfAnEnd { stored[index].grant.validity.lastInactiveAnswerAt = clock }
        let (family, context) = (family(of: index, clock), context(of: index, clock, now))
        let grant = stored[index].grant
        var decision = planner.decide(grant, family: family, context: context)
        if planner.isToBeAskedAtOnce(
            grant,
            planner.ownEnd(of: grant, family: family, context: context),
            context: context
        ) {
            stored[index].askAt = min(stored[index].askAt, clock)
        }
        switch mutant {
        case .keepsEverything?: decision = Decision(.keep, .keep, "kept")
        case .believesEveryEnd?:
            let end = grant.expiresAt ?? (grant.isAccessTokenOnly ? grant.accessTokenExpiresAt : nil)
            if let end, end <= clock { decision = Decision(.end(.init(.expired, needsCall: false)), .expired, "past") }
        case .announcesNothing?:
            if decision.action == .notice, decision.rule != .unused {
                decision.action = .end(.init(.expired, needsCall: true))
            }
        default: break
        }
        return Judged(index: index, decision: decision, family: family, context: context)
    }

    /// What an end takes along must be due to end as well, or it becomes a keep.
    func settleCollateral(_ judged: inout [Judged]) {
        for place in judged.indices {
            guard case .end(let end) = judged[place].decision.action, !end.isSuperseded else { continue }
            let index = judged[place].index
            let person = people[stored[index].person]
            let takesSubject = end.needsCall && world.reachesSubject
            let reached = judged.indices.filter { other in
                guard other != place else { return false }
                let its = judged[other].index
                if let family = stored[index].grant.family, stored[its].grant.family == family { return true }
                guard takesSubject else { return false }
                let another = people[stored[its].person]
                return another.subject == person.subject && another.client == person.client
                    && another.isOurs == person.isOurs
            }
            guard !reached.isEmpty else { continue }
            judged[place].group = reached.map { judged[$0].index }
            judged[place].decision = Collateral.settle(
                judged[place].decision,
                on: stored[index].grant,
                reaching: reached.map { .init(stored[judged[$0].index].grant, judged[$0].decision) }
            )
        }
    }

    /// Whether a valve is closed.
    private func readValve(_ judged: [Judged], _ clock: Timestamp) -> Bool {
        if mutant == .hasNoValve { return false }
        let window = world.policy.valve.window
        var counts = PartitionCounts()
        var planned = 0
        for row in judged {
            let grant = stored[row.index].grant
            counts.standings[grant.standing, default: 0] += 1
            if Gates.isCounted(row.decision) {
                if !isApproved(row.index) { planned += 1 }
            } else if row.decision.isEnd || grant.ownEnd(after: clock).map({ $0 <= clock + window }) == true {
                counts.endingByThemselves += 1
            }
        }
        let dilutes = mutant == .dilutesTheValve
        if dilutes { counts.endingByThemselves = 0 }
        for end in ends where end.at >= clock - window {
            if end.counts { counts.recent += 1 }
            if end.isLive || dilutes { counts.endedInWindow += 1 }
        }
        let reading = ValveReading(
            planned: [Core.partition: planned],
            notices: [:],
            counts: [Core.partition: counts],
            totals: [Core.partition: counts],
            total: world.total,
            valve: { _ in world.policy.valve }
        )
        return reading.partitions[Core.partition] != nil || reading.providers[Core.provider] != nil
            || reading.store != nil
    }
}
