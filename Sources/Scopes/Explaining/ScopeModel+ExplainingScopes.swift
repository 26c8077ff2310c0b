internal import Grants

extension ScopeModel {
    func explainScope(_ scope: Int) -> Explanation {
        var children: [Explanation] = []
        if let blanket = blankets[scope] {
            children.append(
                Explanation("a blanket: what it allows grows with the catalogue", place: blanket.pattern.place)
            )
        }
        if let deprecation = definitions[scope]?.deprecation {
            let instead = deprecation.replacement.map(\.value.rawValue)
            children.append(
                Explanation(
                    "deprecated" + (deprecation.since.map { " since \($0)" } ?? "")
                        + (instead.isEmpty ? "; nothing takes its place" : "; ask for \(quoted(instead)) instead")
                )
            )
        }
        if graph.isCyclic(scope) {
            let others = graph.members[graph.component[scope]].filter { $0 != scope }
            children.append(Explanation("the same as \(quoted(scopes.names(of: others).map(\.rawValue)))"))
        }
        children += [
            listed("covers", coveredTree(scope, depth: 0), none: "covers nothing but itself"),
            listed(
                "is covered by",
                graph.covering(scope).filter { $0 != scope }.map { Explanation(scopes.names[$0].rawValue) },
                none: "nothing else covers it"
            ),
        ].compactMap { $0 }
        children += bounds(of: scope)
        for (provider, word) in (definitions[scope]?.providerNames ?? [:]).sorted(by: { $0.key < $1.key }) {
            children.append(Explanation("\(provider) calls it '\(word.value)'", place: word.place))
        }
        children += holders(of: scope)
        return Explanation(
            "scope \(scopes.names[scope])" + (definitions[scope].map { ": \(about($0))" } ?? ""),
            place: definitions[scope]?.name.place ?? blankets[scope]?.pattern.place,
            children
        )
    }

    private func about(_ definition: ScopeDefinition) -> String {
        "\(definition.action) on \(definition.family), \(definition.risk.rawValue) risk"
    }

    /// What is right below, and below that, as far as a person reads.
    private func coveredTree(_ scope: Int, depth: Int) -> [Explanation] {
        guard depth < 8 else { return [] }
        return graph.reduction[graph.component[scope]].prefix(21).map { below in
            let place = (definitions[scope]?.implies ?? blankets[scope]?.standsFor ?? [])
                .first { $0.value == scopes.names[below] }?.place
            return Explanation(scopes.names[below].rawValue, place: place, coveredTree(below, depth: depth + 1))
        }
    }

    private func bounds(of scope: Int) -> [Explanation] {
        var children: [Explanation] = []
        for number in [scope] + graph.closure(of: scope).filter({ $0 != scope }) {
            guard let definition = definitions[number] else { continue }
            let through = number == scope ? "" : ", since '\(definition.name.value)' is"
            if let parties = definition.parties {
                let names = Party.allCases.filter { parties.contains($0) }.map(\.rawValue)
                children.append(Explanation("only for \(quoted(names))\(through)", place: definition.name.place))
            }
            if let environments = definition.environments {
                let names = environments.sorted().map(\.rawValue)
                children.append(Explanation("only in \(quoted(names))\(through)", place: definition.name.place))
            }
        }
        return children.isEmpty ? [Explanation("for every party, in every environment")] : children
    }

    private func holders(of scope: Int) -> [Explanation] {
        let needing = steps.names.indices.compactMap { step -> Explanation? in
            guard let need = stepNeeds[step].first(where: { graph.covers($0, scope) }) else { return nil }
            let through = need == scope ? "" : " through \(scopes.names[need])"
            return Explanation("\(steps.names[step])\(through)", place: stepDefinitions[step].id.place)
        }
        let giving = roles.names.indices.compactMap { role -> Explanation? in
            guard let need = roleNeeds[role].first(where: { graph.covers($0, scope) }) else { return nil }
            let through = need == scope ? "" : " through \(scopes.names[need])"
            return Explanation("\(roles.names[role])\(through)", place: roleDefinitions[role].id.place)
        }
        var may: [Explanation] = []
        var mayNot: [Explanation] = []
        for integration in integrations {
            var lost: [Explanation] = []
            var isAllowed = false
            for number in integration.allowLists {
                let list = allowLists[number]
                if list.allowed.contains(scope) {
                    isAllowed = true
                } else if roleNeeds[list.role].contains(where: { graph.covers($0, scope) }) {
                    let why = reason(for: scope, in: list)
                    lost.append(Explanation("\(why)", mark: .because, place: roleDefinitions[list.role].id.place))
                }
            }
            let place = integration.assignment.id.place
            if isAllowed {
                may.append(Explanation(clientName(integration), mark: .allowed, place: place))
            } else if !lost.isEmpty {
                mayNot.append(Explanation(clientName(integration), mark: .notAllowed, place: place, lost))
            }
        }
        return [
            listed("steps that need it", needing, none: "no step needs it, so nobody may hold it"),
            listed("roles that give it", giving, none: "no role gives it"),
            listed("clients that may hold it", may, none: "no client may hold it"),
            listed("clients whose role would give it, but", mayNot),
        ].compactMap { $0 }
    }

    func explainStep(_ step: Int) -> Explanation {
        let definition = stepDefinitions[step]
        var children = [Explanation("the \(definition.side.rawValue) takes it")]
        children += [listed("needs", definition.scopes.map { need($0) }, none: "needs no scope")].compactMap { $0 }
        let minimal = scopes.names(of: stepNeeds[step]).map(\.rawValue)
        if minimal.count < definition.scopes.count { children.append(Explanation("at the least \(quoted(minimal))")) }
        children += separations(of: step)
        let having = roles.names.indices.filter { roleSteps[$0].contains(step) }.map { role in
            Explanation(
                roles.names[role].rawValue,
                place: roleDefinitions[role].steps.first { $0.value == steps.names[step] }?.place
            )
        }
        let able = integrations.filter { canTake(step, with: allowed($0)) }.map { integration in
            Explanation(clientName(integration), mark: .allowed, place: integration.assignment.id.place)
        }
        children += [
            listed("roles with it", having, none: "no role has it"),
            listed("clients that can take it", able, none: "no client can take it by its scopes"),
        ].compactMap { $0 }
        return Explanation("step \(steps.names[step])", place: definition.id.place, children)
    }

    private func need(_ name: Placed<ScopeName>) -> Explanation {
        guard let scope = scopes[name.value] else {
            return Explanation("\(name.value), which the catalogue does not have", mark: .notAllowed, place: name.place)
        }
        let below = graph.closure(of: scope).filter { $0 != scope }
        let covers = below.isEmpty ? "" : ", which covers \(quoted(scopes.names(of: below.prefix(8)).map(\.rawValue)))"
        return Explanation("\(name.value)\(covers)", place: name.place)
    }

    private func separations(of step: Int) -> [Explanation] {
        separations.indices.filter { separations[$0].contains(step) }.map { number in
            let rule = documents.workflow.neverTogether[number]
            let others = steps.names(of: separations[number].filter { $0 != step }).map(\.rawValue)
            return Explanation(
                "never together with \(quoted(others))",
                mark: .notAllowed,
                place: rule.place,
                rule.reason.isEmpty ? [] : [Explanation(rule.reason, mark: .because)]
            )
        }
    }
}
