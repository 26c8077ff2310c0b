internal import Grants

extension ScopeModel {
    /// What a breach of the target lays open: the grants it holds, and what they share with others.
    ///
    /// Sharing is followed one step: a shared token opens the other's grant, not all that the other has.
    package func blastRadius(
        of target: BreachTarget,
        holdings: some Sequence<Holding>,
        shared: some Sequence<SharedGrants>
    ) -> BlastRadius {
        var reach = BreachReach(self, target)
        for holding in holdings { reach.add(holding) }
        for pair in shared { reach.add(pair) }
        return reach.result()
    }
}

/// Adds up what is reached, a holding at a time.
private struct BreachReach {
    private let model: ScopeModel
    private let target: BreachTarget
    private let scope: Int?
    private var grants = 0
    private var byOwner: [SharedGrants.Owner: (grants: Int, scopes: ScopeSet)] = [:]
    private var byTenant: [TenantID: ScopeSet] = [:]
    /// By closure, since few sets of scopes are held by many.
    private var grantsOf: [ScopeSet: Int] = [:]
    private var closures: [ProviderID: [[String]: Closure]] = [:]
    private var shared: [SharedGrants] = []
    private var unknown: Set<String> = []

    private struct Closure {
        let scopes: ScopeSet
        let unknown: [String]
    }

    init(_ model: ScopeModel, _ target: BreachTarget) {
        self.model = model
        self.target = target
        if case .scope(let name) = target { scope = model.scopes[name] } else { scope = nil }
    }

    mutating func add(_ holding: Holding) {
        let key = ClientKey(provider: holding.provider, client: holding.client)
        guard isOwner(holding.tenant, key) else { return }
        let closure = closure(of: holding)
        if case .scope = target {
            guard let scope, closure.scopes.contains(scope) else { return }
        }
        let owner = SharedGrants.Owner(tenant: holding.tenant, client: key)
        grants += holding.live
        var known = byOwner[owner] ?? (0, ScopeSet())
        known.grants += holding.live
        known.scopes.formUnion(closure.scopes)
        byOwner[owner] = known
        byTenant[holding.tenant, default: ScopeSet()].formUnion(closure.scopes)
        grantsOf[closure.scopes, default: 0] += holding.live
        unknown.formUnion(closure.unknown)
    }

    /// Pairs that lead from what is breached to somebody else.
    mutating func add(_ pair: SharedGrants) {
        let (one, other) = (isReached(pair.one), isReached(pair.other))
        guard one != other else { return }
        shared.append(one ? pair : SharedGrants(pair.kind, pair.other, pair.one, count: pair.count))
    }

    private func isReached(_ owner: SharedGrants.Owner) -> Bool {
        if case .scope = target { return byOwner[owner] != nil }
        return isOwner(owner.tenant, owner.client)
    }

    private func isOwner(_ tenant: TenantID, _ client: ClientKey) -> Bool {
        switch target {
        case .client(let key): key == client
        case .tenant(let name): name == tenant
        case .provider(let provider): provider == client.provider
        case .scope: true
        }
    }

    private mutating func closure(of holding: Holding) -> Closure {
        if let known = closures[holding.provider]?[holding.scopes] { return known }
        var numbers: [Int] = []
        var unknown: [String] = []
        for word in holding.scopes {
            let found = model.scopes(called: word, at: holding.provider)
            if found.isEmpty { unknown.append(word) }
            numbers += found
        }
        let closure = Closure(scopes: model.graph.closure(of: numbers), unknown: unknown)
        closures[holding.provider, default: [:]][holding.scopes] = closure
        return closure
    }

    func result() -> BlastRadius {
        let all = byTenant.values.reduce(into: ScopeSet()) { $0.formUnion($1) }
        let actions = actions(all)
        var steps = ScopeSet()
        var separations: [BlastRadius.Duties] = []
        for (tenant, able) in byTenant.sorted(by: { $0.key < $1.key }) {
            for step in model.stepNeeds.indices where model.canTake(step, with: able) { steps.insert(step) }
            separations += model.brokenSeparations(able: able).map { broken in
                BlastRadius.Duties(
                    tenant: tenant,
                    steps: model.steps.names(of: broken.steps),
                    reason: broken.rule.reason
                )
            }
        }
        let pairs = shared.sorted { ($0.one, $0.other, $0.kind.rawValue) < ($1.one, $1.other, $1.kind.rawValue) }
        return BlastRadius(
            target: target,
            grants: grants,
            tenants: byTenant.keys.sorted(),
            clients: byOwner.sorted { $0.key < $1.key }.map { owner, held in
                BlastRadius.Reached(
                    owner: owner,
                    party: model.party(of: owner.tenant),
                    grants: held.grants,
                    actions: Set(held.scopes.compactMap { model.definitions[$0]?.action }).sorted()
                )
            },
            actions: actions,
            steps: model.steps.names(of: steps),
            separations: separations,
            shared: pairs,
            unknown: unknown.sorted(),
            score: BlastScore(
                risk: actions.map(\.risk).max(),
                hasUnknown: !unknown.isEmpty,
                grants: grants,
                tenants: byTenant.count,
                isSeparationBroken: !separations.isEmpty,
                isShared: !pairs.isEmpty
            )
        )
    }

    private func actions(_ all: ScopeSet) -> [BlastRadius.Action] {
        var byName: [String: ScopeSet] = [:]
        for number in all {
            if let action = model.definitions[number]?.action { byName[action, default: ScopeSet()].insert(number) }
        }
        return byName.map { name, scopes in
            BlastRadius.Action(
                name: name,
                risk: scopes.compactMap { model.definitions[$0]?.risk }.max() ?? .low,
                scopes: model.scopes.names(of: scopes),
                grants: grantsOf.reduce(0) { $1.key.isDisjoint(with: scopes) ? $0 : $0 + $1.value }
            )
        }.sorted { $0.risk == $1.risk ? $0.name < $1.name : $0.risk > $1.risk }
    }
}
