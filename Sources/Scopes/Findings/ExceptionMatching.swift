internal import Grants
internal import Records

/// Sets apart the findings that somebody answers for.
struct ExceptionMatching {
    private let exceptions: [ScopeException]
    private let now: Timestamp
    private var byRule: [String: [Int]] = [:]

    init(_ exceptions: [ScopeException], now: Timestamp) {
        self.exceptions = exceptions
        self.now = now
        for (number, exception) in exceptions.enumerated() where now < exception.until {
            byRule[exception.finding.value, default: []].append(number)
        }
    }

    func report(on findings: [ScopeFinding]) -> ScopeReport {
        var rest: [ScopeFinding] = []
        var excepted: [ScopeReport.Excepted] = []
        var used = ScopeSet()
        for finding in findings {
            let candidates = finding.rule.canBeExcepted ? byRule[finding.rule.rawValue] ?? [] : []
            let matching = candidates.filter { exceptions[$0].matches(finding.subject) }
            for number in matching { used.insert(number) }
            if let first = matching.first {
                excepted.append(ScopeReport.Excepted(finding: finding, exception: exceptions[first]))
            } else {
                rest.append(finding)
            }
        }
        for (number, exception) in exceptions.enumerated() where !used.contains(number) {
            rest.append(finding(on: exception))
        }
        return ScopeReport(
            findings: rest.sorted { $0.isBefore($1) },
            excepted: excepted.sorted { $0.finding.isBefore($1.finding) }
        )
    }

    private func finding(on exception: ScopeException) -> ScopeFinding {
        let subject = ScopeFinding.Subject(
            tenant: exception.tenant?.value,
            client: exception.client?.value,
            role: exception.role?.value,
            steps: [exception.step?.value].compactMap { $0 },
            scope: exception.scope?.value
        )
        let rule = exception.finding.value
        guard now < exception.until else {
            return ScopeFinding(
                .exceptionOver,
                at: exception.place,
                "the exception from '\(rule)' was over at \(exception.until)",
                why: "\(exception.owner) answered for it until then: \(exception.reason)",
                fix: ScopeFinding.Fix("mend the finding, or have its owner extend the exception"),
                subject: subject
            )
        }
        let known = ScopeRule.allCases.filter(\.canBeExcepted).map(\.rawValue)
        guard known.contains(rule) else {
            let near = nearestWord(to: rule, in: known)
            return ScopeFinding(
                .exceptionMatchesNothing,
                at: exception.finding.place,
                "there is no finding '\(rule)' to except from",
                why: "exceptions name a rule of this check",
                fix: near.map { ScopeFinding.Fix("did you mean '\($0)'?", replacement: [$0]) }
                    ?? ScopeFinding.Fix("take it out, or name one of \(quoted(known))"),
                subject: subject
            )
        }
        return ScopeFinding(
            .exceptionMatchesNothing,
            at: exception.place,
            "the exception from '\(rule)' excuses nothing",
            why: "no finding is about all that it names",
            fix: ScopeFinding.Fix("take it out"),
            subject: subject
        )
    }
}

extension ScopeException {
    fileprivate func matches(_ subject: ScopeFinding.Subject) -> Bool {
        (tenant.map { $0.value == subject.tenant } ?? true)
            && (client.map { $0.value == subject.client } ?? true)
            && (role.map { $0.value == subject.role } ?? true)
            && (step.map { subject.steps.contains($0.value) } ?? true)
            && (scope.map { $0.value == subject.scope } ?? true)
    }
}

extension ScopeFinding {
    /// By place; of one place in a fixed order.
    fileprivate func isBefore(_ other: ScopeFinding) -> Bool {
        if place != other.place { return place < other.place }
        if rule != other.rule { return rule.rawValue < other.rule.rawValue }
        return message < other.message
    }
}
