package import Grants

/// What the scope documents mean: names as numbers, sets as bits, the closure of `implies` computed once.
///
/// Any documents make a model; what is wrong with them is for ``ScopeCheck`` to say. Of a name that is defined
/// twice the first definition counts, and a name that is not defined stands for nothing.
package struct ScopeModel: Sendable {
    package let documents: ScopeDocuments

    /// Scopes and blanket patterns alike.
    let scopes: Numbering<ScopeName>
    /// By scope; nil: a blanket.
    let definitions: [ScopeDefinition?]
    /// By scope; nil: no blanket.
    let blankets: [Blanket?]
    let graph: ScopeGraph
    /// What providers call scopes, where it is not the name; see ``ScopeModel/scopes(called:at:)``.
    let words: [ProviderID: [String: [Int]]]
    /// By provider: the scopes that it has a word of its own for.
    let renamed: [ProviderID: ScopeSet]

    let steps: Numbering<StepID>
    let stepDefinitions: [WorkflowStep]
    /// By step: the smallest set that covers its scopes.
    let stepNeeds: [[Int]]
    /// By step: it names an unknown scope.
    let isStepUncertain: [Bool]
    /// The known steps of each separation of duties, ascending.
    let separations: [[Int]]

    let roles: Numbering<RoleID>
    let roleDefinitions: [Role]
    /// By role: its known steps, ascending.
    let roleSteps: [[Int]]
    /// By role: the smallest set that covers its steps' scopes.
    let roleNeeds: [[Int]]
    let isRoleUncertain: [Bool]

    let tenants: Numbering<TenantID>
    let tenantDefinitions: [TenantAssignment]
    private(set) var integrations: [Integration]
    /// By tenant: where its clients stand in ``integrations``.
    let integrationsOfTenant: [Range<Int>]
    private(set) var allowLists: [AllowList]
    /// Those that the catalogue binds scopes to.
    let declaredEnvironments: Set<EnvironmentID>
    let nearest = NearestNames()

    package init(_ documents: ScopeDocuments) {
        self.documents = documents
        let catalogue = documents.catalogue

        let scopes = Numbering(catalogue.scopes.map(\.name.value) + catalogue.blankets.map(\.pattern.value))
        var definitions: [ScopeDefinition?] = Array(repeating: nil, count: scopes.count)
        var blankets: [Blanket?] = Array(repeating: nil, count: scopes.count)
        var edges: [[Int]] = Array(repeating: [], count: scopes.count)
        var words: [ProviderID: [String: [Int]]] = [:]
        for definition in catalogue.scopes {
            guard let number = scopes[definition.name.value], definitions[number] == nil else { continue }
            definitions[number] = definition
            edges[number] = definition.implies.compactMap { scopes[$0.value] }
            for (provider, word) in definition.providerNames {
                words[provider, default: [:]][word.value, default: []].append(number)
            }
        }
        for blanket in catalogue.blankets {
            guard let number = scopes[blanket.pattern.value], definitions[number] == nil, blankets[number] == nil
            else { continue }
            blankets[number] = blanket
            edges[number] = blanket.standsFor.compactMap { scopes[$0.value] }
        }
        declaredEnvironments = catalogue.scopes.reduce(into: []) { $0.formUnion($1.environments ?? []) }
        let graph = ScopeGraph(edges: edges)
        self.scopes = scopes
        self.definitions = definitions
        self.blankets = blankets
        self.graph = graph
        self.words = words
        renamed = words.mapValues { ScopeSet($0.values.joined()) }

        let steps = Numbering(documents.workflow.steps.map(\.id.value))
        stepDefinitions = Self.first(of: documents.workflow.steps, in: steps) { $0.id.value }
        stepNeeds = stepDefinitions.map { graph.minimalCover(of: $0.scopes.compactMap { scopes[$0.value] }) }
        isStepUncertain = stepDefinitions.map { $0.scopes.contains { scopes[$0.value] == nil } }
        separations = documents.workflow.neverTogether.map { rule in
            Array(ScopeSet(rule.steps.compactMap { steps[$0.value] }))
        }
        self.steps = steps

        roles = Numbering(documents.roles.map(\.id.value))
        roleDefinitions = Self.first(of: documents.roles, in: roles) { $0.id.value }
        roleSteps = roleDefinitions.map { Array(ScopeSet($0.steps.compactMap { steps[$0.value] })) }
        roleNeeds = roleSteps.map { [stepNeeds] numbers in
            graph.minimalCover(of: numbers.flatMap { stepNeeds[$0] })
        }
        isRoleUncertain = zip(roleDefinitions, roleSteps).map { [isStepUncertain] role, known in
            role.steps.contains { steps[$0.value] == nil } || known.contains { isStepUncertain[$0] }
        }

        tenants = Numbering(documents.tenants.map(\.id.value))
        tenantDefinitions = Self.first(of: documents.tenants, in: tenants) { $0.id.value }
        var integrations: [Integration] = []
        var ranges: [Range<Int>] = []
        for (number, tenant) in tenantDefinitions.enumerated() {
            let start = integrations.count
            var seen: Set<ClientKey> = []
            for client in tenant.clients
            where seen.insert(ClientKey(provider: client.provider.value, client: client.id.value)).inserted {
                integrations.append(Self.integration(of: client, tenant: tenant, number: number, roles: roles))
            }
            ranges.append(start..<integrations.count)
        }
        integrationsOfTenant = ranges

        self.integrations = integrations
        allowLists = []
        var maker = AllowListMaker(self)
        for index in integrations.indices {
            self.integrations[index].allowLists = maker.numbers(for: integrations[index])
        }
        allowLists = maker.lists
    }

    private static func first<Definition, Name: Identifier>(
        of definitions: [Definition],
        in names: Numbering<Name>,
        by name: (Definition) -> Name
    ) -> [Definition] {
        var firsts: [Definition?] = Array(repeating: nil, count: names.count)
        for definition in definitions {
            if let number = names[name(definition)], firsts[number] == nil { firsts[number] = definition }
        }
        return firsts.compactMap { $0 }
    }

    private static func integration(
        of client: ClientAssignment,
        tenant: TenantAssignment,
        number: Int,
        roles: Numbering<RoleID>
    ) -> Integration {
        var known: [Int] = []
        for role in client.roles {
            if let role = roles[role.value], !known.contains(role) { known.append(role) }
        }
        return Integration(
            tenant: number,
            tenantID: tenant.id.value,
            client: client.id.value,
            provider: client.provider.value,
            party: tenant.party,
            assignment: client,
            environment: (client.environment ?? tenant.environment)?.value,
            roles: known,
            hasUnknownRole: client.roles.contains { roles[$0.value] == nil }
        )
    }
}

/// A client, by what makes its name unique (RFC 6749 §2.2).
package struct ClientKey: Hashable, Comparable, Sendable {
    package var provider: ProviderID
    package var client: ClientID

    package init(provider: ProviderID, client: ClientID) {
        self.provider = provider
        self.client = client
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.provider, lhs.client) < (rhs.provider, rhs.client)
    }
}
