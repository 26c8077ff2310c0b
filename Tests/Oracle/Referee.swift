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
    private var valve: [(at: Instant, isEnd: Bool, isApproved: Bool)] = []
    /// When a grant of a subject ended last: until then it may have stood in another's way.
    private var freed: [Int: Instant] = [:]
    /// When the provider was last held, or the worker frozen.
    private var stoodUntil: Instant = 0
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
        isApproved: Bool,
        forgotten: Int
    ) {
        ends[decision.rule.ordinal] += 1
        freed[people[before.person].subject] = now
        let id = before.grant.key.id
        let consent = people[before.person].consents[before.consent]
        switch decision.rule {
        case .unused:
            judgeDisuse(before, family, consent, at: now, clock)
        case .goneAtProvider:
            if case .end(let end) = decision.action, end.isSuperseded {
                if isTokenGood(before, consent, at: now) { fail(now, "(b) \(id) superseded while its token is good") }
            } else if consent.isAlive(at: now), forgotten == 0 || forgotten > 5 {
                // Five that a server forgets are as five that are gone: only more than that is a surge.
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
        countForValve(decision, at: now, isApproved: isApproved)
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

    /// The latest end that the record could rest on, what makes no sense left out.
    private func ownEnd(_ before: Stored, at now: Instant) -> Timestamp {
        let grant = before.grant
        let ends = [grant.expiresAt, grant.isAccessTokenOnly ? grant.accessTokenExpiresAt : nil]
        return ends.compactMap { $0 }.filter { $0 >= grant.issuedAt && $0.milliseconds <= now + 40 * Span.day }.max()
            ?? .distantPast
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

    mutating func quarantined(at now: Instant, isApproved: Bool) {
        valve.append((now, false, isApproved))
    }

    private mutating func countForValve(_ decision: Decision, at now: Instant, isApproved: Bool) {
        guard case .end(let end) = decision.action, !end.isSuperseded, decision.rule != .expired else { return }
        valve.append((now, true, isApproved))
    }

    mutating func held(at now: Instant) { if holds.last != now { holds.append(now) } }

    /// After a run: no window above the valve, and nothing that should have ended is left.
    mutating func endOfRun(
        _ stored: [Stored],
        _ live: [Int],
        _ people: [Person],
        at now: Instant,
        isQuiet: Bool
    ) {
        if world.clockSteps.isEmpty { judgeValve(stored, live, at: now) }
        if !isQuiet { stoodUntil = now }
        if world.isOrdinary, isQuiet { judgeLiveness(stored, live, people, at: now) }
    }

    private mutating func judgeValve(_ stored: [Stored], _ live: [Int], at now: Instant) {
        valve.removeAll { $0.at < now - Span.day }
        // What ends by itself later takes nothing from what was live when the valve was read.
        guard valve.last?.at == now else { return }
        let count = valve.count { !$0.isApproved }
        // What ended, with approval too, was live when the window began.
        let live = live.count { stored[$0].grant.standing.isLive } + valve.count(where: \.isEnd)
        for limit in [world.policy.valve, world.total] {
            let isOver =
                count > limit.max || (count > limit.count && Double(count) * 100 > limit.sharePercent * Double(live))
                || (count >= 3 && count > live - count)
            if isOver { fail(now, "(d) \(count) of \(live) ended within a day, above the valve") }
        }
    }

    // MARK: (e)

    mutating func delivered(_ line: LogLine, _ named: [Int], _ stored: [Stored], at now: Instant) {
        guard !line.isRefused, world.clockSteps.isEmpty else { return }
        // A subject's line may be another live grant's.
        if case .subject = line.name, named.contains(where: { stored[$0].grant.standing.isLive }) { return }
        for index in named {
            guard !stored[index].grant.standing.isLive, let ended = stored[index].endedAt else { continue }
            if let residual = stored[index].grant.residualUntil, line.at <= residual.milliseconds { continue }
            guard line.at > ended.milliseconds + world.late + Span.minute else { continue }
            resurfaced += 1
            if stored[index].grant.resurfacedAt == nil {
                fail(now, "(e) a use of \(stored[index].grant.key.id) after its end came in, and it did not resurface")
            }
        }
    }

    /// A record of an ended grant with a token that it never had is a new life, unless it is older than the end.
    mutating func importedEnded(_ ended: Stored, _ isNewToken: Bool, asOf: Instant, at now: Instant, _ clock: Timestamp)
    {
        let told = world.exportTellsUse ? asOf : clock.milliseconds
        guard isNewToken, world.clockSteps.isEmpty, let end = ended.endedAt, told > end.milliseconds else { return }
        fail(now, "(e) a record of \(ended.grant.key.id) after its end bears a new token, and it does not live")
    }

    // MARK: (f)

    private mutating func judgeLiveness(_ stored: [Stored], _ live: [Int], _ people: [Person], at now: Instant) {
        let policy = world.policy
        let announced = (policy.notice + policy.quarantine).milliseconds
        // Two days, one more for another period, and one for a person who releases a line that is nobody's.
        let steps = Span.day * (policy.quarantine > .zero ? 4 : 3)
        let idle = max(policy.idleAfter.milliseconds, policy.newGrantGrace.milliseconds)
        for index in live where stored[index].grant.standing.isLive {
            // All that one revocation may take along: a subject's grants.
            let subject = people[stored[index].person].subject
            var (since, isExcused, hasOthers) = (world.begins, false, false)
            for other in live where people[stored[other].person].subject == subject {
                guard stored[other].grant.standing.isLive else { continue }
                isExcused = isExcused || self.isExcused(people[stored[other].person])
                hasOthers = hasOthers || stored[other].person != stored[index].person
                since = max(since, stored[other].recordedAt)
            }
            // Lines that name the subject are uses of all of its grants, whichever was meant.
            for person in people where person.subject == subject {
                for consent in person.consents where consent.givenAt <= now {
                    since = max(since, consent.givenAt, consent.lastUse(upTo: now) ?? 0)
                }
            }
            if isExcused { continue }
            let delay = Int64(holds.count - Consent.count(holds, upTo: since)) * Span.day
            if now > max(since + idle, freed[subject] ?? 0, stoodUntil) + announced + world.late + steps + delay {
                let id = stored[index].grant.key.id
                fail(now, "(f) \(id) is idle since \(Timestamp(milliseconds: since)) and did not end")
                return
            }
            // A line that names a subject says nothing of which of its grants was used.
            if world.naming != .subject || !hasOthers { judgeGone(stored[index], people, delay, at: now) }
        }
    }

    private func isExcused(_ person: Person) -> Bool {
        person.isOurs || person.exempt != nil || person.hidesTokens || person.hidesRefreshToken
    }

    /// What is gone at the provider is found.
    private mutating func judgeGone(_ one: Stored, _ people: [Person], _ delay: Int64, at now: Instant) {
        let consent = people[one.person].consents[one.consent]
        guard world.server == .truthful || world.server == .rotating, !world.successorsHaveNewIDs,
            one.grant.holdsRefreshToken, consent.endedAt < now, one.consent == people[one.person].consents.count - 1
        else { return }
        let policy = world.policy
        // Asked once a night: each of two questions may wait for the next, and a rotated token for a day of the feed.
        let question = policy.revalidateEvery.milliseconds + Span.day
        let waits = policy.confirmAfter.milliseconds + world.late + (world.server == .rotating ? 4 : 2) * Span.day
        // No canary is old before an access token's life is over.
        let old = world.begins + max(world.tokenLifetime, Span.day) + Span.day
        let free = max(freed[people[one.person].subject] ?? 0, old)
        let bound = max(consent.endedAt, one.recordedAt, stoodUntil, free) + 2 * question + waits + delay
        if now > bound {
            fail(
                now,
                "(f) \(one.grant.key.id) is gone since \(Timestamp(milliseconds: consent.endedAt)) and was not found"
            )
        }
    }
}
