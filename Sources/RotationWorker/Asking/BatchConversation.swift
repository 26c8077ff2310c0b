internal import Grants

/// The questions of one batch: about every grant, again about each that is called inactive, and then about what is
/// known.
struct BatchConversation: Sendable {
    /// An inactive answer is asked for again so often in the same batch: a token that turns active proves the
    /// provider wrong, and one that lies at random does so.
    static let repetitions = 8
    static let canaryRepetitions = 12

    /// In the questions' order; nil: the provider went silent before it was asked.
    let answers: [IntrospectionAnswer?]
    let after: ProviderProbe.Reading
    /// A token was called inactive and active in one batch.
    let contradicted: Bool

    /// Where "inactive" cannot count, because a kind is not in `believable`, it is not asked for again.
    static func hold(
        _ questions: [GrantQuestion],
        _ client: any ProviderClient,
        _ probe: ProviderProbe,
        _ controls: [TokenKind: [Secret]],
        _ believable: Set<TokenKind>
    ) async -> BatchConversation {
        var answers = await GrantQuestion.ask(questions, client)
        var contradicted = false
        let inactive = answers.indices.filter {
            answers[$0]?.outcome == .inactive && believable.contains(questions[$0].kind)
        }
        if !inactive.isEmpty {
            for _ in 0..<repetitions where !contradicted {
                let again = await GrantQuestion.ask(inactive.map { questions[$0] }, client)
                for (index, answer) in zip(inactive, again) {
                    switch answer?.outcome {
                    case .active: contradicted = true
                    // Not repeated is not confirmed.
                    case .unknown, nil: answers[index] = answer
                    case .inactive: break
                    }
                }
            }
        }
        let after = await probe.read(times: inactive.isEmpty ? 1 : canaryRepetitions, controls: controls)
        return BatchConversation(answers: answers, after: after, contradicted: contradicted)
    }
}
