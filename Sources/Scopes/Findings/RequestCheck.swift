internal import Grants

/// Looks at scopes that somebody wants to ask for.
struct RequestCheck {
    private let model: ScopeModel
    private let request: RequestedScopes
    private let context: RequestContext
    /// What each word stands for; empty: unknown.
    private let numbers: [[Int]]
    private let needed: ScopeSet
    private let kept: Set<Int>

    init(_ model: ScopeModel, _ request: RequestedScopes) {
        self.model = model
        self.request = request
        let context = RequestContext(model, request)
        self.context = context
        numbers = request.scopes.map { scope in
            if let provider = context.provider { return model.scopes(called: scope.value, at: provider) }
            return [model.scopes[ScopeName(scope.value)]].compactMap { $0 }
        }
        needed = model.graph.closure(of: context.needs ?? [])
        kept = Set(model.graph.minimalCover(of: numbers.joined()))
    }

    func findings() -> [ScopeFinding] {
        var findings = context.findings
        var seen: Set<Int> = []
        for (scope, numbers) in zip(request.scopes, numbers) {
            guard !numbers.isEmpty else {
                findings.append(unknown(scope))
                continue
            }
            let subject = subject(of: scope, numbers)
            findings += numbers.compactMap {
                model.deprecated($0, at: scope.place, words: word, subject: subject)
            }
            if let finding = numbers.lazy.compactMap({ beyond($0, scope, subject) }).first {
                findings.append(finding)
            } else if let finding = twice(numbers, scope, subject, seen) {
                findings.append(finding)
            }
            seen.formUnion(numbers)
        }
        return findings + missingSteps() + separations()
    }

    private func word(_ scope: Int) -> String {
        context.provider.map { model.word(for: scope, at: $0) } ?? model.scopes.names[scope].rawValue
    }

    private func words(_ set: ScopeSet) -> [String] { model.graph.minimalCover(of: set).map(word) }

    private func subject(of scope: Placed<String>, _ numbers: [Int]) -> ScopeFinding.Subject {
        var subject = context.subject
        subject.scope = numbers.first.map { model.scopes.names[$0] } ?? ScopeName(scope.value)
        subject.steps = request.steps.map(\.value)
        return subject
    }

    private func unknown(_ scope: Placed<String>) -> ScopeFinding {
        var fix = model.fixForUnknown(scope.value, in: model.scopes.names)
        var why = "only what the catalogue defines can be judged"
        if let provider = context.provider {
            if let number = model.scopes[ScopeName(scope.value)] {
                why = "'\(provider)' has another word for it"
                fix = ScopeFinding.Fix("write '\(word(number))'", replacement: [word(number)])
            } else if let near = model.nearest.nearest(
                to: scope.value,
                kind: "word at \(provider)",
                count: model.scopes.count,
                in: (0..<model.scopes.count).lazy.map { word($0) }
            ) {
                fix = ScopeFinding.Fix("did you mean '\(near)'?", replacement: [near])
            }
        }
        if let separator = MisplacedSeparator(in: scope.value, isKnown: isKnown) {
            why = separator.why
            fix = separator.fix
        }
        return ScopeFinding(
            .unknownScope,
            at: scope.place,
            "the scope '\(scope.value)' is not in the catalogue",
            why: why,
            fix: fix,
            subject: subject(of: scope, [])
        )
    }

    private func isKnown(_ word: String) -> Bool {
        guard let provider = context.provider else { return model.scopes[ScopeName(word)] != nil }
        return !model.scopes(called: word, at: provider).isEmpty
    }

    /// What goes beyond what is allowed or needed.
    private func beyond(_ number: Int, _ scope: Placed<String>, _ subject: ScopeFinding.Subject) -> ScopeFinding? {
        let closure = model.graph.closure(of: number)
        if let blanket = model.blankets[number], !(context.allowed?.contains(number) ?? false) {
            return blanketFinding(number, blanket, closure, scope, subject)
        }
        guard let allowed = context.allowed else {
            // Steps that are not all known tell nothing.
            return nil
        }
        if !allowed.contains(number) {
            if let finding = ruledOut(number, closure, scope, subject) { return finding }
            if context.permitted.contains(number) { return narrowed(number, closure, allowed, scope, subject) }
        }
        let rest = closure.intersection(allowed.contains(number) ? needed : needed.intersection(allowed))
        if !allowed.contains(number), rest.isEmpty {
            return ScopeFinding(
                .notAllowed,
                at: scope.place,
                "the scope '\(scope.value)' is not in the allow-list",
                why: "\(context.who) \(isPlural ? "do" : "does") not need it, nor anything that it covers",
                fix: ScopeFinding.Fix("take it out", replacement: []),
                subject: subject
            )
        }
        guard !needed.contains(number), context.needs != nil else { return nil }
        let instead = words(rest)
        return ScopeFinding(
            .excessScope,
            at: scope.place,
            "the scope '\(scope.value)' covers more than is needed",
            why: rest.isEmpty
                ? "\(purpose) \(quoted(words(needed))), which it does not cover"
                : "\(purpose) no more of it than \(quoted(instead))",
            fix: replacing(with: rest, number),
            subject: subject
        )
    }

    private var isPlural: Bool { context.who.hasPrefix("the roles") || context.who.hasPrefix("the steps") }

    private var purpose: String {
        guard !request.steps.isEmpty else { return "\(context.who) \(isPlural ? "need" : "needs")" }
        let names = quoted(request.steps.map(\.value.rawValue))
        return request.steps.count == 1 ? "the step \(names) needs" : "the steps \(names) need"
    }

    /// What is left of a scope, less what the rest of the request covers anyway.
    private func replacing(with rest: ScopeSet, _ number: Int) -> ScopeFinding.Fix {
        let others = numbers.joined().filter { other in
            other != number && !model.graph.covers(other, number)
                && (context.allowed?.contains(other) ?? true) && needed.contains(other)
        }
        let instead = words(rest.subtracting(model.graph.closure(of: others)))
        return instead.isEmpty
            ? ScopeFinding.Fix("take it out", replacement: [])
            : ScopeFinding.Fix("ask for \(quoted(instead)) instead", replacement: instead)
    }

    private func blanketFinding(
        _ number: Int,
        _ blanket: Blanket,
        _ closure: ScopeSet,
        _ scope: Placed<String>,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        let granular = ScopeSet(blanket.standsFor.compactMap { model.scopes[$0.value] })
        let rest = closure.intersection(needed)
        let fix: ScopeFinding.Fix
        if context.needs == nil {
            let instead = words(granular)
            fix = ScopeFinding.Fix("name what is needed of \(quoted(instead))", replacement: nil)
        } else {
            fix = replacing(with: rest, number)
        }
        return ScopeFinding(
            .blanketScope,
            at: scope.place,
            "the blanket '\(scope.value)' stands where granular scopes exist",
            why: "it stands for \(quoted(words(granular))) and grows with the catalogue",
            fix: fix,
            subject: subject
        )
    }

    private func ruledOut(
        _ requested: Int,
        _ closure: ScopeSet,
        _ scope: Placed<String>,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding? {
        for number in closure {
            guard let definition = model.definitions[number] else { continue }
            let covered = word(number) == scope.value ? "" : ", which covers '\(word(number))',"
            if !definition.isPermitted(to: context.setting.party) {
                let parties = Party.allCases.filter { definition.parties?.contains($0) ?? true }.map(\.rawValue)
                return ScopeFinding(
                    .internalScopeAtSupplier,
                    at: scope.place,
                    "the scope '\(scope.value)'\(covered) is not for a tenant that is"
                        + " \(context.setting.party?.rawValue ?? "unknown")",
                    why: "the catalogue gives '\(definition.name.value)' to \(quoted(parties)) alone"
                        + " (\(definition.name.place))",
                    fix: replacing(with: closure.intersection(needed), requested),
                    subject: subject
                )
            }
            guard !definition.isPermitted(where: context.setting) else { continue }
            let environment = context.setting.environment.map { "in '\($0)'" } ?? "without an environment"
            return ScopeFinding(
                .environmentMismatch,
                at: scope.place,
                "the scope '\(scope.value)'\(covered) may not be held \(environment)",
                why: "the catalogue has '\(definition.name.value)' in"
                    + " \(quoted((definition.environments ?? []).sorted().map(\.rawValue))) alone"
                    + " (\(definition.name.place))",
                fix: replacing(with: closure.intersection(needed), requested),
                subject: subject
            )
        }
        return nil
    }

    private func narrowed(
        _ number: Int,
        _ closure: ScopeSet,
        _ allowed: ScopeSet,
        _ scope: Placed<String>,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        let places = ScopeSet(context.narrowings).map { model.documents.narrowings[$0] }
        let reasons = places.map { "\($0.place)" + ($0.reason.map { " (\($0))" } ?? "") }
        return ScopeFinding(
            .notAllowed,
            at: scope.place,
            "the scope '\(scope.value)' is taken out of the allow-list",
            why: "\(context.who) would allow it, but it is narrowed at \(reasons.joined(separator: ", "))",
            fix: replacing(with: closure.intersection(allowed), number),
            subject: subject
        )
    }

    private func twice(
        _ numbers: [Int],
        _ scope: Placed<String>,
        _ subject: ScopeFinding.Subject,
        _ seen: Set<Int>
    ) -> ScopeFinding? {
        let isRepeated = numbers.allSatisfy { seen.contains($0) }
        guard isRepeated || !numbers.contains(where: { kept.contains($0) }) else { return nil }
        let other = kept.sorted().first { kept in numbers.contains { $0 != kept && model.graph.covers(kept, $0) } }
        return ScopeFinding(
            .impliedTwice,
            at: scope.place,
            "the scope '\(scope.value)' is asked for twice over",
            why: isRepeated
                ? "it stands in the request already"
                : "'\(other.map(word) ?? "another")' in the same request implies it",
            fix: ScopeFinding.Fix("take it out", replacement: []),
            subject: subject
        )
    }

    /// Steps that are asked for and that the allow-list does not suffice for.
    private func missingSteps() -> [ScopeFinding] {
        guard let allowed = context.allowed else { return [] }
        return request.steps.compactMap { step in
            guard let number = model.steps[step.value] else { return nil }
            let lacking = model.stepNeeds[number].filter { !allowed.contains($0) }
            guard !lacking.isEmpty else { return nil }
            var subject = context.subject
            subject.steps = [step.value]
            return ScopeFinding(
                .notAllowed,
                at: step.place,
                "\(context.who) \(isPlural ? "do" : "does") not allow '\(step.value)'",
                why: "the step needs \(quoted(lacking.map(word)))",
                fix: ScopeFinding.Fix("ask for a step that is allowed, or give the client a role with it"),
                subject: subject
            )
        }
    }

    private func separations() -> [ScopeFinding] {
        let all = model.graph.closure(of: numbers.joined())
        return model.brokenSeparations(able: all).map { separation in
            var able = ScopeSet()
            var place = request.place
            for (scope, numbers) in zip(request.scopes, numbers) {
                able.formUnion(model.graph.closure(of: numbers))
                place = scope.place
                if separation.steps.count(where: { model.canTake($0, with: able) }) > 1 { break }
            }
            var subject = context.subject
            subject.steps = model.steps.names(of: separation.steps)
            let names = quoted(subject.steps.map(\.rawValue))
            let reason = separation.rule.reason
            return ScopeFinding(
                .separationOfDuties,
                at: place,
                "the scopes allow \(names) together",
                why: (reason.isEmpty ? "they must never be held together" : reason) + " (\(separation.rule.place))",
                fix: ScopeFinding.Fix("ask with two clients, one for each of \(names)"),
                subject: subject
            )
        }
    }
}
