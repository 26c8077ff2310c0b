import Grants
import Scopes

/// What decision 0011 says, word by word, with sets of names and no thought of speed.
struct SlowReference {
    let documents: ScopeDocuments

    var names: Set<ScopeName> {
        Set(documents.catalogue.scopes.map(\.name.value) + documents.catalogue.blankets.map(\.pattern.value))
    }

    func definition(_ name: ScopeName) -> ScopeDefinition? {
        documents.catalogue.scopes.first { $0.name.value == name }
    }

    func direct(_ name: ScopeName) -> Set<ScopeName> {
        let blanket = documents.catalogue.blankets.first { $0.pattern.value == name }
        return Set((definition(name)?.implies ?? blanket?.standsFor ?? []).map(\.value)).intersection(names)
    }

    func closure(_ some: Set<ScopeName>) -> Set<ScopeName> {
        var all = some.intersection(names)
        while true {
            let more = all.union(all.flatMap(direct))
            if more == all { return all }
            all = more
        }
    }

    func covers(_ name: ScopeName, _ other: ScopeName) -> Bool { closure([name]).contains(other) }

    func minimalCover(_ some: Set<ScopeName>) -> Set<ScopeName> {
        let some = some.intersection(names)
        return some.filter { name in
            !some.contains { other in
                other != name && covers(other, name) && (!covers(name, other) || other < name)
            }
        }
    }

    /// What cannot be taken away without taking away what covers it.
    func without(_ removed: Set<ScopeName>, _ all: Set<ScopeName>) -> Set<ScopeName> {
        all.filter { closure([$0]).isDisjoint(with: removed) }
    }

    func needs(_ role: Role) -> Set<ScopeName> {
        let steps = documents.workflow.steps.filter { step in role.steps.contains { $0.value == step.id.value } }
        return Set(steps.flatMap { $0.scopes.map(\.value) }).intersection(names)
    }

    func isUncertain(_ role: Role) -> Bool {
        role.steps.contains { name in
            guard let step = documents.workflow.steps.first(where: { $0.id.value == name.value }) else { return true }
            return step.scopes.contains { !names.contains($0.value) }
        }
    }

    func narrowings(_ tenant: TenantAssignment, _ client: ClientAssignment, _ role: Role) -> [AllowListNarrowing] {
        documents.narrowings.filter { narrowing in
            (narrowing.tenant == nil || narrowing.tenant?.value == tenant.id.value)
                && (narrowing.client == nil || narrowing.client?.value == client.id.value)
                && (narrowing.role == nil || narrowing.role?.value == role.id.value)
                && (narrowing.environment == nil
                    || narrowing.environment?.value == (client.environment ?? tenant.environment)?.value)
        }
    }

    func unfold(_ name: ScopeName) -> Set<ScopeName> {
        let blanket = documents.catalogue.blankets.first { $0.pattern.value == name }
        return (blanket?.standsFor ?? []).reduce([name]) { $0.union(unfold($1.value)) }
    }

    func allowed(
        _ tenant: TenantAssignment,
        _ client: ClientAssignment,
        _ role: Role,
        narrowed: Bool = true
    ) -> Set<ScopeName> {
        if let parties = role.parties, !parties.contains(tenant.party) { return [] }
        let environment = (client.environment ?? tenant.environment)?.value
        let ruledOut = names.filter { name in
            guard let definition = definition(name) else { return false }
            if let parties = definition.parties, !parties.contains(tenant.party) { return true }
            guard let environments = definition.environments else { return false }
            return environment == nil || !environments.contains(environment ?? "")
        }
        var all = without(ruledOut, closure(needs(role)))
        for narrowing in narrowings(tenant, client, role) where narrowed {
            switch narrowing.change {
            case .only(let some): all = without(all.subtracting(closure(Set(some.map(\.value)))), all)
            case .without(let some): all = without(some.reduce([]) { $0.union(unfold($1.value)) }, all)
            }
        }
        return all
    }

    func meant(_ word: String, _ provider: ProviderID) -> Set<ScopeName> {
        names.filter { (definition($0)?.providerNames[provider]?.value ?? $0.rawValue) == word }
    }

    func judge(
        _ words: [String],
        _ provider: ProviderID,
        _ tenant: TenantID,
        _ client: ClientID,
        _ role: RoleID?
    ) -> ScopeVerdict? {
        guard let tenant = documents.tenants.first(where: { $0.id.value == tenant }),
            let client = tenant.clients.first(where: { $0.id.value == client && $0.provider.value == provider }),
            words.allSatisfy({ !meant($0, provider).isEmpty })
        else { return nil }
        let given = documents.roles.filter { known in client.roles.contains { $0.value == known.id.value } }
        let roles = role == nil ? given : given.filter { $0.id.value == role }
        guard !roles.isEmpty else { return nil }
        let all = roles.reduce(into: Set<ScopeName>()) { $0.formUnion(allowed(tenant, client, $1)) }
        let outside = words.filter { !meant($0, provider).isSubset(of: all) }
        if outside.isEmpty { return .allowed }
        let isUnsure = roles.contains { role in
            isUncertain(role)
                || narrowings(tenant, client, role).contains { narrowing in
                    switch narrowing.change {
                    case .only(let some), .without(let some): some.contains { !names.contains($0.value) }
                    }
                }
        }
        let lacking = outside.reduce(into: Set<ScopeName>()) { $0.formUnion(meant($1, provider)) }.subtracting(all)
        let isBound = closure(lacking).contains { definition($0)?.environments != nil }
        if isUnsure || ((client.environment ?? tenant.environment) == nil && isBound) { return nil }
        return .outside(outside)
    }
}

extension SlowReference {
    /// By all roles of the client.
    func allowed(_ tenant: TenantAssignment, _ client: ClientAssignment) -> Set<ScopeName> {
        documents.roles.filter { role in client.roles.contains { $0.value == role.id.value } }
            .reduce(into: []) { $0.formUnion(allowed(tenant, client, $1)) }
    }
}
