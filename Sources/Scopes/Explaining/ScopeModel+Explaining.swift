internal import Grants
internal import Records

extension ScopeModel {
    /// Why what is named may or may not be; nil: no document has the name.
    package func explain(_ subject: ExplanationSubject) -> Explanation? {
        switch subject {
        case .scope(let name): scopes[name].map { explainScope($0) }
        case .step(let name): steps[name].map { explainStep($0) }
        case .role(let name): roles[name].map { explainRole($0) }
        case .tenant(let name): tenants[name].map { explainTenant($0) }
        case .client(let name, let tenant, let provider): explainClients(name, tenant, provider)
        }
    }

    /// All that the name stands for in the documents: a scope by its name or by a provider's word, a step, a role, a
    /// client, a tenant.
    package func subjects(named word: String) -> [ExplanationSubject] {
        var found: [ExplanationSubject] = []
        var named = Set([scopes[ScopeName(word)]].compactMap { $0 })
        for words in words.values { named.formUnion(words[word] ?? []) }
        found += named.sorted().map { .scope(scopes.names[$0]) }
        if steps[StepID(word)] != nil { found.append(.step(StepID(word))) }
        if roles[RoleID(word)] != nil { found.append(.role(RoleID(word))) }
        if integrations.contains(where: { $0.client.rawValue == word }) { found.append(.client(ClientID(word))) }
        if tenants[TenantID(word)] != nil { found.append(.tenant(TenantID(word))) }
        return found
    }

    /// The name of any kind that was probably meant; nil: none is near enough.
    package func nearestName(to word: String) -> String? {
        let names =
            scopes.names.map(\.rawValue) + steps.names.map(\.rawValue) + roles.names.map(\.rawValue)
            + tenants.names.map(\.rawValue) + Set(integrations.map(\.client)).sorted().map(\.rawValue)
        return nearestWord(to: word, in: names)
    }

    /// The first of many, and how many more there are.
    func listed(_ title: String, _ items: [Explanation], none: String? = nil) -> Explanation? {
        guard !items.isEmpty else { return none.map { Explanation($0) } }
        let limit = 20
        var shown = Array(items.prefix(limit))
        if items.count > limit { shown.append(Explanation("and \(items.count - limit) more")) }
        return Explanation("\(title) (\(items.count))", shown)
    }

    func clientName(_ integration: Integration) -> String {
        let environment = integration.environment.map { ", \($0)" } ?? ""
        return "\(integration.tenantID)/\(integration.client) at \(integration.provider)"
            + " (\(integration.party.rawValue)\(environment))"
    }

    private func explainClients(_ name: ClientID, _ tenant: TenantID?, _ provider: ProviderID?) -> Explanation? {
        let found = integrations.filter {
            $0.client == name && (tenant ?? $0.tenantID) == $0.tenantID && (provider ?? $0.provider) == $0.provider
        }
        guard let first = found.first else { return nil }
        guard found.count > 1 else { return explainClient(first) }
        return listed("client \(name), of several tenants or providers", found.map { explainClient($0) })
    }

    private func explainTenant(_ tenant: Int) -> Explanation {
        let definition = tenantDefinitions[tenant]
        var children: [Explanation] = []
        if let environment = definition.environment {
            children.append(Explanation("runs in \(environment.value)", place: environment.place))
        }
        children.append(
            definition.isolationGroup.map { Explanation("isolation group \($0.value)", place: $0.place) }
                ?? Explanation("an isolation group of its own")
        )
        let clients = integrations[integrationsOfTenant[tenant]].map { explainClient($0) }
        children += [listed("clients", clients, none: "no client, so no policy to judge its grants by")].compactMap {
            $0
        }
        return Explanation(
            "tenant \(definition.id.value), \(definition.party.rawValue)",
            place: definition.id.place,
            children
        )
    }
}
