internal import Grants

extension ScopeCheck {
    /// What is defined and nobody uses, as far as the documents that would use it are there.
    func usageFindings() -> [ScopeFinding] {
        var findings: [ScopeFinding] = []
        if !model.documents.tenants.isEmpty {
            var used = ScopeSet()
            for integration in model.integrations {
                for role in integration.roles { used.insert(role) }
            }
            for (number, role) in model.roleDefinitions.enumerated() where !used.contains(number) {
                findings.append(
                    ScopeFinding(
                        .unusedRole,
                        at: role.id.place,
                        "no client has the role '\(role.id.value)'",
                        why: "no tenant's document names it",
                        fix: ScopeFinding.Fix("take it out, or assign it"),
                        subject: ScopeFinding.Subject(role: role.id.value)
                    )
                )
            }
        }
        if !model.documents.roles.isEmpty {
            let used = ScopeSet(model.roleSteps.joined())
            for (number, step) in model.stepDefinitions.enumerated() where !used.contains(number) {
                findings.append(
                    ScopeFinding(
                        .unusedStep,
                        at: step.id.place,
                        "no role has the step '\(step.id.value)'",
                        why: "roles.yaml does not name it",
                        fix: ScopeFinding.Fix("take it out, or give it to a role"),
                        subject: ScopeFinding.Subject(steps: [step.id.value])
                    )
                )
            }
        }
        guard !model.documents.workflow.steps.isEmpty else { return findings }
        let used = model.graph.closure(of: model.stepNeeds.joined())
        for (number, definition) in model.definitions.enumerated() {
            guard let definition, definition.deprecation == nil, !used.contains(number) else { continue }
            findings.append(
                ScopeFinding(
                    .unusedScope,
                    at: definition.name.place,
                    "no step needs the scope '\(definition.name.value)'",
                    why: "so no role can ever allow it",
                    fix: ScopeFinding.Fix("take it out, or give it to a step"),
                    subject: ScopeFinding.Subject(scope: definition.name.value)
                )
            )
        }
        return findings
    }
}
