internal import Grants

/// Judges the answers of one batch and stores the verdicts, in one transaction.
struct VerdictBatch {
    struct Outcome: Sendable {
        var report = VerdictReport()
        var newlyInactive = 0
        var stale = 0
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
        pendingBefore = Set(try writing.pendingVerdicts(of: settings.id).map(\.row))
    }

    func record(
        _ asked: StoredGrant,
        kind: TokenKind?,
        silence: UnknownReason?,
        answer: IntrospectionAnswer?,
        into outcome: inout Outcome
    ) throws {
        if try keepActive(asked, kind: kind, answer: answer, into: &outcome) { return }
        try recordAnew(asked, kind: kind, silence: silence, answer: answer, into: &outcome)
    }

    /// By what the grant is now.
    func recordAnew(
        _ asked: StoredGrant,
        kind: TokenKind?,
        silence: UnknownReason?,
        answer: IntrospectionAnswer?,
        into outcome: inout Outcome
    ) throws {
        // Read again: somebody may have changed or ended it while the question was on the wire.
        guard var stored = try writing.grant(row: asked.row), stored.grant.standing.isLive else { return }
        guard let kind, let answer else {
            // Never asked: no failure, and not due again by itself before a day is over.
            stored.askAt = silence == .noToken ? nil : now + .days(1)
            try writing.save(stored)
            if job.isByName { line(stored, .unknown(silence ?? .noToken), nil, &outcome) }
            return
        }
        // Another answer, or another token, came in between: this one is about what was.
        guard asked.grant.validity == stored.grant.validity, asked.recordedAt == stored.recordedAt else { return }
        let verdict = try judge(stored, kind, answer)
        let isFirst = verdict == .inactive && stored.grant.validity.inactiveCount == 0
        if isFirst {
            if !pendingBefore.contains(stored.row) { outcome.newlyInactive += 1 }
            try writing.setPendingVerdicts([PendingVerdict(row: stored.row, at: now, run: job.run)], of: settings.id)
        } else {
            stored.grant.validity.record(verdict, at: now)
            if verdict == .active, pendingBefore.contains(stored.row) {
                try writing.removePendingVerdict(row: stored.row)
            }
            if verdict == .inactive { stored.dueAt = now }
        }
        if verdict == .unknown(.staleToken) { try tellStale(stored, &outcome) }
        if verdict == .active, case .active(let facts) = answer.outcome, let end = newEnd(kind, facts, stored.grant) {
            stored.grant.accessTokenExpiresAt = end
            if stored.grant.isAccessTokenOnly { stored.dueAt = min(stored.dueAt ?? end, end) }
            try writing.saveRecord(stored)
        }
        let planner = assessor.planner(for: stored)
        stored.askAt =
            try isFirst
            ? now + planner.policy.confirmAfter
            : planner.questionDue(stored.grant, context: assessor.context(of: stored)) ?? now + .days(1)
        try writing.save(stored)
        outcome.report.count(verdict)
        if job.isByName { line(stored, verdict, answer.detail, &outcome) }
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
            !probe.believesAnything, facts.client == nil || facts.client == asked.grant.client,
            !pendingBefore.contains(asked.row), newEnd(kind, facts, asked.grant) == nil
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

    private func judge(_ stored: StoredGrant, _ kind: TokenKind, _ answer: IntrospectionAnswer) throws -> Verdict {
        let canary = probe.canaries[kind] ?? .none
        switch answer.outcome {
        case .unknown(let why):
            return .unknown(why)
        case .active(let facts):
            // A provider that calls a made-up token active says nothing by "active".
            if probe.believesAnything { return .unknown(.canary) }
            if let client = facts.client, client != stored.grant.client { return .unknown(.otherToken) }
            return .active
        case .inactive:
            if contradicted { return .unknown(.contradiction) }
            if isHeld { return .unknown(.held) }
            return VerdictJudge(capabilities: settings.capabilities, now: now).inactive(
                stored.grant,
                kind: kind,
                family: try assessor.family(of: stored),
                canary: canary,
                since: stored.grant.validity.inactiveSince ?? now
            )
        }
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
