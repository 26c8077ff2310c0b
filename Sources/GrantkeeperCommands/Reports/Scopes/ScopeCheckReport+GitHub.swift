internal import ConfigurationFiles
internal import Grants
internal import Scopes

extension ScopeCheckReport {
    /// Workflow commands that GitHub shows at the lines of a change; what is no command is the log's.
    func annotations(_ names: RelativeNames) -> [String] {
        var lines: [String] = []
        for mistake in mistakes {
            let text = mistake.hint.map { "\(mistake.message)\nfix: \($0)" } ?? mistake.message
            lines.append(
                command("error", names.name(of: mistake.file), mistake.line, mistake.column, Self.mistakeRule, text)
            )
        }
        for finding in findings.findings {
            let level = finding.severity == .note ? "notice" : finding.severity.rawValue
            let text = "\(finding.message)\nwhy: \(finding.why)\nfix: \(finding.fix.text)"
            let place = finding.place
            lines.append(
                command(level, names.name(of: place.file), place.line, place.column, finding.rule.rawValue, text)
            )
        }
        for excepted in findings.excepted {
            let finding = excepted.finding
            lines.append(
                Console.printableLong(
                    "excepted: \(names.name(of: finding.place.file)):\(finding.place.line): \(finding.message); "
                        + excepted.answer
                )
            )
        }
        lines += wordsWithoutScopes(names.name).map(Console.printableLong)
        if mistakes.isEmpty { lines.append(summary) }
        return lines
    }

    private func command(
        _ level: String,
        _ file: String,
        _ line: Int,
        _ column: Int,
        _ title: String,
        _ text: String
    ) -> String {
        // A file as a whole is annotated at its first line.
        let place = "line=\(max(1, line)),col=\(max(1, column))"
        return "::\(level) file=\(Self.property(file)),\(place),title=\(Self.property(title))::\(Self.data(text))"
    }

    /// As GitHub's own toolkit escapes what follows the second `::`.
    private static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
