package import Grants

/// Why a client may or may not hold a scope.
package enum HoldingReason: Hashable, Sendable {
    /// The needs that cover it, and the steps that have them.
    case needed(by: [ScopeName], steps: [StepID])
    /// The role is not for the client's party.
    case roleNotForParty
    /// The scope, or one that it covers, is not for the client's party or environment.
    case notForParty(ScopeName)
    case notForEnvironment(ScopeName)
    /// Where it was taken away.
    case narrowed([SourcePlace])
    /// It covers what is needed, but more besides.
    case coversMore(than: [ScopeName])
    case notNeeded

    package var isAllowed: Bool {
        if case .needed = self { return true }
        return false
    }
}

extension HoldingReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .needed(let scopes, let steps):
            "\(quoted(steps.map(\.rawValue))) needs \(quoted(scopes.map(\.rawValue)))"
        case .roleNotForParty: "the role is not for the client's party"
        case .notForParty(let scope): "the catalogue keeps '\(scope)' from the client's party"
        case .notForEnvironment(let scope): "the catalogue keeps '\(scope)' from the client's environment"
        case .narrowed(let places): "it is narrowed at \(places.map(\.description).joined(separator: ", "))"
        case .coversMore(let scopes): "no step needs more of it than \(quoted(scopes.map(\.rawValue)))"
        case .notNeeded: "no step of the role needs it, nor anything that it covers"
        }
    }
}

extension ScopeModel {
    /// Why the client may or may not hold the scope, for each of its roles; nil: unknown client or scope.
    package func reasons(
        for scope: ScopeName,
        of client: ClientKey,
        tenant: TenantID
    ) -> [(role: RoleID, reason: HoldingReason)]? {
        guard let number = scopes[scope], let integration = integration(tenant, client) else { return nil }
        return zip(integration.roles, integration.allowLists).map { role, list in
            (roles.names[role], reason(for: number, in: allowLists[list]))
        }
    }

    func reason(for scope: Int, in list: AllowList) -> HoldingReason {
        let needs = roleNeeds[list.role]
        if list.allowed.contains(scope) {
            let covering = needs.filter { graph.covers($0, scope) }
            let having = roleSteps[list.role].filter { step in
                stepNeeds[step].contains { need in graph.covers(need, scope) }
            }
            return .needed(by: scopes.names(of: covering), steps: steps.names(of: having))
        }
        if let parties = roleDefinitions[list.role].parties, let party = list.setting.party, !parties.contains(party) {
            return .roleNotForParty
        }
        let closure = graph.closure(of: scope)
        let all = graph.closure(of: needs)
        guard all.contains(scope) else {
            let rest = graph.minimalCover(of: closure.intersection(list.allowed))
            return rest.isEmpty ? .notNeeded : .coversMore(than: scopes.names(of: rest))
        }
        for number in [scope] + Array(closure) {
            guard let definition = definitions[number] else { continue }
            if !definition.isPermitted(to: list.setting.party) { return .notForParty(scopes.names[number]) }
            if !definition.isPermitted(where: list.setting) { return .notForEnvironment(scopes.names[number]) }
        }
        return .narrowed(list.narrowings.filter { takes($0, closure) }.map { documents.narrowings[$0].place })
    }

    /// Whether the narrowing takes any of the scopes away.
    func takes(_ narrowing: Int, _ set: ScopeSet) -> Bool {
        switch documents.narrowings[narrowing].change {
        case .only(let names):
            !set.isSubset(of: graph.closure(of: names.compactMap { scopes[$0.value] }))
        case .without(let names):
            !set.isDisjoint(with: unfolded(names.compactMap { scopes[$0.value] }, blankets, in: scopes))
        }
    }
}
