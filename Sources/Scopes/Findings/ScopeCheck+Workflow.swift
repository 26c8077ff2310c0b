internal import Grants

extension ScopeCheck {
    func workflowFindings() -> [ScopeFinding] {
        var findings = duplicates(model.documents.workflow.steps.map(\.id), "step")
        for step in model.documents.workflow.steps {
            let subject = ScopeFinding.Subject(steps: [step.id.value])
            findings += nameFindings(step.scopes, subject: subject, allowsBlankets: false)
            findings += impliedTwice(step.scopes, subject: subject)
        }
        for separation in model.documents.workflow.neverTogether {
            for step in separation.steps where model.steps[step.value] == nil {
                findings.append(unknownStep(step, subject: ScopeFinding.Subject(steps: [step.value])))
            }
        }
        return findings
    }

    func unknownStep(_ step: Placed<StepID>, subject: ScopeFinding.Subject) -> ScopeFinding {
        ScopeFinding(
            .unknownStep,
            at: step.place,
            "the step '\(step.value)' is not in the workflow",
            why: "what it needs is not known",
            fix: nearest(step.value.rawValue, in: model.steps.names),
            subject: subject
        )
    }

    /// Unknown, deprecated and, where only granular scopes are wanted, blanket names.
    func nameFindings(
        _ names: [Placed<ScopeName>],
        subject: ScopeFinding.Subject,
        allowsBlankets: Bool
    ) -> [ScopeFinding] {
        var findings: [ScopeFinding] = []
        for name in names {
            guard let number = model.scopes[name.value] else {
                findings += [model.unknownScope(name, subject: subject)].compactMap { $0 }
                continue
            }
            let words = { [model] number in model.scopes.names[number].rawValue }
            if let finding = model.deprecated(number, at: name.place, words: words, subject: subject) {
                findings.append(finding)
            }
            guard !allowsBlankets, let blanket = model.blankets[number] else { continue }
            var subject = subject
            subject.scope = name.value
            let granular = model.minimalCover(of: blanket.standsFor.map(\.value)).map(\.rawValue)
            findings.append(
                ScopeFinding(
                    .blanketScope,
                    at: name.place,
                    "the blanket '\(name.value)' stands where granular scopes exist",
                    why: "a blanket grows with the catalogue: what it allows tomorrow nobody has checked",
                    fix: ScopeFinding.Fix("name what is needed of \(quoted(granular))", replacement: granular),
                    subject: subject
                )
            )
        }
        return findings
    }

    /// Names of a list that others of it cover.
    func impliedTwice(_ names: [Placed<ScopeName>], subject: ScopeFinding.Subject) -> [ScopeFinding] {
        guard names.count > 1 else { return [] }
        let kept = Set(model.graph.minimalCover(of: names.compactMap { model.scopes[$0.value] }))
        var seen: Set<Int> = []
        var findings: [ScopeFinding] = []
        for name in names {
            guard let number = model.scopes[name.value] else { continue }
            let isFirst = seen.insert(number).inserted
            if isFirst && kept.contains(number) { continue }
            var subject = subject
            subject.scope = name.value
            findings.append(
                ScopeFinding(
                    .impliedTwice,
                    at: name.place,
                    "the scope '\(name.value)' is named twice over",
                    why: whyTwice(number, isFirst: isFirst, kept: kept),
                    fix: ScopeFinding.Fix("take it out", replacement: []),
                    subject: subject
                )
            )
        }
        return findings
    }

    private func whyTwice(_ number: Int, isFirst: Bool, kept: Set<Int>) -> String {
        guard isFirst else { return "it stands in the list already" }
        let other = kept.sorted().first { $0 != number && model.graph.covers($0, number) }
        return other.map { "'\(model.scopes.names[$0])' in the same list implies it" } ?? "another implies it"
    }
}
