internal import ConfigurationFiles
internal import Grants
internal import Scopes

extension ScopeCheckReport {
    /// JUnit's XML: a suite for each document, a case for each rule that found nothing there and for each finding.
    func junit(_ names: RelativeNames) -> String {
        let found = Dictionary(grouping: findings.findings) { $0.place.file }
        let excepted = Dictionary(grouping: findings.excepted) { $0.finding.place.file }
        let wrong = Dictionary(grouping: mistakes) { $0.file }
        var suites = ""
        var totals = Totals()
        for file in files {
            var suite = Totals()
            let name = names.name(of: file)
            let cases = cases(name, found[file] ?? [], excepted[file] ?? [], wrong[file] ?? [], &suite)
            suites += "  <testsuite name=\"\(XML.attribute(name))\"\(suite.attributes)>\n\(cases)  </testsuite>\n"
            totals.add(suite)
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="grantkeeper scopes check"\(totals.attributes)>
            \(suites)</testsuites>

            """
    }

    private struct Totals {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        var attributes: String {
            " tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" time=\"0\""
        }

        mutating func add(_ other: Totals) {
            tests += other.tests
            failures += other.failures
            errors += other.errors
            skipped += other.skipped
        }
    }

    private func cases(
        _ name: String,
        _ found: [ScopeFinding],
        _ excepted: [ScopeReport.Excepted],
        _ wrong: [ConfigurationProblem],
        _ totals: inout Totals
    ) -> String {
        var text = ""
        for mistake in wrong {
            totals.errors += 1
            let whole = mistake.hint.map { "\(mistake)\nfix: \($0)" } ?? "\(mistake)"
            text += element(
                "\(Self.mistakeRule) \(mistake.line):\(mistake.column)",
                name,
                "<error message=\"\(XML.attribute(mistake.message))\" type=\"\(Self.mistakeRule)\">"
                    + "\(XML.text(whole))</error>"
            )
        }
        for finding in found {
            let rule = finding.rule.rawValue
            let whole = "\(finding.place): \(finding.message)\nwhy: \(finding.why)\nfix: \(finding.fix.text)"
            let content: String
            if fails(finding) {
                totals.failures += 1
                content =
                    "<failure message=\"\(XML.attribute(finding.message))\" type=\"\(rule)\">\(XML.text(whole))</failure>"
            } else {
                content = "<system-out>\(XML.text(whole))</system-out>"
            }
            text += element("\(rule) \(finding.place.line):\(finding.place.column)", name, content)
        }
        for excepted in excepted {
            totals.skipped += 1
            let finding = excepted.finding
            let message = XML.attribute("\(finding.message); \(excepted.answer)")
            text += element(
                "\(finding.rule.rawValue) \(finding.place.line):\(finding.place.column)",
                name,
                "<skipped message=\"\(message)\"/>"
            )
        }
        let rules = Set(found.map(\.rule) + excepted.map(\.finding.rule))
        let isRead = mistakes.isEmpty
        let quiet = ScopeRule.allCases.filter { isRead && !rules.contains($0) }
        for rule in quiet { text += element(rule.rawValue, name, nil) }
        totals.tests = wrong.count + found.count + excepted.count + quiet.count
        return text
    }

    private func element(_ name: String, _ suite: String, _ content: String?) -> String {
        let head = "    <testcase classname=\"\(XML.attribute(suite))\" name=\"\(XML.attribute(name))\" time=\"0\""
        return content.map { "\(head)>\($0)</testcase>\n" } ?? "\(head)/>\n"
    }
}

/// Text as XML 1.0 takes it.
private enum XML {
    static func attribute(_ text: String) -> String { escaped(text, isAttribute: true) }
    static func text(_ text: String) -> String { escaped(text, isAttribute: false) }

    private static func escaped(_ text: String, isAttribute: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;".unicodeScalars
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "\"" where isAttribute: result += "&quot;".unicodeScalars
            case "\n" where isAttribute: result += "&#10;".unicodeScalars
            case "\t", "\n": result.append(scalar)
            default:
                // What XML cannot hold at all (§2.2).
                let isCharacter =
                    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0xFFFE
                    && scalar.value != 0xFFFF
                result.append(isCharacter ? scalar : "\u{FFFD}")
            }
        }
        return String(result)
    }
}
