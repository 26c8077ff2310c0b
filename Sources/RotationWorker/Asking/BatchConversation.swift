internal import Grants

/// The questions of one batch: about every grant, again about each that is called inactive, and then about what is
/// known.
struct BatchConversation: Sendable {
    /// An inactive answer is asked for again so often in the same batch: a token that turns active proves the
    /// provider wrong, and one that lies at random does so.
    static let repetitions = 8
    static let canaryRepetitions = 12
    static let mostControls = 5

    struct Answers: Sendable {
        /// In the questions' order; nil: the provider went silent before it was asked.
        var all: [IntrospectionAnswer?]
        var after = ProviderProbe.Reading()
        /// A token was called inactive and active in one batch.
        var contradicted = false
        /// Of those whose refresh token was called inactive beside a young canary: the indices of the questions about
        /// grants whose access token is active.
        var accessTokensActive: Set<Int> = []
    }

    private let client: any ProviderClient
    private var probe: ProviderProbe
    private let store: any GrantStore

    init(_ client: any ProviderClient, _ probe: ProviderProbe, _ store: any GrantStore) {
        self.client = client
        self.probe = probe
        self.store = store
    }

    /// Where "inactive" cannot count, because a kind is not in `believable`, it is not asked for again.
    ///
    /// `now` decides which access tokens are past their end.
    func hold(
        _ questions: [GrantQuestion],
        _ believable: Set<TokenKind>,
        condition: CanaryCondition,
        now: Timestamp
    ) async throws -> Answers {
        var answers = Answers(all: await GrantQuestion.ask(questions, client))
        let inactive = answers.all.indices.filter {
            answers.all[$0]?.outcome == .inactive && believable.contains(questions[$0].kind)
        }
        if !inactive.isEmpty {
            for _ in 0..<Self.repetitions where !answers.contradicted {
                let again = await GrantQuestion.ask(inactive.map { questions[$0] }, client)
                for (index, answer) in zip(inactive, again) {
                    switch answer?.outcome {
                    case .active: answers.contradicted = true
                    // Not repeated is not confirmed.
                    case .unknown, nil: answers.all[index] = answer
                    case .inactive: break
                    }
                }
            }
        }
        let controls = try await controls(for: Set(inactive.map { questions[$0].kind }), questions, answers.all)
        var probe = probe
        try await probe.recall(controls[.refreshToken] ?? [], store)
        answers.after = await probe.read(times: inactive.isEmpty ? 1 : Self.canaryRepetitions, controls: controls)
        let known = condition.with(answers.after.condition)
        answers.accessTokensActive = try await activeAccessTokens(of: inactive, questions, answers.all, known, now)
        return answers
    }

    /// A young canary speaks for those grants whose access token lives: where no record tells, it is asked.
    private func activeAccessTokens(
        of inactive: [Int],
        _ questions: [GrantQuestion],
        _ answers: [IntrospectionAnswer?],
        _ condition: CanaryCondition,
        _ now: Timestamp
    ) async throws -> Set<Int> {
        let judge = VerdictJudge(capabilities: client.settings.capabilities, now: now)
        let doubtful = inactive.filter {
            answers[$0]?.outcome == .inactive
                && judge.needsAccessToken(
                    questions[$0].asked.stored.grant,
                    kind: questions[$0].kind,
                    condition: condition
                )
        }
        guard !doubtful.isEmpty else { return [] }
        let rows = doubtful.map { questions[$0].asked.stored.row }
        let tokens = try await store.read { reading in rows.map { try? reading.token(.accessToken, of: $0) } }
        let held = zip(doubtful, tokens).compactMap { index, token in token.map { (index, $0) } }
        let about = held.map { GrantQuestion(asked: questions[$0.0].asked, kind: .accessToken, token: $0.1) }
        let said = await GrantQuestion.ask(about, client)
        return Set(
            zip(held, said).compactMap { held, answer in
                guard case .active(let facts)? = answer?.outcome else { return nil }
                let grant = questions[held.0].asked.stored.grant
                return judge.active(grant, kind: .accessToken, facts: facts, believesAnything: false) == .active
                    ? held.0 : nil
            }
        )
    }

    /// Grants that were active last, for an own-client canary that cannot see "you may not see others' tokens".
    ///
    /// Only inactive answers need them. Those that controlled before come first: how long a refresh token has been
    /// active is known of them alone. Then those that were just called active, which are the newest; where there are
    /// none of a kind, the store knows some.
    private func controls(
        for kinds: Set<TokenKind>,
        _ questions: [GrantQuestion],
        _ answers: [IntrospectionAnswer?]
    ) async throws -> [TokenKind: [ProviderProbe.Control]] {
        let wanted = kinds.filter { kind in
            let mine = probe.canaries.filter { $0.kind == kind }
            return !mine.isEmpty && mine.allSatisfy(\.isOwnClient)
        }
        guard !wanted.isEmpty else { return [:] }
        let (provider, ours) = (client.settings.id, client.settings.client.id)
        var fresh: [TokenKind: [ProviderProbe.Control]] = [:]
        for (question, answer) in zip(questions, answers) where wanted.contains(question.kind) {
            guard case .active(let facts)? = answer?.outcome, question.asked.stored.grant.client != ours,
                facts.client == nil || facts.client == question.asked.stored.grant.client,
                fresh[question.kind, default: []].count < Self.mostControls
            else { continue }
            fresh[question.kind, default: []].append(.init(row: question.asked.stored.row, token: question.token))
        }
        return try await store.read { [fresh] reading in
            var controls: [TokenKind: [ProviderProbe.Control]] = [:]
            for kind in wanted {
                let known =
                    kind == .refreshToken
                    ? try reading.controls(at: provider, kind: kind, limit: Self.mostControls - 2) : []
                let rest = fresh[kind] ?? []
                let stored =
                    rest.isEmpty
                    ? try reading.newestActive(at: provider, kind: kind, except: ours, limit: Self.mostControls) : []
                func open(_ grants: [StoredGrant]) -> [ProviderProbe.Control] {
                    // One token that does not open must not stop the questions about all others.
                    grants.filter { $0.grant.client != ours }.compactMap { stored in
                        (try? reading.token(kind, of: stored.row)).map { .init(row: stored.row, token: $0) }
                    }
                }
                var seen: Set<Int64> = []
                let all = open(known) + rest + open(stored)
                controls[kind] = Array(all.filter { seen.insert($0.row).inserted }.prefix(Self.mostControls))
            }
            return controls
        }
    }
}
