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
    }

    private let client: any ProviderClient
    private let probe: ProviderProbe
    private let store: any GrantStore

    init(_ client: any ProviderClient, _ probe: ProviderProbe, _ store: any GrantStore) {
        self.client = client
        self.probe = probe
        self.store = store
    }

    /// Where "inactive" cannot count, because a kind is not in `believable`, it is not asked for again.
    func hold(_ questions: [GrantQuestion], _ believable: Set<TokenKind>) async throws -> Answers {
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
        answers.after = await probe.read(times: inactive.isEmpty ? 1 : Self.canaryRepetitions, controls: controls)
        return answers
    }

    /// Grants that were active last, for an own-client canary that cannot see "you may not see others' tokens".
    ///
    /// Only inactive answers need them. Those that were just called active are the newest; where there are none of a
    /// kind, the store knows some.
    private func controls(
        for kinds: Set<TokenKind>,
        _ questions: [GrantQuestion],
        _ answers: [IntrospectionAnswer?]
    ) async throws -> [TokenKind: [Secret]] {
        let (provider, ours) = (client.settings.id, client.settings.client.id)
        var controls: [TokenKind: [Secret]] = [:]
        for (question, answer) in zip(questions, answers) where kinds.contains(question.kind) {
            guard case .active(let facts)? = answer?.outcome, question.asked.stored.grant.client != ours,
                facts.client == nil || facts.client == question.asked.stored.grant.client,
                controls[question.kind, default: []].count < Self.mostControls
            else { continue }
            controls[question.kind, default: []].append(question.token)
        }
        let missing = kinds.filter { controls[$0, default: []].isEmpty }
        guard !missing.isEmpty else { return controls }
        let stored = try await store.read { reading in
            var controls: [TokenKind: [Secret]] = [:]
            for kind in missing {
                let grants = try reading.newestActive(at: provider, kind: kind, except: ours, limit: Self.mostControls)
                // One token that does not open must not stop the questions about all others.
                controls[kind] = grants.compactMap { try? reading.token(kind, of: $0.row) }
            }
            return controls
        }
        return controls.merging(stored) { _, stored in stored }
    }
}
