package import Grants

extension ScopeModel {
    /// Judges the scopes that a grant holds.
    ///
    /// What is unknown goes first: a grant with an unknown scope is not judged, whatever its other scopes are.
    /// `scopes` are by the provider's words. `role` is what the grant's record names: it narrows to one of the client's
    /// roles and never adds; nil: all of them. `environment` is the record's too: if the client's is another one, what is
    /// lacking by an environment is unknown.
    package func judge(
        _ scopes: some Sequence<String>,
        provider: ProviderID,
        tenant: TenantID,
        client: ClientID,
        role: RoleID? = nil,
        environment: EnvironmentID? = nil
    ) -> ScopeVerdict {
        guard tenants[tenant] != nil else { return .noPolicy(.unknownTenant) }
        guard let number = integrationNumber(tenant, ClientKey(provider: provider, client: client)) else {
            return .noPolicy(.unknownClient)
        }
        var lists = integrations[number].allowLists
        if let role {
            guard let position = integrations[number].roles.firstIndex(where: { roles.names[$0] == role }) else {
                return .noPolicy(.roleNotGiven(role.rawValue))
            }
            lists = [lists[position]]
        }
        guard !lists.isEmpty else { return .noPolicy(integrations[number].hasUnknownRole ? .uncertainRole : .noRole) }

        var outside: [String] = []
        var missing: [Int] = []
        for word in scopes {
            let numbers = self.scopes(called: word, at: provider)
            guard !numbers.isEmpty else { return .noPolicy(.unknownScope(word)) }
            let lacking = numbers.filter { number in !lists.contains { allowLists[$0].allowed.contains(number) } }
            guard !lacking.isEmpty else { continue }
            outside.append(word)
            missing += lacking
        }
        guard !outside.isEmpty else { return .allowed }
        if (role == nil && integrations[number].hasUnknownRole) || lists.contains(where: { allowLists[$0].isUncertain })
        {
            return .noPolicy(.uncertainRole)
        }
        if integrations[number].environment == nil, missing.contains(where: { isBoundToEnvironment($0) }) {
            return .noPolicy(.noEnvironment)
        }
        if let environment, let own = integrations[number].environment, own != environment,
            lists.contains(where: isNarrowedByEnvironment) || missing.contains(where: isBoundToEnvironment)
        {
            return .noPolicy(.otherEnvironment(environment.rawValue))
        }
        return .outside(outside)
    }

    private func isNarrowedByEnvironment(_ list: Int) -> Bool {
        allowLists[list].narrowings.contains { documents.narrowings[$0].environment != nil }
    }

    /// Whether the scope, or one that it covers, may not be held everywhere.
    func isBoundToEnvironment(_ scope: Int) -> Bool {
        graph.closure(of: scope).contains { definitions[$0]?.environments != nil }
    }
}
