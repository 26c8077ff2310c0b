internal import Grants

/// What was answered in one batch, with all that judges it.
struct AnsweredBatch: Sendable {
    /// A grant with what was answered about it; nil: it was not asked.
    struct Entry: Sendable {
        var asked: AskedGrant
        var kind: TokenKind?
        var silence: UnknownReason?
        var answer: IntrospectionAnswer?
        /// Asked beside a refresh token that was called inactive.
        var accessTokenIsActive = false
    }

    var entries: [Entry]
    /// What is new of tokens that are known to be good.
    var sighted: [ProviderProbe.Sighting]
    var after: ProviderProbe.Reading
    var isHeld: Bool
    var contradicted: Bool
    /// It says nothing about other batches.
    var isPlain: Bool
    var now: Timestamp
    /// How many the round had asked about when this was over.
    var asked: Int
}

extension ProviderRound {
    /// Answers that took so long, or so many, are stored: until then they are in no other hand.
    static let storesAfter = Duration.milliseconds(200)
    static let storesAtLeast = 2_000

    /// What became of a batch.
    struct Stored: Sendable {
        var outcome: VerdictBatch.Outcome
        var count: Int
        var asked: Int
    }

    /// Batches on their way into the store, which no cancellation stops.
    struct Storing: Sendable {
        var task: Task<[Stored], any Error>
        var isPlain: Bool
    }

    /// Judges batches and stores their verdicts, in one transaction.
    private func store(_ batches: [AnsweredBatch]) async throws -> [Stored] {
        guard !batches.isEmpty else { return [] }
        let (job, settings, longestLifetime) = (job, settings, probe?.longestLifetime)
        return try await write { writing in
            try batches.map { batch in
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
                        one.asked.stored,
                        kind: one.kind,
                        silence: one.silence,
                        answer: one.answer,
                        accessTokenIsActive: one.accessTokenIsActive,
                        into: &outcome
                    )
                }
                try ProviderProbe.note(batch.sighted, at: settings.id, now: batch.now, in: writing)
                // Once for each new record of a provider: rare after the first run.
                if let lifetime = outcome.longestLifetime, lifetime > longestLifetime ?? .zero {
                    try writing.noteLifetime(lifetime, at: settings.id)
                }
                return Stored(outcome: outcome, count: batch.entries.count, asked: batch.asked)
            }
        }
    }

    /// Begins to store what was answered, once it is enough for a transaction or says something about the next batch.
    mutating func beginToStore(after took: Duration) async throws {
        unstoredFor += took
        let isPlain = unstored.allSatisfy(\.isPlain)
        let count = unstored.reduce(0) { $0 + $1.entries.count }
        guard !isPlain || count >= Self.storesAtLeast || unstoredFor >= Self.storesAfter else { return }
        try await takeStored()
        let (round, batches) = (self, takeUnstored())
        storing = Storing(task: Task { try await round.store(batches) }, isPlain: isPlain)
    }

    /// Waits until all that was answered is stored.
    mutating func storeLast() async throws {
        var failure: (any Error)?
        do { try await takeStored() } catch { failure = error }
        for stored in try await store(takeUnstored()) { try await take(in: stored) }
        if let failure { throw failure }
    }

    private mutating func takeStored() async throws {
        guard let running = storing.take() else { return }
        for stored in try await running.task.value { try await take(in: stored) }
    }

    private mutating func takeUnstored() -> [AnsweredBatch] {
        defer { (unstored, unstoredFor) = ([], .zero) }
        return unstored
    }

    /// Counts what was stored, and draws what follows for the next batch.
    private mutating func take(in stored: Stored) async throws {
        let (outcome, count) = (stored.outcome, stored.count)
        report.active += outcome.report.active
        report.inactive += outcome.report.inactive
        report.unknown.merge(outcome.report.unknown, uniquingKeysWith: +)
        report.lines += outcome.report.lines
        report.drifted += outcome.report.drifted
        if let lifetime = outcome.longestLifetime, lifetime > probe?.longestLifetime ?? .zero {
            probe?.longestLifetime = lifetime
        }
        progress.update(settings.id, done: stored.asked)
        // More than 1 % of a batch used after they were called inactive: what the store holds is old. Where refresh tokens
        // rotate, that is what every grant in use looks like.
        if !settings.capabilities.rotatesRefreshTokens, outcome.stale > 0, outcome.stale * 100 > count, count >= 10 {
            try await holdProvider("stale-tokens", "\(outcome.stale) grants were used after their token was inactive")
        }
    }
}
