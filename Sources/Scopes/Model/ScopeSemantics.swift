internal import Grants

/// What documents mean, as sorted words: the form that hashes and differences are made from.
struct ScopeSemantics: Sendable {
    enum Kind: String, Comparable, Sendable {
        case scope, step, role, separation, tenant, client

        static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    struct Key: Hashable, Comparable, Sendable {
        let kind: Kind
        let name: [String]

        static func < (lhs: Self, rhs: Self) -> Bool {
            if lhs.kind != rhs.kind { return lhs.kind < rhs.kind }
            return lhs.name.lexicographicallyPrecedes(rhs.name) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    enum Member: String, Comparable, Sendable {
        case equals, covers, words, environments, parties
        case side, needs, unknown
        case steps
        case party, group
        case roles, environment, purpose, narrowed

        static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    private(set) var entries: [Key: [Member: [String]]] = [:]

    private var narrowed: [Int: [String]] = [:]

    init(_ model: ScopeModel) {
        addScopes(of: model)
        addSteps(of: model)
        addRoles(of: model)
        for separation in model.documents.workflow.neverTogether {
            let steps = Self.sorted(separation.steps.map(\.value))
            if steps.count > 1 { entries[Key(kind: .separation, name: steps)] = [:] }
        }
        addTenants(of: model)
    }

    private mutating func addScopes(of model: ScopeModel) {
        for (number, name) in model.scopes.names.enumerated() {
            let component = model.graph.component[number]
            var members: [Member: [String]] = [:]
            let equals = model.graph.members[component].filter { $0 != number }
            members[.equals] = model.scopes.names(of: equals).map(\.rawValue)
            members[.covers] = model.scopes.names(of: model.graph.reduction[component]).map(\.rawValue)
            if let definition = model.definitions[number] {
                var words: [String] = []
                for (provider, word) in definition.providerNames.sorted(by: { $0.key < $1.key })
                where word.value != name.rawValue {
                    words += [provider.rawValue, word.value]
                }
                members[.words] = words
                // An empty set rules out everything, no set nothing.
                if let environments = definition.environments {
                    members[.environments] = ["only"] + Self.sorted(environments)
                }
                if let parties = definition.parties { members[.parties] = Self.words(parties) }
            }
            insert(members, .scope, [name.rawValue])
        }
    }

    private mutating func addSteps(of model: ScopeModel) {
        for (number, name) in model.steps.names.enumerated() {
            let step = model.stepDefinitions[number]
            // Of scopes that are the same it does not matter which one is named.
            let needs = model.stepNeeds[number].map { model.graph.members[model.graph.component[$0]][0] }
            let unknown = step.scopes.map(\.value).filter { model.scopes[$0] == nil }
            insert(
                [
                    .side: [step.side.rawValue],
                    .needs: model.scopes.names(of: needs.sorted()).map(\.rawValue),
                    .unknown: Self.sorted(unknown),
                ],
                .step,
                [name.rawValue]
            )
        }
    }

    private mutating func addRoles(of model: ScopeModel) {
        for (number, name) in model.roles.names.enumerated() {
            let role = model.roleDefinitions[number]
            var members: [Member: [String]] = [.steps: Self.sorted(role.steps.map(\.value))]
            if let parties = role.parties { members[.parties] = Self.words(parties) }
            insert(members, .role, [name.rawValue])
        }
    }

    /// What narrowing has left of an allow-list, which covers the rest of it.
    private mutating func left(_ list: Int, _ model: ScopeModel) -> [String] {
        if let known = narrowed[list] { return known }
        let cover = model.graph.minimalCover(of: model.allowLists[list].allowed)
        let words = model.scopes.names(of: cover).map(\.rawValue)
        narrowed[list] = words
        return words
    }

    private mutating func addTenants(of model: ScopeModel) {
        for (number, name) in model.tenants.names.enumerated() {
            let tenant = model.tenantDefinitions[number]
            insert(
                [
                    .party: [tenant.party.rawValue],
                    .group: tenant.isolationGroup.map { [$0.value.rawValue] } ?? [],
                ],
                .tenant,
                [name.rawValue]
            )
            for integration in model.integrations[model.integrationsOfTenant[number]] {
                var narrowed: [String] = []
                for (role, list) in zip(integration.roles, integration.allowLists).sorted(by: { $0.0 < $1.0 }) {
                    let number = list
                    let list = model.allowLists[number]
                    let isUncertain = list.isUncertain && !model.isRoleUncertain[role]
                    guard list.permitted != list.allowed || isUncertain else { continue }
                    // No scope has a space in its name (RFC 6749 §3.3).
                    narrowed.append((isUncertain ? "unsure of " : "of ") + model.roles.names[role].rawValue)
                    narrowed += left(number, model)
                }
                insert(
                    [
                        .roles: Self.sorted(integration.assignment.roles.map(\.value)),
                        .environment: integration.environment.map { [$0.rawValue] } ?? [],
                        .purpose: [integration.assignment.purpose.rawValue],
                        .narrowed: narrowed,
                    ],
                    .client,
                    [name.rawValue, integration.provider.rawValue, integration.client.rawValue]
                )
            }
        }
    }

    private mutating func insert(_ members: [Member: [String]], _ kind: Kind, _ name: [String]) {
        entries[Key(kind: kind, name: name)] = members.filter { !$0.value.isEmpty }
    }

    private static func sorted(_ names: some Sequence<some Identifier>) -> [String] {
        Set(names).sorted().map(\.rawValue)
    }

    /// An empty set rules out everyone, no set nobody.
    private static func words(_ parties: Set<Party>) -> [String] {
        ["only"] + Party.allCases.filter { parties.contains($0) }.map(\.rawValue)
    }
}
