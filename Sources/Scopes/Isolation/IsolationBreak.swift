package import Grants

/// A way from one tenant's grants to another's, or from outside procurement into it.
package struct IsolationBreak: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// One client serves tenants of several isolation groups.
        case clientInTwoGroups = "client-in-two-groups"
        /// A supplier and an internal tenant have a token or a family in common.
        case sharedWithInternal = "shared-with-internal"
        /// Tenants of different groups have a token or a family in common.
        case sharedAcrossGroups = "shared-across-groups"
        /// A client that is not for procurement holds a scope that the workflow needs.
        case procurementScopeElsewhere = "procurement-scope-elsewhere"
    }

    package var kind: Kind
    package var client: ClientKey
    package var tenants: [TenantID]
    package var scopes: [ScopeName]
    /// Live grants concerned, as far as they are known.
    package var grants: Int
    package var place: SourcePlace?
    package var message: String
    package var fix: String
}

extension ScopeModel {
    /// All breaks of isolation, in the documents and among live grants.
    package func isolationBreaks(
        holdings: some Sequence<Holding>,
        shared: some Sequence<SharedGrants>
    ) -> [IsolationBreak] {
        var finder = IsolationBreakFinder(self)
        for holding in holdings { finder.add(holding) }
        return finder.breaks() + shared.compactMap { finder.sharing($0) }.sorted { $0.message < $1.message }
    }

    /// The tenant's group, or one of its own; nil: the tenant is in no document.
    func isolationGroup(of tenant: TenantID) -> String? {
        guard let number = tenants[tenant] else { return nil }
        let group = tenantDefinitions[number].isolationGroup?.value.rawValue
        // A space is in no name: a tenant never shares a group that happens to have its name.
        return group ?? "tenant \(tenant)"
    }

    func party(of tenant: TenantID) -> Party? { tenants[tenant].map { tenantDefinitions[$0].party } }
}

private struct IsolationBreakFinder {
    private let model: ScopeModel
    private let procurement: ScopeSet
    private var tenants: [ClientKey: Set<TenantID>] = [:]
    private var live: [ClientKey: Int] = [:]
    private var elsewhere: [SharedGrants.Owner: (scopes: ScopeSet, grants: Int)] = [:]

    init(_ model: ScopeModel) {
        self.model = model
        procurement = model.graph.closure(of: model.stepNeeds.joined())
        for integration in model.integrations {
            let key = ClientKey(provider: integration.provider, client: integration.client)
            tenants[key, default: []].insert(integration.tenantID)
            guard integration.assignment.purpose == .other else { continue }
            let check = RegistrationCheck(model)
            let registered = (integration.assignment.registered ?? []).flatMap {
                check.scopes(named: $0.value, at: integration.provider)
            }
            let reach = model.graph.closure(of: registered).union(model.allowed(integration))
            note(reach, SharedGrants.Owner(tenant: integration.tenantID, client: key), grants: 0)
        }
    }

    mutating func add(_ holding: Holding) {
        let key = ClientKey(provider: holding.provider, client: holding.client)
        tenants[key, default: []].insert(holding.tenant)
        live[key, default: 0] += holding.live
        guard model.integration(holding.tenant, key)?.assignment.purpose == .other else { return }
        let numbers = holding.scopes.flatMap { model.scopes(called: $0, at: holding.provider) }
        let owner = SharedGrants.Owner(tenant: holding.tenant, client: key)
        note(model.graph.closure(of: numbers), owner, grants: holding.live)
    }

    private mutating func note(_ reach: ScopeSet, _ owner: SharedGrants.Owner, grants: Int) {
        let found = reach.intersection(procurement)
        guard !found.isEmpty else { return }
        var known = elsewhere[owner] ?? (ScopeSet(), 0)
        known.scopes.formUnion(found)
        known.grants += grants
        elsewhere[owner] = known
    }

    func breaks() -> [IsolationBreak] {
        let several = tenants.sorted { $0.key < $1.key }.compactMap { key, tenants -> IsolationBreak? in
            let groups = Set(tenants.compactMap { model.isolationGroup(of: $0) })
            guard groups.count > 1 else { return nil }
            let names = tenants.sorted()
            return IsolationBreak(
                kind: .clientInTwoGroups,
                client: key,
                tenants: names,
                scopes: [],
                grants: live[key] ?? 0,
                place: names.lazy.compactMap { model.integration($0, key)?.assignment.id.place }.first,
                message: "the client '\(key.client)' at '\(key.provider)' serves \(groups.count) isolation groups:"
                    + " tenants \(some(names))",
                fix: "register a client for each group"
            )
        }
        let held = elsewhere.sorted { $0.key < $1.key }.map { owner, found in
            let scopes = model.scopes.names(of: model.graph.minimalCover(of: found.scopes))
            return IsolationBreak(
                kind: .procurementScopeElsewhere,
                client: owner.client,
                tenants: [owner.tenant],
                scopes: scopes,
                grants: found.grants,
                place: model.integration(owner.tenant, owner.client)?.assignment.id.place,
                message: "the client '\(owner.client.client)' of '\(owner.tenant)' is not for procurement but"
                    + " may reach \(some(scopes))",
                fix: "take the scopes from it, or use a client that is for procurement"
            )
        }
        return several + held
    }

    func sharing(_ shared: SharedGrants) -> IsolationBreak? {
        let tenants = [shared.one.tenant, shared.other.tenant]
        let parties = tenants.map { model.party(of: $0) }
        let groups = tenants.map { model.isolationGroup(of: $0) }
        let isInternal = parties.contains(.supplier) && parties.contains(.internal)
        guard isInternal || (groups[0] != nil && groups[1] != nil && groups[0] != groups[1]) else { return nil }
        let what = shared.kind == .token ? "token" : "famil"
        let plural = shared.kind == .token ? (shared.count == 1 ? "" : "s") : (shared.count == 1 ? "y" : "ies")
        return IsolationBreak(
            kind: isInternal ? .sharedWithInternal : .sharedAcrossGroups,
            client: shared.one.client,
            tenants: tenants.sorted(),
            scopes: [],
            grants: shared.count,
            place: nil,
            message: "'\(shared.one.client.client)' of '\(shared.one.tenant)' and '\(shared.other.client.client)' of"
                + " '\(shared.other.tenant)' share \(shared.count) \(what)\(plural)",
            fix: "end the shared \(what)\(plural), and let each ask for its own"
        )
    }

    /// For a sentence: of many the first.
    private func some(_ names: [some Identifier]) -> String {
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return quoted(names.prefix(8).map(\.rawValue)) + more
    }
}
