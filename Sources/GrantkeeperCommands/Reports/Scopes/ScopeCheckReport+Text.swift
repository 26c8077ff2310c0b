internal import Grants
internal import Scopes

extension ScopeCheckReport {
    /// For people: each finding with its place, its reason and what mends it; the last line counts.
    var text: [String] {
        var lines = wordsWithoutScopes().map(printed)
        for finding in findings.findings {
            lines.append(
                "\(finding.place): \(finding.severity): \(printed(finding.message)) [\(finding.rule.rawValue)]"
            )
            lines.append("  why: \(printed(finding.why))")
            lines.append("  fix: \(printed(finding.fix.text))")
        }
        for excepted in findings.excepted {
            let finding = excepted.finding
            lines.append("\(finding.place): excepted: \(printed(finding.message)) [\(finding.rule.rawValue)]")
            lines.append("  \(printed(excepted.answer))")
        }
        guard findings.findings.isEmpty, let documents else { return lines + [summary] }
        let counts = [
            Console.count(documents.catalogue.scopes.count, "scope"),
            Console.count(documents.workflow.steps.count, "step"),
            Console.count(documents.roles.count, "role"),
            Console.count(documents.tenants.count, "tenant"),
        ]
        return lines + ["ok: \(counts.joined(separator: ", ")); \(summary)"]
    }

    private func printed(_ text: String) -> String { Console.printableLong(text) }
}
