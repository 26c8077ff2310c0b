internal import Grants
internal import Synchronization

/// A grant as it was read to be asked about.
///
/// A reference: it is large, and goes through many hands until its verdict is stored.
final class AskedGrant: Sendable {
    let stored: StoredGrant

    init(_ stored: StoredGrant) { self.stored = stored }
}

/// One grant to be asked about, with the token that speaks for it.
struct GrantQuestion: Sendable {
    let asked: AskedGrant
    let kind: TokenKind
    let token: Secret

    /// The question for a grant, or why there is none.
    static func make(
        _ asked: AskedGrant,
        _ provider: ProviderSettings,
        _ reading: any StoreReading,
        now: Timestamp
    ) throws -> Result<GrantQuestion, VerdictJudge.Silence> {
        let stored = asked.stored
        let judge = VerdictJudge(capabilities: provider.capabilities, now: now)
        switch judge.speaker(of: stored.grant) {
        case .failure(let silence):
            return .failure(silence)
        case .success(let kind):
            do {
                guard let token = try reading.token(kind, of: stored.row) else {
                    return .failure(VerdictJudge.Silence(.noToken))
                }
                return .success(GrantQuestion(asked: asked, kind: kind, token: token))
            } catch let error as StoreError where error.code == .damaged {
                // One token that does not open must not keep all others from being asked about.
                return .failure(VerdictJudge.Silence(.noToken))
            }
        }
    }

    /// Asks about all of them, so many at once as the provider allows; answers are in the questions' order.
    ///
    /// nil: it was not asked, because the provider had stopped answering.
    static func ask(
        _ questions: [GrantQuestion],
        _ client: any ProviderClient
    ) async -> [IntrospectionAnswer?] {
        let silence = Mutex(Silence())
        return await client.introspect(questions.map { TokenQuestion($0.token, kind: $0.kind) }) { answer in
            silence.withLock { $0.isLasting(answer.outcome.why, wasSent: answer.wasSent) }
        }
    }
}
