internal import Grants

/// Keeps how the known-good tokens fared, so that a provider at which nothing can count is told.
extension ProviderRound {
    /// Enters what the last look at the canaries showed; a kind that the provider cannot introspect has none.
    ///
    /// Our own client's canary is sound where it was active: a control is asked for only beside an inactive answer, and
    /// where there is none, the grant's own answer says so (`no-control`).
    func noteCanaries() async throws {
        let (provider, now) = (settings.id, environment.clock.now())
        var looks: [(kind: TokenKind, failure: String?)] = []
        for kind in TokenKind.allCases where settings.capabilities.introspects.contains(kind) {
            let canary: VerdictJudge.Canary = before.canaries[kind] ?? VerdictJudge.Canary.none
            if canary == .failed {
                looks.append((kind, before.detail ?? "a canary was not active"))
            } else if canary == VerdictJudge.Canary.none {
                looks.append((kind, "there is no canary of this kind"))
            } else {
                looks.append((kind, nil))
            }
        }
        let entries = looks
        guard !entries.isEmpty else { return }
        try await write { writing in
            let known = try writing.canaryStates(at: provider)
            for (kind, failure) in entries {
                var state = known[kind] ?? CanaryState()
                state.note(failure, at: now)
                try writing.setCanaryState(state, of: kind, at: provider)
            }
        }
    }
}
