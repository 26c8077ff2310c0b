internal import Grants

/// Batch after batch: read, asked, judged, stored.
///
/// While one is on the wire, those before it are being stored and the next is being read: neither the provider nor the
/// disk waits for the other. A batch is judged only when those before it are stored, unless all of them are plain: then
/// several become one transaction.
extension ProviderRound {
    /// A grant with the question about it, or why there is none.
    typealias Prepared = (asked: AskedGrant, question: Result<GrantQuestion, VerdictJudge.Silence>)

    mutating func askAll(_ first: [StoredGrant], _ pages: QuestionPages) async throws {
        do {
            try await inTurn(first, pages)
        } catch {
            // What was answered is stored all the same, unless the lock or the store is gone.
            try? await storeLast()
            throw error
        }
        try await storeLast()
    }

    private mutating func inTurn(_ first: [StoredGrant], _ pages: QuestionPages) async throws {
        guard !first.isEmpty else {
            livingAreDone = !pages.isBudgetSpent
            return
        }
        try environment.stop.check()
        var pages = pages
        var size = BatchSize()
        var batch = try await prepare(first)
        while !batch.isEmpty {
            try environment.stop.check()
            guard var probe, try await !mustGiveWay() else {
                livingAreDone = false
                return
            }
            probe.canaries = await client.canaries()
            if probe.knowsNothingOfOne { try await probe.recall(environment.store) }
            self.probe = probe
            // Read late: time has passed since the batch was, and a token may have expired.
            let now = environment.clock.now()
            let questions = batch.compactMap { try? $0.question.get() }
            let (conversation, believable) = (BatchConversation(client, probe, environment.store), believable)
            let condition = before.condition
            let (left, most) = (pages, size.count)
            async let following = following(left, most)
            let begun = ContinuousClock.now
            let asked = try await LeaseHeartbeat.keeping(job.lock, environment.store) {
                try await conversation.hold(questions, believable, condition: condition, now: now)
            }
            let took = ContinuousClock.now - begun
            size.follow(questions.count, in: took)
            let next = await following
            let isPlain = isPlain(batch, asked)
            if !isPlain || storing?.isPlain == false { try await storeLast() }
            let outage = try await judge(batch, asked, isPlain, now)
            if let why = outage.why, !questions.isEmpty, !Task.isCancelled {
                // The provider is gone, or wants quiet: asking on would only wait.
                livingAreDone = false
                try await storeLast()
                try await open(because: why, retryAfter: outage.retryAfter)
                report.unreachable[settings.id] = breaker?.words(outage.words)
                return
            }
            try Task.checkCancellation()
            try await beginToStore(after: took)
            (batch, pages) = try next.get()
        }
        livingAreDone = !pages.isBudgetSpent
    }

    /// Reads and opens the tokens of a page.
    private func prepare(_ page: [StoredGrant]) async throws -> [Prepared] {
        let (settings, now) = (settings, environment.clock.now())
        return try await environment.store.read { reading in
            try page.map { stored in
                let asked = AskedGrant(stored)
                return (asked, try GrantQuestion.make(asked, settings, reading, now: now))
            }
        }
    }

    private func following(
        _ pages: QuestionPages,
        _ size: Int
    ) async -> Result<([Prepared], QuestionPages), any Error> {
        var pages = pages
        do {
            let page = try await pages.next(size)
            return .success((page.isEmpty ? [] : try await prepare(page), pages))
        } catch {
            return .failure(error)
        }
    }

    /// Where "inactive" cannot count, it is not asked for again and again.
    private var believable: Set<TokenKind> {
        Set(TokenKind.allCases).filter { kind in
            let canary = before.canaries[kind] ?? .none
            return canary != .none && canary != .failed && !isDistrusted
        }
    }

    /// Every grant was called active by a provider that nothing speaks against: such a batch says nothing about another,
    /// and none about it.
    private func isPlain(_ batch: [Prepared], _ asked: BatchConversation.Answers) -> Bool {
        guard hold == nil, !contradicted, !asked.contradicted, before.isSound, asked.after.isSound,
            asked.all.count == batch.count
        else { return false }
        return asked.all.allSatisfy { if case .active? = $0?.outcome { true } else { false } }
    }

    /// What the answers of a batch say about the provider, and which of them are to be stored.
    private mutating func judge(
        _ batch: [Prepared],
        _ asked: BatchConversation.Answers,
        _ isPlain: Bool,
        _ now: Timestamp
    ) async throws -> Outage {
        contradicted = contradicted || asked.contradicted
        var after = asked.after
        let fresh = after
        after.distrust(where: before)
        before = fresh
        if let why = after.hold {
            try await holdProvider(why, after.detail)
        } else if let skew = ProviderProbe.skew(of: asked.all, from: environment.clock.now()) {
            try await holdProvider("clock-skew", ProviderProbe.words(ofSkew: skew))
        }
        if contradicted {
            try await holdProvider("contradiction", "a token was called inactive and active in one batch")
        }
        let outage = Outage(of: asked.all, after)
        var answered: [AnsweredBatch.Entry] = []
        answered.reserveCapacity(batch.count)
        var next = 0
        for (grant, question) in batch {
            switch question {
            case .success(let question):
                let answer = asked.all[next]
                next += 1
                report.asked += answer?.wasSent == true ? 1 : 0
                if let answer, !outage.swallows(answer) {
                    answered.append(
                        .init(
                            asked: grant,
                            kind: question.kind,
                            answer: answer,
                            accessTokenIsActive: asked.accessTokensActive.contains(next - 1)
                        )
                    )
                } else {
                    leaveOpen(grant.stored, answer)
                }
            case .failure(let silence):
                answered.append(.init(asked: grant, silence: silence.reason))
            }
        }
        if Task.isCancelled {
            // What an interruption cut off is no answer; what was answered is stored all the same.
            answered.removeAll { $0.answer?.outcome == .unknown(.network) }
        }
        unstored.append(
            AnsweredBatch(
                entries: answered,
                sighted: news(isClockSkewed ? after.undatedSightings : after.datedSightings),
                after: after,
                isHeld: isDistrusted,
                contradicted: contradicted,
                isPlain: isPlain,
                now: now,
                asked: report.asked
            )
        )
        return outage
    }

    /// Our clock is known not to be the server's: nothing is dated by it.
    private var isClockSkewed: Bool { hold?.why == "clock-skew" || distrust == "clock-skew" }

    /// What the store does not know yet of tokens that are known to be good.
    private func news(_ sighted: [ProviderProbe.Sighting]) -> [ProviderProbe.Sighting] {
        sighted.filter { $0.isActive == false || $0.row != nil || probe?.sightings[$0.token] == nil }
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
}
