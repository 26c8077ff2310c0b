package import Grants

extension ScopeModel {
    /// Whether a holder of `scope` may do what `other` allows; a name that is not known covers nothing.
    package func covers(_ scope: ScopeName, _ other: ScopeName) -> Bool {
        guard let scope = scopes[scope], let other = scopes[other] else { return false }
        return graph.covers(scope, other)
    }

    /// All that the scope or blanket covers, itself included, in the order of the names.
    package func coverage(of scope: ScopeName) -> [ScopeName] {
        scopes[scope].map { scopes.names(of: graph.closure(of: $0)) } ?? []
    }

    /// The smallest part of the scopes that covers all of them, in the order of the names.
    ///
    /// Of scopes that cover each other the first is kept. Unknown names are left out.
    package func minimalCover(of names: some Sequence<ScopeName>) -> [ScopeName] {
        scopes.names(of: graph.minimalCover(of: names.compactMap { scopes[$0] }))
    }

    /// The least that the step needs; nil: an unknown step.
    package func needs(ofStep step: StepID) -> [ScopeName]? {
        steps[step].map { scopes.names(of: stepNeeds[$0]) }
    }

    /// The least that all steps of the role need; nil: an unknown role.
    package func needs(ofRole role: RoleID) -> [ScopeName]? {
        roles[role].map { scopes.names(of: roleNeeds[$0]) }
    }

    /// The least by which the client can do all that its roles allow it; nil: an unknown client.
    package func needs(of client: ClientKey, tenant: TenantID) -> [ScopeName]? {
        integration(tenant, client).map { scopes.names(of: graph.minimalCover(of: allowed($0))) }
    }

    /// All that the client may hold, in the order of the names; nil: an unknown client.
    package func allowList(of client: ClientKey, tenant: TenantID) -> [ScopeName]? {
        integration(tenant, client).map { scopes.names(of: allowed($0)) }
    }

    func integration(_ tenant: TenantID, _ client: ClientKey) -> Integration? {
        integrationNumber(tenant, client).map { integrations[$0] }
    }

    func integrationNumber(_ tenant: TenantID, _ client: ClientKey) -> Int? {
        guard let tenant = tenants[tenant] else { return nil }
        return integrationsOfTenant[tenant].first {
            integrations[$0].client == client.client && integrations[$0].provider == client.provider
        }
    }

    /// What the roles of the client allow together.
    func allowed(_ integration: Integration) -> ScopeSet {
        var set = ScopeSet()
        for number in integration.allowLists { set.formUnion(allowLists[number].allowed) }
        return set
    }

    /// What they would allow if nothing were narrowed.
    func permitted(_ integration: Integration) -> ScopeSet {
        var set = ScopeSet()
        for number in integration.allowLists { set.formUnion(allowLists[number].permitted) }
        return set
    }

    /// Of a role alone, for who is not in the documents yet.
    func allowList(ofRole role: Int, setting: Setting, tenant: TenantID?) -> AllowList {
        var maker = AllowListMaker(self)
        return maker.list(role: role, setting: setting, tenant: tenant)
    }
}
