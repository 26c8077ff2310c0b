internal import Grants

/// Keeps how the known-good tokens fared, so that a provider at which nothing can count is told.
extension ProviderRound {
    /// Enters what the last look at the canaries showed; a kind that the provider cannot introspect has none.
    ///
    /// Our own client's canary alone counts only beside a control, and the round before a batch asks about none: nothing
    /// is entered where nothing was asked.
    func noteCanaries() async throws {
        let (provider, now) = (settings.id, environment.clock.now())
        var looks: [(kind: TokenKind, failure: String?)] = []
        for kind in TokenKind.allCases where settings.capabilities.introspects.contains(kind) {
            let canary = before.canaries[kind] ?? .none
            if canary == .failed {
                looks.append((kind, before.detail ?? "a canary was not active"))
            } else if canary == .none {
                looks.append((kind, "there is no canary of this kind"))
            } else if canary != .ownClientOnly {
                looks.append((kind, nil))
            } else if report.asked > 0 {
                looks.append((kind, "no control grant was active beside our own client's canary"))
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
