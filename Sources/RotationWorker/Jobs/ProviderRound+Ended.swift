internal import Grants

/// Ended grants are asked about again, after a day and after a week: an end that the provider did not carry out is found,
/// whatever its proof said.
extension ProviderRound {
    private static let pageSize = 500
    /// Ends that one run looks at; the others are the next one's.
    private static let mostPages = 40

    /// One page of ended grants, with those of them that are asked about.
    private struct EndedPage: Sendable {
        var progress: EndedProgress
        var grants: [StoredGrant] = []
        var questions: [GrantQuestion] = []
        /// How many of the questions are about what rules ended.
        var asked = 0
    }

    /// Only when nothing of the living is left that was due, in a scheduled run, at a provider that is believed.
    mutating func askEnded() async throws {
        guard livingAreDone, !isDistrusted, hold == nil, case .due = job.scope, job.lock != nil,
            report.unreachable[settings.id] == nil, !before.believesAnything, before.unreachable == nil
        else { return }
        for question in EndedQuestion.allCases {
            for _ in 0..<Self.mostPages {
                try environment.stop.check()
                guard try await !mustGiveWay(), let page = try await endedPage(question) else { break }
                guard try await ask(page, question) else { return }
                if page.grants.count < Self.pageSize { break }
            }
        }
    }

    /// Whether there is anything to ask about though nothing of the living is due.
    func endedAreDue() async throws -> Bool {
        guard case .due = job.scope, job.lock != nil else { return false }
        for question in EndedQuestion.allCases where try await endedPage(question) != nil { return true }
        return false
    }

    /// nil: nothing is due.
    private func endedPage(_ question: EndedQuestion) async throws -> EndedPage? {
        let (settings, now) = (settings, environment.clock.now())
        return try await environment.store.read { reading in
            let day = now.milliseconds / 86_400_000
            let known = try reading.endedProgress(question, at: settings.id)
            var page = EndedPage(progress: EndedProgress(now: now, known))
            let left = page.progress.left(on: day)
            page.progress.asked = EndedQuestion.mostADay - left
            page.progress.day = day
            page.grants = try reading.ended(
                at: settings.id,
                after: page.progress.place,
                until: now - question.delay,
                limit: Self.pageSize
            )
            guard let last = page.grants.last, let endedAt = last.endedAt else { return nil }
            page.progress.place = .init(at: endedAt, row: last.row)
            for stored in page.grants {
                let isByHand = stored.grant.cause == .byHand
                guard isByHand || page.asked < left,
                    case .success(let question) = try GrantQuestion.make(
                        AskedGrant(stored),
                        settings,
                        reading,
                        now: now
                    )
                else { continue }
                page.questions.append(question)
                if !isByHand { page.asked += 1 }
            }
            page.progress.asked += page.asked
            return page
        }
    }

    /// Asks, and stores what was found.
    ///
    /// False: the provider did not answer, and the page stays due.
    private mutating func ask(_ page: EndedPage, _ question: EndedQuestion) async throws -> Bool {
        let (client, probe) = (client, probe)
        let (answers, after) = await LeaseHeartbeat.keeping(job.lock, environment.store) {
            let answers = await GrantQuestion.ask(page.questions, client)
            return (answers, page.questions.isEmpty ? nil : await probe?.read(times: 1, controls: [:]))
        }
        try Task.checkCancellation()
        guard answers.allSatisfy({ $0?.wasSent == true }), after?.unreachable == nil else { return false }
        let isBelieved = after?.believesAnything != true
        let (settings, run, actor, now) = (settings, job.run, environment.actor, environment.clock.now())
        let resurfaced = try await write { writing in
            let judge = VerdictJudge(capabilities: settings.capabilities, now: now)
            var resurfaced = 0
            for (asked, answer) in zip(page.questions, answers) {
                guard isBelieved, case .active(let facts)? = answer?.outcome,
                    var stored = try writing.grant(row: asked.asked.stored.row),
                    judge.active(stored.grant, kind: asked.kind, facts: facts, believesAnything: false) == .active,
                    LifeAfterEnd.resurfaces(stored.grant, endedAt: stored.endedAt, signAt: now)
                else { continue }
                stored.grant.resurfacedAt = now
                try writing.save(stored)
                var event = Event(Event.Kind.grantResurfaced, at: now, about: stored.grant)
                event.reason = "the provider called its \(asked.kind.rawValue) active after its end"
                event.run = run
                event.actor = actor
                try writing.append(event, about: stored)
                resurfaced += 1
            }
            if question == .afterWeek {
                for stored in page.grants {
                    // What has resurfaced must be revocable, and what lives again is another's matter.
                    guard let present = try writing.grant(row: stored.row), present.grant.resurfacedAt == nil,
                        present.endedAt == stored.endedAt
                    else { continue }
                    try writing.dropTokens(of: stored.row)
                }
            }
            try writing.setEndedProgress(page.progress, question, at: settings.id)
            return resurfaced
        }
        report.resurfaced += resurfaced
        return true
    }
}

extension EndedProgress {
    /// Where to go on; without a word of before, at what ended lately.
    init(now: Timestamp, _ known: EndedProgress?) {
        self = known ?? EndedProgress(place: .init(at: now - EndedQuestion.reach, row: 0), day: 0, asked: 0)
    }
}
