import Grants

/// Compares what the worker did with what was true.
struct Referee {
    let world: World
    let isTraced: Bool
    private(set) var failure: String?
    private(set) var counts = [Int](repeating: 0, count: Rule.allCases.count)
    private(set) var ends = [Int](repeating: 0, count: Rule.allCases.count)
    private(set) var resurfaced = 0
    private(set) var transcript: [(Instant, String)] = []
    /// Ends and quarantines that were not approved, by true time.
    private var valve: [(at: Instant, id: String)] = []
    /// When a valve held something.
    private var holds: [Instant] = []

    init(_ world: World, only: [Int]?, isTraced: Bool) {
        self.world = world
        self.isTraced = isTraced
    }

    mutating func note(_ at: Instant, _ words: @autoclosure () -> String) {
        if isTraced { transcript.append((at, words())) }
    }

    mutating func fail(_ at: Instant, _ words: String) {
        if failure == nil { failure = words }
        note(at, "WRONG: \(words)")
    }

    mutating func count(_ decision: Decision) { counts[decision.rule.ordinal] += 1 }

    // MARK: (a) to (c)

    mutating func ended(
        _ before: Stored,
        _ decision: Decision,
        _ family: Family,
        _ people: [Person],
        at now: Instant,
        _ clock: Timestamp,
        isApproved: Bool
    ) {
        ends[decision.rule.ordinal] += 1
        let id = before.grant.key.id
        let consent = people[before.person].consents[before.consent]
        switch decision.rule {
        case .unused:
            judgeDisuse(before, family, consent, at: now, clock)
        case .goneAtProvider:
            if case .end(let end) = decision.action, end.isSuperseded {
                if isTokenGood(before, consent, at: now) { fail(now, "(b) \(id) superseded while its token is good") }
            } else if consent.isAlive(at: now) {
                fail(now, "(b) \(id) ended as gone at the provider, and it is not gone")
            }
        case .expired:
            judgeOwnEnd(before, consent, at: now)
        case .lifetime, .contradicted:
            judgeAnnouncement(before, decision, world.policy.lifetimeNotice.milliseconds, at: now, clock)
        case .outOfPolicy:
            judgeAnnouncement(before, decision, world.policy.notice.milliseconds, at: now, clock)
        default:
            fail(now, "\(id) ended by \(decision.rule.rawValue), which ends nothing")
        }
        countForValve(before, decision, at: now, isApproved: isApproved)
    }

    private mutating func judgeDisuse(
        _ before: Stored,
        _ family: Family,
        _ consent: Consent,
        at now: Instant,
        _ clock: Timestamp
    ) {
        let id = before.grant.key.id
        guard let window = family.window else { return fail(now, "(a) \(id) ended as unused, and nobody observed it") }
        if clock - window.until > world.policy.evidenceMaxAge {
            fail(now, "(a) \(id) ended on observation of \(window.until), older than evidence_max_age")
        }
        // By the feed's clock or by the true one: what lies in both readings was certainly in the interval.
        let until = window.until.milliseconds
        let lag = world.feedLag
        let from = until - world.policy.idleAfter.milliseconds
        if consent.wasUsed(after: from + max(0, lag), upTo: until + min(0, lag)) {
            let used = consent.lastUse(upTo: until + min(0, lag)) ?? 0
            fail(
                now,
                "(a) \(id) ended as unused until \(window.until), and was used at \(Timestamp(milliseconds: used))"
            )
        }
    }

    private func isTokenGood(_ before: Stored, _ consent: Consent, at now: Instant) -> Bool {
        consent.isAlive(at: now) && (world.server != .rotating || before.token == consent.token(at: now))
    }

    private mutating func judgeOwnEnd(_ before: Stored, _ consent: Consent, at now: Instant) {
        guard consent.isAlive(at: now) else { return }
        let id = before.grant.key.id
        // An end that the record mistakes, and that nothing contradicts: what may be said of it depends on what could
        // be known. A server that calls living tokens inactive, or a token that was replaced, agrees with the mistake.
        let end = ownEnd(before, at: now)
        let canBeKnown =
            !before.endIsMistaken
            || (world.server == .truthful && !before.grant.isAccessTokenOnly && world.hasFeed
                && before.grant.holdsRefreshToken)
        if canBeKnown {
            fail(now, "(b) \(id) ended by its own end, and it lives")
        } else if let used = before.grant.lastUsedAt, used > end {
            fail(now, "(b) \(id) ended by an end at \(end), and a use at \(used) is known")
        }
    }

    private func ownEnd(_ before: Stored, at now: Instant) -> Timestamp {
        if let end = before.grant.expiresAt, end.milliseconds <= now + 40 * Span.day { return end }
        return before.grant.accessTokenExpiresAt ?? .distantPast
    }

    private mutating func judgeAnnouncement(
        _ before: Stored,
        _ decision: Decision,
        _ period: Int64,
        at now: Instant,
        _ clock: Timestamp
    ) {
        let id = before.grant.key.id
        let rule = decision.rule.rawValue
        let tolerance = 5 * Span.minute + (world.date == .right || world.date == .sometimes ? 0 : 0)
        if abs(clock.milliseconds - now) > tolerance {
            fail(now, "(c) \(id) ended by \(rule) with a clock \((clock.milliseconds - now) / Span.minute) min ahead")
        }
        guard period > 0 else { return }
        guard let told = before.toldTrulyAt else { return fail(now, "(c) \(id) ended by \(rule), and nobody was told") }
        if now - told < period - tolerance {
            fail(now, "(c) \(id) ended by \(rule) \((now - told) / Span.hour) h after it was told of")
        }
    }

    // MARK: (d)

    mutating func quarantined(_ before: Stored, at now: Instant, _ clock: Timestamp, isApproved: Bool) {
        if !isApproved { valve.append((now, before.grant.key.id)) }
    }

    private mutating func countForValve(_ before: Stored, _ decision: Decision, at now: Instant, isApproved: Bool) {
        guard case .end(let end) = decision.action, !end.isSuperseded, decision.rule != .expired, !isApproved
        else { return }
        valve.append((now, before.grant.key.id))
    }

    mutating func held(at now: Instant) { if holds.last != now { holds.append(now) } }

    /// After a run: no window above the valve, and nothing that should have ended is left.
    mutating func endOfRun(
        _ stored: [Stored],
        _ people: [Person],
        at now: Instant,
        _ clock: Timestamp,
        isQuiet: Bool
    ) {
        if world.clockSteps.isEmpty { judgeValve(stored, at: now) }
        if world.isOrdinary, isQuiet { judgeLiveness(stored, people, at: now) }
    }

    private mutating func judgeValve(_ stored: [Stored], at now: Instant) {
        valve.removeAll { $0.at < now - Span.day }
        var ids: [String] = []
        for end in valve where !ids.contains(end.id) { ids.append(end.id) }
        let count = ids.count
        guard count > 0 else { return }
        let live = stored.count { $0.grant.standing.isLive && !ids.contains($0.grant.key.id) } + count
        for limit in [world.policy.valve, world.total] {
            let isOver =
                count > limit.max || (count > limit.count && Double(count) * 100 > limit.sharePercent * Double(live))
                || (count >= 3 && count > live - count)
            if isOver { fail(now, "(d) \(count) of \(live) ended within a day, above the valve") }
        }
    }

    // MARK: (e)

    mutating func delivered(_ line: LogLine, _ named: [Int], _ stored: [Stored], at now: Instant, late: Int64) {
        guard line.isReadable, !line.isRefused, world.clockSteps.isEmpty else { return }
        // A subject's line may be another live grant's.
        if case .subject = line.name, named.contains(where: { stored[$0].grant.standing.isLive }) { return }
        for index in named {
            guard !stored[index].grant.standing.isLive, let ended = stored[index].endedAt else { continue }
            if let residual = stored[index].grant.residualUntil, line.at <= residual.milliseconds { continue }
            guard line.at > ended.milliseconds + late + Span.minute else { continue }
            resurfaced += 1
            if stored[index].grant.resurfacedAt == nil {
                fail(
                    now,
                    "(e) a use of \(stored[index].grant.key.id) after its end was delivered, and it did not resurface"
                )
            }
        }
    }

    // MARK: (f)

    private mutating func judgeLiveness(_ stored: [Stored], _ people: [Person], at now: Instant) {
        let policy = world.policy
        let announced = (policy.notice + policy.quarantine).milliseconds
        for (index, one) in stored.enumerated() where one.grant.standing.isLive {
            // All that one revocation may take along: a subject's grants.
            let subject = people[one.person].subject
            var (since, freed, isExcused) = (world.begins, Instant.min, false)
            for other in stored where people[other.person].subject == subject {
                guard other.grant.standing.isLive else {
                    freed = max(freed, other.endedTrulyAt)
                    continue
                }
                isExcused = isExcused || self.isExcused(other, people)
                since = max(since, other.recordedAt)
                for consent in people[other.person].consents where consent.givenAt <= now {
                    since = max(since, consent.givenAt, consent.lastUse(upTo: now) ?? 0)
                }
            }
            if isExcused { continue }
            let delay = Int64(holds.count - Consent.count(holds, upTo: since)) * Span.day
            let steps = Span.day * (policy.quarantine > .zero ? 3 : 2)
            let idle = max(policy.idleAfter.milliseconds, policy.newGrantGrace.milliseconds)
            if now > max(since + idle, freed) + announced + world.late + steps + delay {
                fail(now, "(f) \(one.grant.key.id) is idle since \(Timestamp(milliseconds: since)) and did not end")
                return
            }
            // A line that names a subject says nothing of which of its grants was used.
            let others = stored.contains {
                $0.person != one.person && people[$0.person].subject == subject && $0.grant.standing.isLive
            }
            if world.naming != .subject || !others { judgeGone(index, one, people, delay, at: now) }
        }
    }

    private func isExcused(_ one: Stored, _ people: [Person]) -> Bool {
        let person = people[one.person]
        return person.isOurs || person.exempt != nil || person.hidesTokens || person.hidesRefreshToken
    }

    /// What is gone at the provider is found.
    private mutating func judgeGone(_ index: Int, _ one: Stored, _ people: [Person], _ delay: Int64, at now: Instant) {
        let consent = people[one.person].consents[one.consent]
        guard world.server == .truthful || world.server == .rotating, !world.successorsHaveNewIDs,
            one.grant.holdsRefreshToken, consent.endedAt < now, one.consent == people[one.person].consents.count - 1
        else { return }
        let policy = world.policy
        let bound =
            max(consent.endedAt, one.recordedAt) + 2 * policy.revalidateEvery.milliseconds
            + policy.confirmAfter.milliseconds + 4 * Span.day + delay
        if now > bound {
            fail(
                now,
                "(f) \(one.grant.key.id) is gone since \(Timestamp(milliseconds: consent.endedAt)) and was not found"
            )
        }
    }
}
