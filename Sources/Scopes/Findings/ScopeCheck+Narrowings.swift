internal import Grants

extension ScopeCheck {
    func narrowingFindings() -> [ScopeFinding] {
        let narrowings = model.documents.narrowings
        guard !narrowings.isEmpty else { return [] }
        var reach: [ScopeSet?] = Array(repeating: nil, count: narrowings.count)
        for list in model.allowLists {
            for number in list.narrowings {
                var set = reach[number] ?? ScopeSet()
                set.formUnion(list.permitted)
                reach[number] = set
            }
        }
        let environments = model.declaredEnvironments.union(model.integrations.compactMap(\.environment))
            .union(model.documents.tenants.compactMap(\.environment?.value))
        let clients = Set(model.integrations.map(\.client))
        var findings: [ScopeFinding] = []
        for (number, narrowing) in narrowings.enumerated() {
            let unknown = unknownNames(of: narrowing, environments, clients)
            findings += unknown
            if let set = reach[number] {
                findings += changeFindings(narrowing, reach: set)
            } else if unknown.isEmpty {
                findings.append(
                    ScopeFinding(
                        .narrowingMatchesNothing,
                        at: narrowing.place,
                        "the narrowing matches no client",
                        why: "no client has all that it names: environment, tenant, role, client",
                        fix: ScopeFinding.Fix("take it out, or name whom it is for"),
                        subject: subject(of: narrowing)
                    )
                )
            }
        }
        return findings
    }

    private func subject(of narrowing: AllowListNarrowing) -> ScopeFinding.Subject {
        ScopeFinding.Subject(
            tenant: narrowing.tenant?.value,
            client: narrowing.client?.value,
            role: narrowing.role?.value
        )
    }

    private func unknownNames(
        of narrowing: AllowListNarrowing,
        _ environments: Set<EnvironmentID>,
        _ clients: Set<ClientID>
    ) -> [ScopeFinding] {
        let subject = subject(of: narrowing)
        var findings: [ScopeFinding] = []
        if let role = narrowing.role, model.roles[role.value] == nil {
            findings.append(
                ScopeFinding(
                    .unknownRole,
                    at: role.place,
                    "there is no role '\(role.value)'",
                    why: "so this narrows nothing",
                    fix: nearest(role.value.rawValue, in: model.roles.names),
                    subject: subject
                )
            )
        }
        if let tenant = narrowing.tenant, model.tenants[tenant.value] == nil {
            findings.append(
                ScopeFinding(
                    .unknownTenant,
                    at: tenant.place,
                    "there is no tenant '\(tenant.value)'",
                    why: "so this narrows nothing",
                    fix: nearest(tenant.value.rawValue, in: model.tenants.names),
                    subject: subject
                )
            )
        }
        if let client = narrowing.client, !clients.contains(client.value) {
            findings.append(
                ScopeFinding(
                    .unknownClient,
                    at: client.place,
                    "there is no client '\(client.value)'",
                    why: "so this narrows nothing",
                    fix: nearest(client.value.rawValue, in: clients.sorted()),
                    subject: subject
                )
            )
        }
        if let environment = narrowing.environment, !environments.contains(environment.value) {
            let fix = nearest(environment.value.rawValue, in: environments.sorted())
            findings.append(unknownEnvironment(environment, fix, subject))
        }
        return findings + narrowing.names.compactMap { model.unknownScope($0, subject: subject) }
    }

    private func changeFindings(_ narrowing: AllowListNarrowing, reach: ScopeSet) -> [ScopeFinding] {
        narrowing.names.compactMap { name -> ScopeFinding? in
            guard let number = model.scopes[name.value], !reach.contains(number) else { return nil }
            var subject = subject(of: narrowing)
            subject.scope = name.value
            let covered = model.graph.closure(of: number).intersection(reach)
            let within = model.scopes.names(of: model.graph.minimalCover(of: covered)).map(\.rawValue)
            switch narrowing.change {
            case .only:
                return ScopeFinding(
                    .narrowingAdds,
                    at: name.place,
                    "'\(name.value)' is not allowed anyway to those it is narrowed for",
                    why: "an allow-list follows from roles; narrowing takes away and never adds",
                    fix: within.isEmpty
                        ? ScopeFinding.Fix("take it out, or give the role a step that needs it", replacement: [])
                        : ScopeFinding.Fix("name \(quoted(within)), which it covers", replacement: within),
                    subject: subject
                )
            case .without:
                // A blanket takes along what it stands for.
                guard model.blankets[number] == nil || covered.isEmpty else { return nil }
                return ScopeFinding(
                    .narrowingMatchesNothing,
                    at: name.place,
                    "taking '\(name.value)' away changes nothing",
                    why: "none of those it is narrowed for may hold it anyway",
                    fix: ScopeFinding.Fix("take it out", replacement: []),
                    subject: subject
                )
            }
        }
    }
}

extension AllowListNarrowing {
    /// The scopes of the change.
    var names: [Placed<ScopeName>] {
        switch change {
        case .only(let names), .without(let names): names
        }
    }
}
