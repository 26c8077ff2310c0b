package import Grants

extension ScopeModel {
    /// The smallest set that covers what the client used in the window and what its steps need; nil: an unknown client.
    ///
    /// What was used is kept even where nothing allows it, and is marked: a recommendation that breaks what works is
    /// followed once. Without a window all uses count. `ways` are those that the provider offers.
    package func recommend(
        for client: ClientKey,
        tenant: TenantID,
        usage: ScopeUsage,
        ways: Set<NarrowingWay> = [.reconsent, .refreshNarrower]
    ) -> Recommendation? {
        guard let integration = integration(tenant, client) else { return nil }
        return Recommender(model: self, integration: integration, usage: usage).recommendation(
            client: client,
            ways: NarrowingWay.allCases.filter { ways.contains($0) }
        )
    }
}

private struct Recommender {
    private let model: ScopeModel
    private let integration: Integration
    private let usage: ScopeUsage
    private let provider: ProviderID
    private let allowed: ScopeSet
    /// By scope: the last use in the window.
    private var used: [Int: Timestamp] = [:]
    private var unknown: Set<String> = []

    init(model: ScopeModel, integration: Integration, usage: ScopeUsage) {
        self.model = model
        self.integration = integration
        self.usage = usage
        provider = integration.provider
        allowed = model.allowed(integration)
        for (word, at) in usage.lastUsed {
            let numbers = model.scopes(called: word, at: provider)
            if numbers.isEmpty { unknown.insert(word) }
            if let window = usage.window, at < window.from { continue }
            for number in numbers { used[number] = max(used[number] ?? at, at) }
        }
        for word in usage.held where model.scopes(called: word, at: provider).isEmpty { unknown.insert(word) }
    }

    func recommendation(client: ClientKey, ways: [NarrowingWay]) -> Recommendation {
        let needs = model.graph.minimalCover(of: allowed)
        let keep = model.graph.minimalCover(of: needs + used.keys)
        let usedClosure = model.graph.closure(of: used.keys)
        return Recommendation(
            tenant: integration.tenantID,
            client: client,
            keep: keep.map { kept($0) }.sorted { $0.scope.utf8.lexicographicallyPrecedes($1.scope.utf8) },
            excess: excess(beyond: keep),
            unusedNeeds: model.words(for: needs.filter { !usedClosure.contains($0) }, at: provider),
            unknown: unknown.sorted(),
            confidence: Recommendation.Confidence(coverage: usage.coverage, window: usage.window),
            coverage: usage.coverage,
            window: usage.window,
            ways: ways
        )
    }

    private func kept(_ scope: Int) -> Recommendation.Kept {
        let steps = ScopeSet(integration.roles.flatMap { model.roleSteps[$0] }).filter { step in
            model.stepNeeds[step].contains { model.graph.covers(scope, $0) && allowed.contains($0) }
        }
        let last = used.filter { model.graph.covers(scope, $0.key) }.map(\.value).max()
        return Recommendation.Kept(
            scope: model.word(for: scope, at: provider),
            steps: model.steps.names(of: steps),
            lastUsed: last,
            isOutsidePolicy: !allowed.contains(scope)
        )
    }

    /// What is held beyond the set, and what the rest of what is kept implies anyway.
    private func excess(beyond keep: [Int]) -> [Recommendation.Excess] {
        let target = model.graph.closure(of: keep)
        var words: Set<String> = []
        var found: [Recommendation.Excess] = []
        let held = usage.held.filter { words.insert($0).inserted }
        let all = held.flatMap { model.scopes(called: $0, at: provider) }
        for word in held {
            let numbers = model.scopes(called: word, at: provider)
            guard !numbers.isEmpty else { continue }
            let isWithin = numbers.allSatisfy { target.contains($0) }
            let isImplied =
                isWithin && !numbers.contains { keep.contains($0) }
                && numbers.allSatisfy { number in
                    all.contains { other in
                        !numbers.contains(other) && target.contains(other) && model.graph.covers(other, number)
                            && !model.graph.covers(number, other)
                    }
                }
            guard !isWithin || isImplied else { continue }
            let rest = model.graph.closure(of: numbers).intersection(target)
            found.append(
                Recommendation.Excess(
                    scope: word,
                    instead: isImplied ? [] : model.words(for: model.graph.minimalCover(of: rest), at: provider),
                    lastUsed: usage.lastUsed[word],
                    risk: numbers.compactMap { model.definitions[$0]?.risk }.max(),
                    isImplied: isImplied
                )
            )
        }
        return found.sorted { $0.scope.utf8.lexicographicallyPrecedes($1.scope.utf8) }
    }
}
