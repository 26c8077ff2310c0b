internal import Grants

extension ScopeCheck {
    func catalogueFindings() -> [ScopeFinding] {
        let catalogue = model.documents.catalogue
        var findings = duplicates(
            catalogue.scopes.map(\.name) + catalogue.blankets.map(\.pattern),
            "scope or blanket"
        )
        for definition in catalogue.scopes {
            let subject = ScopeFinding.Subject(scope: definition.name.value)
            for name in definition.implies + (definition.deprecation?.replacement ?? []) {
                if let finding = model.unknownScope(name, subject: subject) { findings.append(finding) }
            }
            for name in repeated(definition.implies) {
                findings.append(
                    ScopeFinding(
                        .impliedTwice,
                        at: name.place,
                        "'\(definition.name.value)' implies '\(name.value)' twice",
                        why: "it is in the list already",
                        fix: ScopeFinding.Fix("take it out", replacement: []),
                        subject: subject
                    )
                )
            }
        }
        for blanket in catalogue.blankets {
            for name in blanket.standsFor {
                if let finding = model.unknownScope(name) { findings.append(finding) }
            }
        }
        return findings + cycles()
    }

    /// The names of a list that stood in it before.
    func repeated<Name: Identifier>(_ names: [Placed<Name>]) -> [Placed<Name>] {
        var seen: Set<Name> = []
        return names.filter { !seen.insert($0.value).inserted }
    }

    private func cycles() -> [ScopeFinding] {
        var findings: [ScopeFinding] = []
        for (component, members) in model.graph.members.enumerated() {
            let isLoop = members.count == 1 && impliesItself(members[0])
            guard members.count > 1 || isLoop, let link = link(within: component) else { continue }
            let names = model.scopes.names(of: members.prefix(8)).map(\.rawValue)
            let more = members.count > 8 ? " and \(members.count - 8) more" : ""
            findings.append(
                ScopeFinding(
                    .implicationCycle,
                    at: link.place,
                    isLoop ? "\(quoted(names)) implies itself" : "\(quoted(names))\(more) imply each other",
                    why: "scopes that imply each other are one scope with several names",
                    fix: ScopeFinding.Fix("take '\(link.value)' out of this list", replacement: []),
                    subject: ScopeFinding.Subject(scope: model.scopes.names[members[0]])
                )
            )
        }
        return findings
    }

    private func impliesItself(_ scope: Int) -> Bool {
        covered(by: scope).contains { $0.value == model.scopes.names[scope] }
    }

    private func covered(by scope: Int) -> [Placed<ScopeName>] {
        model.definitions[scope]?.implies ?? model.blankets[scope]?.standsFor ?? []
    }

    /// The last word that leads back into the cycle: most often the one that closed it.
    private func link(within component: Int) -> Placed<ScopeName>? {
        var links: [Placed<ScopeName>] = []
        for member in model.graph.members[component] {
            for name in covered(by: member) {
                guard let target = model.scopes[name.value], model.graph.component[target] == component else {
                    continue
                }
                links.append(name)
            }
        }
        return links.max { $0.place < $1.place }
    }
}
