internal import Grants

/// One batch: asked, judged, stored.
extension ProviderRound {
    /// A grant with what was answered about it; nil: it was not asked.
    struct Answered: Sendable {
        var stored: StoredGrant
        var kind: TokenKind?
        var silence: UnknownReason?
        var answer: IntrospectionAnswer?
    }

    /// Asks, judges and stores one batch.
    ///
    /// False: the provider went silent, the rest stays due.
    mutating func ask(_ page: [StoredGrant]) async throws -> Bool {
        guard var probe else { return false }
        probe.canaries = await client.canaries()
        let (settings, now) = (settings, environment.clock.now())
        let prepared = try await environment.store.read { reading in
            try page.map { stored in
                (stored, try GrantQuestion.make(stored, settings, reading, now: now))
            }
        }
        let questions = prepared.compactMap { try? $0.1.get() }
        let (lock, controls) = (job.lock, try await controls())
        // Where "inactive" cannot count, it is not asked for again and again.
        let believable = Set(TokenKind.allCases).filter { kind in
            let canary = before.canaries[kind] ?? .none
            return canary != .none && canary != .failed && (hold == nil || hold?.why == "surge")
        }
        let asked = await LeaseHeartbeat.keeping(lock, environment.store) { [client] in
            await BatchConversation.hold(questions, client, probe, controls, believable)
        }
        contradicted = contradicted || asked.contradicted
        var after = asked.after
        let fresh = after
        after.distrust(where: before)
        before = fresh
        if let why = after.hold { try await holdProvider(why, after.detail) }
        if contradicted {
            try await holdProvider("contradiction", "a token was called inactive and active in one batch")
        }
        let outage = Outage(of: asked.answers, after)
        var answered: [Answered] = []
        var next = 0
        for (stored, question) in prepared {
            switch question {
            case .success(let question):
                let answer = asked.answers[next]
                next += 1
                report.asked += answer?.wasSent == true ? 1 : 0
                if let answer, !outage.swallows(answer) {
                    answered.append(Answered(stored: stored, kind: question.kind, answer: answer))
                } else {
                    leaveOpen(stored, answer)
                }
            case .failure(let silence):
                answered.append(Answered(stored: stored, silence: silence.reason))
            }
        }
        if Task.isCancelled {
            // What an interruption cut off is no answer; what was answered is stored all the same.
            answered.removeAll { $0.answer?.outcome == .unknown(.network) }
        }
        try await store(answered, after, now)
        guard let why = outage.why, !questions.isEmpty, !Task.isCancelled else { return true }
        // The provider is gone, or wants quiet: asking on would only wait.
        try await open(because: why, retryAfter: outage.retryAfter)
        report.unreachable[settings.id] = breaker?.words(outage.words)
        return false
    }

    /// Nobody knows more of the grant than before, and its question stays due.
    private mutating func leaveOpen(_ stored: StoredGrant, _ answer: IntrospectionAnswer?) {
        guard !Task.isCancelled else { return }
        let verdict = Verdict.unknown(answer?.outcome.why ?? .timeout)
        if answer?.wasSent == true { report.count(verdict) }
        guard job.isByName else { return }
        let detail = answer?.detail ?? "it had stopped answering, and was not asked"
        report.lines.append(.init(key: stored.grant.key, verdict: verdict, detail: detail))
    }

    /// Whether a batch got through to the provider.
    private struct Outage {
        /// nil: it did.
        var why: UnknownReason?
        var retryAfter: Duration?
        var words = "it stopped answering"
        /// What is known was not answered either: silence says nothing about a single grant.
        private var isOfAll = false

        init(of answers: [IntrospectionAnswer?], _ after: ProviderProbe.Reading) {
            let given = answers.compactMap(\.self)
            if let refused = given.first(where: { !$0.wasSent }) {
                (why, retryAfter) = (.rateLimited, refused.retryAfter)
                words = refused.detail ?? "it wants no requests"
            } else if !given.isEmpty, given.allSatisfy({ $0.outcome.why?.isNoAnswer == true }) {
                why = given.last?.outcome.why
                retryAfter = given.compactMap(\.retryAfter).max()
            }
            isOfAll = why != nil && after.unreachable != nil
        }

        func swallows(_ answer: IntrospectionAnswer) -> Bool {
            !answer.wasSent || (isOfAll && answer.outcome.why?.isNoAnswer == true)
        }
    }

    /// Grants that were active last, for an own-client canary that cannot see "you may not see others' tokens".
    private func controls() async throws -> [TokenKind: [Secret]] {
        let (provider, ours) = (settings.id, settings.client.id)
        return try await environment.store.read { reading in
            var controls: [TokenKind: [Secret]] = [:]
            for kind in TokenKind.allCases {
                let grants = try reading.newestActive(at: provider, kind: kind, except: ours, limit: 5)
                // One token that does not open must not stop the questions about all others.
                controls[kind] = grants.compactMap { (try? reading.tokens(of: $0.row))?[kind] }
            }
            return controls
        }
    }

    private mutating func store(_ answered: [Answered], _ after: ProviderProbe.Reading, _ now: Timestamp) async throws {
        let (job, settings, hold, contradicted) = (job, settings, hold, contradicted)
        let outcome = try await write { writing in
            let batch = try VerdictBatch(
                job: job,
                settings: settings,
                probe: after,
                isHeld: hold != nil && hold?.why != "surge",
                contradicted: contradicted,
                now: now,
                writing
            )
            var outcome = VerdictBatch.Outcome()
            for one in answered {
                try batch.record(one.stored, kind: one.kind, silence: one.silence, answer: one.answer, into: &outcome)
            }
            return outcome
        }
        newlyInactive += outcome.newlyInactive
        report.active += outcome.report.active
        report.inactive += outcome.report.inactive
        report.unknown.merge(outcome.report.unknown, uniquingKeysWith: +)
        report.lines += outcome.report.lines
        // More than 1 % of a batch used after they were called inactive: what the store holds is old.
        if outcome.stale > 0, outcome.stale * 100 > answered.count, answered.count >= 10 {
            try await holdProvider("stale-tokens", "\(outcome.stale) grants were used after their token was inactive")
        }
    }
}
