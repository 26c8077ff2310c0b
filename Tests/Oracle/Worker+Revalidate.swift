import Grants

extension Worker {
    /// Asks about every grant whose question is due.
    mutating func revalidate(at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        let judge = VerdictJudge(capabilities: capabilities, now: clock)
        let planner = Planner(policy: world.policy, now: clock)
        if mutant != .looksAtNoDate {
            switch ServerClock(date: world.serverDate(at: now).map(Core.time), now: clock) {
            case .skewed: hold = hold ?? "clock-skew"
            case .agrees: if hold == "clock-skew" { hold = nil }
            case .unknown: break
            }
        }
        let condition = readCanary(at: now, clock)
        var canaries: [TokenKind: VerdictJudge.Canary] = [:]
        for kind in TokenKind.allCases { canaries[kind] = canary(kind, at: now) }
        var newly: [Int] = []
        for index in live where stored[index].grant.standing.isLive && stored[index].askAt <= clock {
            guard case .success(let kind) = judge.speaker(of: stored[index].grant) else {
                stored[index].askAt = clock + .days(1)
                continue
            }
            stored[index].askedAt = clock
            let answer = answer(index, kind, at: now)
            let canary = canaries[kind] ?? .none
            let verdict = verdict(index, kind, answer, judge, canary, condition, at: now, clock)
            if answer == .inactive, canary != .failed { stored[index].grant.validity.lastInactiveAnswerAt = clock }
            if referee.isTraced, verdict != .active {
                referee.note(now, "  \(stored[index].grant.key.id) \(verdict.name) \(verdict.why?.rawValue ?? "")")
            }
            let isFirst = verdict == .inactive && stored[index].grant.validity.inactiveCount == 0
            if isFirst {
                if stored[index].pendingAt == nil { newly.append(index) }
                stored[index].pendingAt = stored[index].pendingAt ?? clock
            } else {
                stored[index].grant.validity.record(verdict, at: clock)
                if verdict == .active { noteActive(index, kind, at: now, clock) }
            }
            stored[index].askAt = nextQuestion(index, verdict, isFirst, planner, at: now, clock)
        }
        settleWatch(newly, at: now, clock, day)
    }

    private func answer(_ index: Int, _ kind: TokenKind, at now: Instant) -> Server.Answer {
        let consent = people[stored[index].person].consents[stored[index].consent]
        return server.answer(consent, token: stored[index].token, kind == .refreshToken ? .refresh : .access, at: now)
    }

    private mutating func noteActive(_ index: Int, _ kind: TokenKind, at now: Instant, _ clock: Timestamp) {
        stored[index].pendingAt = nil
        guard kind == .accessToken else { return }
        // Its answer tells the `exp`.
        let consent = people[stored[index].person].consents[stored[index].consent]
        let end = Core.time(consent.accessTokenEnd(ofToken: stored[index].token))
        if end > clock { stored[index].grant.accessTokenExpiresAt = end }
        longestLifetime = max(longestLifetime ?? .zero, end - clock)
    }

    private func nextQuestion(
        _ index: Int,
        _ verdict: Verdict,
        _ isFirst: Bool,
        _ planner: Planner,
        at now: Instant,
        _ clock: Timestamp
    ) -> Timestamp {
        if isFirst { return clock + world.policy.confirmAfter }
        switch verdict.why {
        case .pastItsEnd?, .accessTokenOnly?: return planner.ownInstant(of: stored[index].grant, after: clock)
        default:
            return planner.questionDue(stored[index].grant, context: context(of: index, clock, now)) ?? clock + .days(1)
        }
    }

    private func verdict(
        _ index: Int,
        _ kind: TokenKind,
        _ answer: Server.Answer,
        _ judge: VerdictJudge,
        _ canary: VerdictJudge.Canary,
        _ condition: CanaryCondition,
        at now: Instant,
        _ clock: Timestamp
    ) -> Verdict {
        if answer == .active { return .active }
        if hold == "clock-skew" { return .unknown(.held) }
        let grant = stored[index].grant
        let asksBoth = judge.needsAccessToken(grant, kind: kind, condition: condition)
        var judge = judge
        if mutant == .waitsForNoSuccessor {
            var capabilities = capabilities
            capabilities.rotatesRefreshTokens = false
            judge = VerdictJudge(capabilities: capabilities, now: clock)
        }
        return judge.inactive(
            grant,
            kind: kind,
            family: family(of: index, clock),
            canary: mutant == .needsNoControl && canary == .ownClientOnly ? .healthy : canary,
            condition: mutant == .believesYoungCanaries ? .old : condition,
            accessTokenIsActive: asksBoth && self.answer(index, .accessToken, at: now) == .active,
            since: grant.validity.inactiveSince ?? clock
        )
    }

    // MARK: Canaries

    /// The condition of the refresh canary that is configured now.
    private mutating func readCanary(at now: Instant, _ clock: Timestamp) -> CanaryCondition {
        guard world.refreshCanary != .none, server.canary(.refresh, at: now) == .active else {
            canarySeen = nil
            return .young
        }
        // By a clock that is known to be wrong nothing is dated.
        if hold == "clock-skew" { return .young }
        let made = server.canaryMade(at: now)
        if canarySeen?.made != made { canarySeen = (made, clock) }
        let canary = CanaryCondition(
            firstActiveAt: canarySeen?.at,
            // Nobody can see that access tokens live for longer than a day, unless an answer tells or a person says so.
            configured: world.isOrdinary || world.tokenLifetime > Span.day ? .milliseconds(world.tokenLifetime) : nil,
            longestSeen: longestLifetime,
            now: clock
        )
        guard world.refreshCanary == .ours else { return canary }
        // The control group obeys the same: a grant's refresh token that was active for as long.
        let isOld = controls(.refreshToken).contains { index in
            let since = stored[index].grant.validity.lastActiveAt
            return answer(index, .refreshToken, at: now) == .active && since == nil
        }
        return canary.with(isOld ? .old : .young)
    }

    /// Up to five grants with the newest active verdicts.
    private func controls(_ kind: TokenKind) -> [Int] {
        live.filter {
            stored[$0].grant.standing.isLive && stored[$0].grant.validity.lastVerdict == .active
                && (kind == .refreshToken ? stored[$0].grant.holdsRefreshToken : stored[$0].grant.holdsAccessToken)
        }.sorted {
            (stored[$0].grant.validity.lastVerdictAt ?? .distantPast)
                > (stored[$1].grant.validity.lastVerdictAt ?? .distantPast)
        }.prefix(5).map { $0 }
    }

    private func canary(_ kind: TokenKind, at now: Instant) -> VerdictJudge.Canary {
        let owner = kind == .refreshToken ? world.refreshCanary : world.accessCanary
        if owner == .none { return .none }
        if owner == .foreign, server.isInTrouble(at: now), world.server == .blind { return .failed }
        guard server.canary(kind == .refreshToken ? .refresh : .access, at: now) == .active else { return .failed }
        if owner == .foreign { return .healthy }
        return controls(kind).contains { answer($0, kind, at: now) == .active } ? .healthyWithControl : .ownClientOnly
    }

    // MARK: Surge and creep

    /// First inactive answers count when the run is over, and only if they are neither a surge nor part of a creep.
    private mutating func settleWatch(_ newly: [Int], at now: Instant, _ clock: Timestamp, _ day: Int) {
        let pending = live.filter { stored[$0].pendingAt != nil && stored[$0].grant.standing.isLive }
        if hold == "clock-skew" {
            for index in pending { stored[index].pendingAt = nil }
            return
        }
        firsts.removeAll { $0.at < clock - Surge.window || $0.at > clock }
        if firsts.count + newly.count == 0, pending.isEmpty, hold == nil { return }
        for index in newly { firsts.append((index, clock, false)) }
        firstsOfDay[clock.milliseconds / Span.day, default: 0] += newly.count
        let isWaiting = hold == "surge" || hold == "creep"
        if !isWaiting, let why = watch(pending, newly, clock) {
            hold = why
            heldSince = day
            referee.note(now, "held: \(why)")
            // Those of the day that ended nothing yet join.
            for first in firsts where !first.isApproved && stored[first.index].grant.standing.isLive {
                stored[first.index].grant.validity.forgetInactivity()
                stored[first.index].pendingAt = stored[first.index].pendingAt ?? first.at
            }
            return
        }
        if isWaiting {
            // A person asks the owners: only what is truly gone is approved.
            guard day - heldSince >= world.mendsAfter, pending.allSatisfy({ isDead($0, at: now) }) else { return }
            hold = nil
            goneEnds = []
            for place in firsts.indices { firsts[place].isApproved = true }
        }
        for index in pending {
            if let at = stored[index].pendingAt { stored[index].grant.validity.record(.inactive, at: at) }
            stored[index].pendingAt = nil
        }
    }

    private func watch(_ pending: [Int], _ newly: [Int], _ clock: Timestamp) -> String? {
        if mutant == .seesNoSurge { return nil }
        let today = clock.milliseconds / Span.day
        var rows = Set(mutant == .seesSurgesOfARunOnly ? newly : firsts.filter { !$0.isApproved }.map(\.index))
        for family in families where family.contains(where: rows.contains) {
            let members = family.map { stored[$0].grant }.filter(\.standing.isLive)
            let inactive = Set(family.filter(rows.contains).map { stored[$0].grant.key })
            let covered = Succession.successors(among: members) { inactive.contains($0.key) }
            rows = rows.filter { covered[stored[$0].grant.key] == nil }
        }
        let surge = Surge(
            newlyInactive: rows.count,
            asked: live.count { stored[$0].askedAt.map { $0 > clock - Surge.window } ?? false },
            history: firstsOfDay.filter { $0.key < today && $0.key >= today - Int64(Surge.days) }.map(\.value)
        )
        if surge.isOne { return "surge" }
        let creep = Creep(
            ended: goneEnds.count { $0 > clock - Creep.window },
            live: live.count { stored[$0].grant.standing.isLive }
        )
        return creep.isOne && !pending.isEmpty ? "creep" : nil
    }

    /// Whether the consent is over, or another member of its family carries it on with the token that is current.
    private func isDead(_ index: Int, at now: Instant) -> Bool {
        let consent = people[stored[index].person].consents[stored[index].consent]
        guard consent.isAlive(at: now) else { return true }
        let current = consent.token(at: now)
        guard stored[index].token != current, let family = stored[index].grant.family else { return false }
        return families[Int(family)].contains {
            stored[$0].grant.standing.isLive && stored[$0].consent == stored[index].consent
                && stored[$0].token == current
        }
    }
}
