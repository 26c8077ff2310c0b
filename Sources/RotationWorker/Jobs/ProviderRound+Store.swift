internal import Grants

/// What was answered in one batch, with all that judges it.
struct AnsweredBatch: Sendable {
    /// A grant with what was answered about it; nil: it was not asked.
    struct Entry: Sendable {
        var stored: StoredGrant
        var kind: TokenKind?
        var silence: UnknownReason?
        var answer: IntrospectionAnswer?
    }

    var entries: [Entry]
    var after: ProviderProbe.Reading
    var isHeld: Bool
    var contradicted: Bool
    var now: Timestamp
    /// How many the round had asked about when this was over.
    var asked: Int
}

extension ProviderRound {
    /// What became of a batch.
    struct Stored: Sendable {
        var outcome: VerdictBatch.Outcome
        var count: Int
        var asked: Int
    }

    /// Judges a batch and stores its verdicts, in one transaction.
    func store(_ batch: AnsweredBatch?) async throws -> Stored? {
        guard let batch else { return nil }
        let (job, settings) = (job, settings)
        let outcome = try await write { writing in
            let verdicts = try VerdictBatch(
                job: job,
                settings: settings,
                probe: batch.after,
                isHeld: batch.isHeld,
                contradicted: batch.contradicted,
                now: batch.now,
                writing
            )
            var outcome = VerdictBatch.Outcome()
            for one in batch.entries {
                try verdicts.record(
                    one.stored,
                    kind: one.kind,
                    silence: one.silence,
                    answer: one.answer,
                    into: &outcome
                )
            }
            return outcome
        }
        return Stored(outcome: outcome, count: batch.entries.count, asked: batch.asked)
    }

    mutating func storeLast() async throws {
        try await take(in: try await store(unstored.take()))
    }

    /// Counts what was stored, and draws what follows for the next batch.
    mutating func take(in stored: Stored?) async throws {
        guard let stored else { return }
        let (outcome, count) = (stored.outcome, stored.count)
        newlyInactive += outcome.newlyInactive
        report.active += outcome.report.active
        report.inactive += outcome.report.inactive
        report.unknown.merge(outcome.report.unknown, uniquingKeysWith: +)
        report.lines += outcome.report.lines
        progress.update(settings.id, done: stored.asked)
        // More than 1 % of a batch used after they were called inactive: what the store holds is old.
        if outcome.stale > 0, outcome.stale * 100 > count, count >= 10 {
            try await holdProvider("stale-tokens", "\(outcome.stale) grants were used after their token was inactive")
        }
    }
}
