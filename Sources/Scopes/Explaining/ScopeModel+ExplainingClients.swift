internal import Grants

extension ScopeModel {
    func explainRole(_ role: Int) -> Explanation {
        let definition = roleDefinitions[role]
        var children: [Explanation] = []
        if let parties = definition.parties {
            children.append(
                Explanation("only for \(quoted(Party.allCases.filter { parties.contains($0) }.map(\.rawValue)))")
            )
        }
        children += [listed("steps", stepTree(of: role, in: nil), none: "no step, so it allows nothing")]
            .compactMap { $0 }
        children.append(Explanation("needs \(quoted(scopes.names(of: roleNeeds[role]).map(\.rawValue)))"))
        let all = graph.closure(of: roleNeeds[role])
        children += broken(brokenSeparations(able: all, taking: Set(roleSteps[role])))
        let having = integrations.filter { $0.roles.contains(role) }.map { integration in
            Explanation(
                clientName(integration),
                place: integration.assignment.roles.first { $0.value == roles.names[role] }?.place
            )
        }
        children += [listed("clients with it", having, none: "no client has it")].compactMap { $0 }
        return Explanation("role \(roles.names[role])", place: definition.id.place, children)
    }

    func explainClient(_ integration: Integration) -> Explanation {
        let allowed = allowed(integration)
        var children: [Explanation] = []
        if integration.assignment.roles.isEmpty {
            children.append(Explanation("no role, so no policy to judge its grants by", mark: .notAllowed))
        }
        for role in integration.assignment.roles where roles[role.value] == nil {
            children.append(
                Explanation("role \(role.value), which does not exist", mark: .notAllowed, place: role.place)
            )
        }
        for (role, number) in zip(integration.roles, integration.allowLists) {
            let list = allowLists[number]
            let place = integration.assignment.roles.first { $0.value == roles.names[role] }?.place
            var parts = stepTree(of: role, in: list)
            parts += list.narrowings.filter { takes($0, list.permitted) }.map { explainNarrowing($0, list) }
            let isAllowed = !list.allowed.isEmpty || roleNeeds[role].isEmpty
            children.append(
                Explanation("role \(roles.names[role])", mark: isAllowed ? nil : .notAllowed, place: place, parts)
            )
        }
        let least = graph.minimalCover(of: allowed)
        let words = least.map { word(for: $0, at: integration.provider) }
        children.append(
            least.isEmpty
                ? Explanation("hold nothing", mark: .allowed)
                : Explanation("hold \(quoted(words)), and what that covers", mark: .allowed)
        )
        children += broken(
            brokenSeparations(able: allowed, taking: Set(integration.roles.flatMap { roleSteps[$0] }))
        )
        children += RegistrationCheck(self).findings(on: integration).map { finding in
            Explanation(finding.message, place: finding.place, [Explanation(finding.fix.text)])
        }
        return Explanation(
            "client \(clientName(integration))",
            place: integration.assignment.id.place,
            children
        )
    }

    /// The steps of a role with their scopes; with an allow-list, whether and why each may be held.
    private func stepTree(of role: Int, in list: AllowList?) -> [Explanation] {
        roleDefinitions[role].steps.map { name in
            guard let step = steps[name.value] else {
                return Explanation("step \(name.value), which does not exist", mark: .notAllowed, place: name.place)
            }
            let needs = stepNeeds[step].map { scope -> Explanation in
                let title = scopes.names[scope].rawValue
                guard let list else { return Explanation(title, place: definitions[scope]?.name.place) }
                if list.allowed.contains(scope) { return Explanation(title, mark: .allowed) }
                let why = Explanation("\(reason(for: scope, in: list))", mark: .because)
                return Explanation(title, mark: .notAllowed, [why])
            }
            return Explanation("step \(name.value)", place: name.place, needs)
        }
    }

    private func explainNarrowing(_ number: Int, _ list: AllowList) -> Explanation {
        let narrowing = documents.narrowings[number]
        let names = narrowing.names.map(\.value.rawValue)
        let title =
            switch narrowing.change {
            case .only: names.isEmpty ? "narrowed to nothing" : "narrowed to no more than \(quoted(names))"
            case .without: "narrowed by \(quoted(names))"
            }
        let reason = narrowing.reason.map { [Explanation($0, mark: .because)] } ?? []
        return Explanation(title, place: narrowing.place, reason)
    }

    private func broken(_ separations: [BrokenSeparation]) -> [Explanation] {
        separations.map { separation in
            let names = steps.names(of: separation.steps).map(\.rawValue)
            return Explanation(
                "take \(quoted(names)) together, but its scopes allow it",
                mark: .notAllowed,
                place: separation.rule.place,
                separation.rule.reason.isEmpty ? [] : [Explanation(separation.rule.reason, mark: .because)]
            )
        }
    }
}
