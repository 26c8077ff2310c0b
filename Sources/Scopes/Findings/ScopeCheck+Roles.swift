internal import Grants

extension ScopeCheck {
    func roleFindings() -> [ScopeFinding] {
        var findings = duplicates(model.documents.roles.map(\.id), "role")
        for role in model.documents.roles {
            let subject = ScopeFinding.Subject(role: role.id.value)
            if role.steps.isEmpty {
                findings.append(
                    ScopeFinding(
                        .roleWithoutStep,
                        at: role.id.place,
                        "the role '\(role.id.value)' has no step",
                        why: "a role allows what its steps need, so this one allows nothing",
                        fix: ScopeFinding.Fix("name its steps, or take the role out"),
                        subject: subject
                    )
                )
            }
            for step in role.steps {
                var subject = subject
                subject.steps = [step.value]
                guard let number = model.steps[step.value] else {
                    findings.append(unknownStep(step, subject: subject))
                    continue
                }
                let side = model.stepDefinitions[number].side
                guard let parties = role.parties, !parties.isEmpty, !parties.contains(where: { $0.takes(side) })
                else { continue }
                findings.append(sideMismatch(role, step, side, parties, subject))
            }
        }
        for number in model.roleDefinitions.indices {
            let role = model.roleDefinitions[number]
            findings += separationFindings(
                able: model.graph.closure(of: model.roleNeeds[number]),
                taking: Set(model.roleSteps[number]),
                at: role.id.place,
                "the role '\(role.id.value)'",
                subject: ScopeFinding.Subject(role: role.id.value)
            )
        }
        return findings
    }

    private func sideMismatch(
        _ role: Role,
        _ step: Placed<StepID>,
        _ side: WorkflowStep.Side,
        _ parties: Set<Party>,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        let parties = Party.allCases.filter { parties.contains($0) }.map(\.rawValue)
        return ScopeFinding(
            .stepSideMismatch,
            at: step.place,
            "the role '\(role.id.value)' is for \(quoted(parties)), but the \(side.rawValue) takes '\(step.value)'",
            why: "the workflow gives the step to the \(side.rawValue)'s side",
            fix: ScopeFinding.Fix("take the step out of the role", replacement: []),
            subject: subject
        )
    }

    /// Steps that must not be taken together but could be, by name or by what the scopes allow.
    ///
    /// Of more than two steps any two are too many.
    func separationFindings(
        able: ScopeSet,
        taking: Set<Int>,
        at place: SourcePlace,
        _ who: String,
        subject: ScopeFinding.Subject
    ) -> [ScopeFinding] {
        var findings: [ScopeFinding] = []
        for separation in model.brokenSeparations(able: able, taking: taking) {
            var subject = subject
            subject.steps = model.steps.names(of: separation.steps)
            let names = subject.steps.map(\.rawValue)
            let reason = separation.rule.reason
            findings.append(
                ScopeFinding(
                    .separationOfDuties,
                    at: place,
                    "\(who) can take \(quoted(names)) together",
                    why: (reason.isEmpty ? "they must never be held together" : reason)
                        + " (\(separation.rule.place))",
                    fix: ScopeFinding.Fix("leave only one of \(quoted(names)) to one client"),
                    subject: subject
                )
            )
        }
        return findings
    }
}

extension Party {
    /// Partners stand on either side.
    func takes(_ side: WorkflowStep.Side) -> Bool {
        switch self {
        case .internal: side == .buyer
        case .supplier: side == .supplier
        case .partner: true
        }
    }
}
