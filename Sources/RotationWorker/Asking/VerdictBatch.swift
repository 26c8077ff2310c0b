internal import Grants

/// Judges the answers of one batch and stores the verdicts, in one transaction.
struct VerdictBatch {
    struct Outcome: Sendable {
        var report = VerdictReport()
        var stale = 0
        /// Of an access token, as the answers tell it; nil: none did.
        var longestLifetime: Duration?
    }

    private let job: RevalidationJob
    private let settings: ProviderSettings
    private let probe: ProviderProbe.Reading
    private let isHeld: Bool
    private let contradicted: Bool
    private let now: Timestamp
    private let writing: any StoreWriting
    private let assessor: Assessor
    private let pendingBefore: Set<Int64>
    private let judging: VerdictJudge

    init(
        job: RevalidationJob,
        settings: ProviderSettings,
        probe: ProviderProbe.Reading,
        isHeld: Bool,
        contradicted: Bool,
        now: Timestamp,
        _ writing: any StoreWriting
    ) throws {
        self.job = job
        self.settings = settings
        self.probe = probe
        self.isHeld = isHeld
        self.contradicted = contradicted
        self.now = now
        self.writing = writing
        assessor = try Assessor(writing, job.environment.settings, ownTokens: [], now: now)
        judging = VerdictJudge(capabilities: settings.capabilities, now: now)
        pendingBefore = Set(try writing.pendingVerdicts(of: settings.id).map(\.row))
    }

    func record(
        _ asked: StoredGrant,
        kind: TokenKind?,
        silence: UnknownReason?,
        answer: IntrospectionAnswer?,
        accessTokenIsActive: Bool = false,
        into outcome: inout Outcome
    ) throws {
        if try keepActive(asked, kind: kind, answer: answer, into: &outcome) { return }
        try recordAnew(
            asked,
            kind: kind,
            silence: silence,
            answer: answer,
            accessTokenIsActive: accessTokenIsActive,
            into: &outcome
        )
    }

    /// By what the grant is now.
    func recordAnew(
        _ asked: StoredGrant,
        kind: TokenKind?,
        silence: UnknownReason?,
        answer: IntrospectionAnswer?,
        accessTokenIsActive: Bool = false,
        into outcome: inout Outcome
    ) throws {
        // Read again: another may have changed or ended it while the question was on the wire.
        guard var stored = try writing.grant(row: asked.row), stored.grant.standing.isLive else {
            if answer != nil { outcome.report.count(.unknown(.changedMeanwhile)) }
            return
        }
        guard let kind, let answer else {
            try recordSilence(silence ?? .noToken, &stored, &outcome)
            return
        }
        // Another answer, or another token, came in between: this one is about what was.
        guard asked.grant.validity == stored.grant.validity, asked.recordedAt == stored.recordedAt else {
            outcome.report.count(.unknown(.changedMeanwhile))
            if job.isByName { line(stored, .unknown(.changedMeanwhile), nil, &outcome) }
            return
        }
        let verdict = try judge(stored, kind, answer, accessTokenIsActive)
        try noteHolder(of: stored, kind, answer)
        if answer.outcome == .inactive, probe.canaries[kind] != .failed, !contradicted {
            stored.grant.validity.lastInactiveAnswerAt = now
        }
        let isFirst = verdict == .inactive && stored.grant.validity.inactiveCount == 0
        if isFirst {
            try writing.setPendingVerdicts([PendingVerdict(row: stored.row, at: now, run: job.run)], of: settings.id)
        } else {
            stored.grant.validity.record(verdict, at: now)
            if verdict == .active, pendingBefore.contains(stored.row) {
                try writing.removePendingVerdict(row: stored.row)
            }
            if verdict == .inactive { stored.dueAt = now }
        }
        if verdict == .unknown(.staleToken) { try tellStale(stored, &outcome) }
        if verdict == .active, case .active(let facts) = answer.outcome {
            try learn(facts, kind, &stored, &outcome)
        }
        stored.askAt = try nextQuestion(stored, verdict, isFirst: isFirst)
        try writing.save(stored)
        outcome.report.count(verdict)
        if job.isByName { line(stored, verdict, answer.detail ?? detail(verdict, kind, answer), &outcome) }
    }

    /// Keeps whom the provider names as the holder of a token whose record names our own client: nobody, where its last
    /// active answer names none.
    private func noteHolder(of stored: StoredGrant, _ kind: TokenKind, _ answer: IntrospectionAnswer) throws {
        guard stored.grant.client == settings.client.id, !probe.believesAnything,
            case .active(let facts) = answer.outcome
        else { return }
        try writing.setToldClient(facts.client, of: stored.row, kind: kind)
    }

    /// Never asked: no failure, and not due again by itself before a day is over.
    private func recordSilence(_ why: UnknownReason, _ stored: inout StoredGrant, _ outcome: inout Outcome) throws {
        stored.askAt = why == .noToken ? nil : now + .days(1)
        if why != .noToken {
            stored.grant.validity.unknownSince = stored.grant.validity.unknownSince ?? now
            stored.grant.validity.unknownWhy = why
        }
        try writing.save(stored)
        if job.isByName { line(stored, .unknown(why), nil, &outcome) }
    }

    /// What a countable active answer tells beside that.
    private func learn(
        _ facts: TokenFacts,
        _ kind: TokenKind,
        _ stored: inout StoredGrant,
        _ outcome: inout Outcome
    ) throws {
        note(facts, kind, &outcome)
        if let end = newEnd(kind, facts, stored.grant) {
            stored.grant.accessTokenExpiresAt = end
            if stored.grant.isAccessTokenOnly { stored.dueAt = min(stored.dueAt ?? end, end) }
            try writing.saveRecord(stored)
        }
        if let told = facts.scopes, ScopeDrift.isNews(told, kind: kind, of: stored.grant) {
            let before = stored.grant.toldScopes
            ScopeDrift.enter(told, kind: kind, in: &stored.grant)
            let excess = ScopeDrift.excess(of: stored.grant, ignoring: settings.ignoredScopes)
            if !excess.isEmpty, before != stored.grant.toldScopes { try tellDrift(stored, excess) }
            if assessor.policy(of: stored).onScopeDrift == .revoke { stored.dueAt = now }
        }
        if drifts(stored.grant) { outcome.report.drifted += 1 }
    }

    private func note(_ facts: TokenFacts, _ kind: TokenKind, _ outcome: inout Outcome) {
        guard kind == .accessToken, let lifetime = facts.lifetime(at: now) else { return }
        outcome.longestLifetime = max(outcome.longestLifetime ?? .zero, lifetime)
    }

    private func drifts(_ grant: Grant) -> Bool {
        grant.toldScopes != nil && !ScopeDrift.excess(of: grant, ignoring: settings.ignoredScopes).isEmpty
    }

    /// A token that can never say "gone" is no failure to be repeated soon.
    private func nextQuestion(_ stored: StoredGrant, _ verdict: Verdict, isFirst: Bool) throws -> Timestamp {
        let planner = assessor.planner(for: stored)
        if isFirst { return now + planner.policy.confirmAfter }
        switch verdict.why {
        case .pastItsEnd?, .accessTokenOnly?: return planner.ownInstant(of: stored.grant, after: now)
        default: return try planner.questionDue(stored.grant, context: assessor.context(of: stored)) ?? now + .days(1)
        }
    }

    private func detail(_ verdict: Verdict, _ kind: TokenKind, _ answer: IntrospectionAnswer) -> String? {
        guard verdict == .unknown(.contradiction), kind == .accessToken, case .active(let facts) = answer.outcome,
            let end = facts.expiresAt
        else { return nil }
        return "the provider calls it active and says that it ended at \(end)"
    }

    /// The commonest answer, active once more, by what the grant was when it was asked about.
    ///
    /// False, and nothing was done: it is another answer, or the grant may have changed meanwhile.
    func keepActive(
        _ asked: StoredGrant,
        kind: TokenKind?,
        answer: IntrospectionAnswer?,
        into outcome: inout Outcome
    ) throws -> Bool {
        guard let kind, case .active(let facts)? = answer?.outcome, asked.isPlainlyActive,
            verdict(asked.grant, kind, facts) == .active, !pendingBefore.contains(asked.row),
            newEnd(kind, facts, asked.grant) == nil, asked.grant.client != settings.client.id,
            !ScopeDrift.isNews(facts.scopes, kind: kind, of: asked.grant)
        else { return false }
        let circumstances = assessor.circumstances(of: asked)
        var validity = asked.grant.validity
        validity.record(.active, at: now)
        let due = try circumstances.planner.questionDue(
            asked.grant,
            after: validity,
            context: assessor.context(of: asked, circumstances)
        )
        guard let due, try writing.keepActive(asked, at: now, askAt: due) else { return false }
        note(facts, kind, &outcome)
        if drifts(asked.grant) { outcome.report.drifted += 1 }
        outcome.report.count(.active)
        if job.isByName { line(asked, .active, answer?.detail, &outcome) }
        return true
    }

    /// The access token's end, where an active answer about it tells another than is known.
    private func newEnd(_ kind: TokenKind, _ facts: TokenFacts, _ grant: Grant) -> Timestamp? {
        guard kind == .accessToken, let end = facts.expiresAt, end > now, end != grant.accessTokenExpiresAt else {
            return nil
        }
        return end
    }

    private func line(_ stored: StoredGrant, _ verdict: Verdict, _ detail: String?, _ outcome: inout Outcome) {
        outcome.report.lines.append(.init(key: stored.grant.key, verdict: verdict, detail: detail))
    }

    private func verdict(_ grant: Grant, _ kind: TokenKind, _ facts: TokenFacts) -> Verdict {
        judging.active(grant, kind: kind, facts: facts, believesAnything: probe.believesAnything)
    }

    private func judge(
        _ stored: StoredGrant,
        _ kind: TokenKind,
        _ answer: IntrospectionAnswer,
        _ accessTokenIsActive: Bool
    ) throws -> Verdict {
        switch answer.outcome {
        case .unknown(let why): return .unknown(why)
        case .active(let facts): return verdict(stored.grant, kind, facts)
        case .inactive:
            if contradicted { return .unknown(.contradiction) }
            if isHeld { return .unknown(.held) }
            return judging.inactive(
                stored.grant,
                kind: kind,
                family: try assessor.family(of: stored),
                canary: probe.canaries[kind] ?? .none,
                condition: probe.condition,
                accessTokenIsActive: accessTokenIsActive,
                since: stored.grant.validity.inactiveSince ?? now
            )
        }
    }

    private func tellDrift(_ stored: StoredGrant, _ excess: [String]) throws {
        var event = Event(Event.Kind.grantScopeDrift, at: now, about: stored.grant)
        event.reason = "the provider tells more scopes than its record"
        event.run = job.run
        event.actor = job.environment.actor
        event.details = ["told": .string(excess.joined(separator: " "))]
        try writing.append(event, about: stored)
    }

    private func tellStale(_ stored: StoredGrant, _ outcome: inout Outcome) throws {
        outcome.stale += 1
        var event = Event(Event.Kind.grantTokenStale, at: now, about: stored.grant)
        event.reason = "used after its token was called inactive"
        event.run = job.run
        event.actor = job.environment.actor
        try writing.append(event, about: stored)
    }
}
