package import Grants
internal import Records

extension ScopeModel {
    /// The least scopes for a new integration of the tenant, for each provider that is asked about.
    ///
    /// `steps` empty: all of the role. `providers` empty: those of the tenant's clients, else all that any client uses.
    /// The environment is the tenant's where none is given.
    package func grantable(
        tenant: TenantID,
        role: RoleID,
        steps: [StepID] = [],
        providers: [ProviderID] = [],
        environment: EnvironmentID? = nil
    ) throws(GrantableProblem) -> [Grantable] {
        guard let tenantNumber = tenants[tenant] else {
            throw .unknownTenant(tenant, near: nearestWord(to: tenant.rawValue, in: tenants.names.map(\.rawValue)))
        }
        guard let roleNumber = roles[role] else {
            throw .unknownRole(role, near: nearestWord(to: role.rawValue, in: roles.names.map(\.rawValue)))
        }
        var wanted: [Int] = []
        for step in steps {
            guard let number = self.steps[step] else {
                throw .unknownStep(step, near: nearestWord(to: step.rawValue, in: self.steps.names.map(\.rawValue)))
            }
            guard roleSteps[roleNumber].contains(number) else { throw .stepNotInRole(step, role) }
            wanted.append(number)
        }
        if steps.isEmpty { wanted = roleSteps[roleNumber] }

        let definition = tenantDefinitions[tenantNumber]
        let setting = Setting(party: definition.party, environment: environment ?? definition.environment?.value)
        let list = allowList(ofRole: roleNumber, setting: setting, tenant: tenant)
        var needs: [Int] = []
        var refused: [Grantable.Refused] = []
        for step in wanted {
            if let lacking = stepNeeds[step].first(where: { !list.allowed.contains($0) }) {
                let why = "it needs '\(scopes.names[lacking])', but \(reason(for: lacking, in: list))"
                refused.append(Grantable.Refused(step: self.steps.names[step], why: why))
            } else {
                needs += stepNeeds[step]
            }
        }
        let least = graph.minimalCover(of: needs)
        return self.providers(asked: providers, tenantNumber).map { provider in
            Grantable(
                provider: provider,
                tenant: tenant,
                role: role,
                scopes: words(for: least, at: provider),
                refused: refused,
                behind: integrations[integrationsOfTenant[tenantNumber]].compactMap { integration in
                    guard integration.provider == provider, integration.roles.contains(roleNumber) else { return nil }
                    return behind(integration)
                }
            )
        }
    }

    /// All registrations that do not fit what their roles need now, in the order of tenants and clients.
    ///
    /// After a role was changed this is what is left to do.
    package func registrationsBehind(role: RoleID? = nil) -> [(tenant: TenantID, registration: Grantable.Registration)]
    {
        integrations.compactMap { integration in
            if let role, !integration.roles.contains(where: { roles.names[$0] == role }) { return nil }
            return behind(integration).map { (integration.tenantID, $0) }
        }
    }

    private func providers(asked: [ProviderID], _ tenant: Int) -> [ProviderID] {
        if !asked.isEmpty { return asked }
        let own = Set(integrations[integrationsOfTenant[tenant]].map(\.provider))
        return (own.isEmpty ? Set(integrations.map(\.provider)) : own).sorted()
    }

    private func behind(_ integration: Integration) -> Grantable.Registration? {
        guard let registered = integration.assignment.registered else { return nil }
        let check = RegistrationCheck(self)
        let allowed = allowed(integration)
        var held: [Int] = []
        var excess: [String] = []
        for name in registered {
            let numbers = check.scopes(named: name.value, at: integration.provider)
            held += numbers
            if numbers.isEmpty || numbers.contains(where: { !allowed.contains($0) }) {
                excess.append(name.value.rawValue)
            }
        }
        let missing = graph.minimalCover(of: allowed.subtracting(graph.closure(of: held)))
        guard !missing.isEmpty || !excess.isEmpty else { return nil }
        return Grantable.Registration(
            client: integration.client,
            place: integration.assignment.id.place,
            missing: words(for: missing, at: integration.provider),
            excess: excess
        )
    }

    /// Each word once, in the order of the words.
    func words(for scopes: [Int], at provider: ProviderID) -> [String] {
        Set(scopes.map { word(for: $0, at: provider) }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
