internal import ConfigurationFiles
internal import Grants
internal import Records
internal import Scopes

extension ScopeCheckReport {
    /// A log of SARIF 2.1.0, which code scanning and editors read.
    ///
    /// Exceptions are results with a suppression (§3.27.23), which no reader counts.
    func sarif(_ names: RelativeNames) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
        writer.member("version", "2.1.0")
        writer.array("runs") { writer in
            writer.beginObject()
            writer.object("tool") { writer in
                writer.object("driver") { writer in
                    writer.member("name", "grantkeeper")
                    writer.member("version", Program.version)
                    writer.array("rules", Self.rules)
                }
            }
            writer.member("columnKind", "unicodeCodePoints")
            writer.array("invocations") { writer in
                writer.beginObject()
                writer.member("executionSuccessful", mistakes.isEmpty)
                writer.endObject()
            }
            writer.array("results") { writer in
                for mistake in mistakes { result(mistake, names, &writer) }
                for finding in findings.findings { result(finding, names, &writer) }
                for excepted in findings.excepted {
                    result(excepted.finding, names, &writer) { writer in
                        writer.array("suppressions") { writer in
                            writer.beginObject()
                            writer.member("kind", "external")
                            writer.member("status", "accepted")
                            writer.member("justification", excepted.answer)
                            writer.endObject()
                        }
                    }
                }
            }
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    /// Every rule of the check, so that a reader can show those too that found nothing.
    private static func rules(_ writer: inout JSONWriter) {
        for rule in ScopeRule.allCases {
            self.rule(rule.rawValue, rule.summary, rule.severity, &writer)
        }
        self.rule(mistakeRule, "A document cannot be read.", .error, &writer)
    }

    private static func rule(
        _ id: String,
        _ summary: String,
        _ severity: ScopeFinding.Severity,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("id", id)
        writer.object("shortDescription") { $0.member("text", summary) }
        writer.object("help") { writer in
            writer.member("text", "\(summary) Each result says why, and what mends it; docs/scopes.md has the rules.")
        }
        writer.object("defaultConfiguration") { $0.member("level", severity.rawValue) }
        writer.endObject()
    }

    private func result(
        _ finding: ScopeFinding,
        _ names: RelativeNames,
        _ writer: inout JSONWriter,
        _ more: (inout JSONWriter) -> Void = { _ in }
    ) {
        writer.beginObject()
        writer.member("ruleId", finding.rule.rawValue)
        writer.member("ruleIndex", ScopeRule.allCases.firstIndex(of: finding.rule) ?? 0)
        writer.member("level", finding.severity.rawValue)
        writer.object("message") { writer in
            writer.member("text", "\(finding.message). Why: \(finding.why). Fix: \(finding.fix.text)")
        }
        location(finding.place.file, finding.place.line, finding.place.column, names, &writer)
        more(&writer)
        writer.endObject()
    }

    private func result(_ mistake: ConfigurationProblem, _ names: RelativeNames, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("ruleId", Self.mistakeRule)
        writer.member("ruleIndex", ScopeRule.allCases.count)
        writer.member("level", ScopeFinding.Severity.error.rawValue)
        writer.object("message") { writer in
            writer.member("text", mistake.hint.map { "\(mistake.message). Fix: \($0)" } ?? mistake.message)
        }
        location(mistake.file, mistake.line, mistake.column, names, &writer)
        writer.endObject()
    }

    private func location(
        _ file: String,
        _ line: Int,
        _ column: Int,
        _ names: RelativeNames,
        _ writer: inout JSONWriter
    ) {
        writer.array("locations") { writer in
            writer.beginObject()
            writer.object("physicalLocation") { writer in
                writer.object("artifactLocation") { $0.member("uri", names.uri(of: file)) }
                // A file as a whole has no region.
                if line > 0 {
                    writer.object("region") { writer in
                        writer.member("startLine", line)
                        writer.member("startColumn", column)
                    }
                }
            }
            writer.endObject()
        }
    }
}

extension RelativeNames {
    /// A relative reference (RFC 3986 §4.2) for a file below the current directory, else a `file:` URI.
    func uri(of path: String) -> String {
        let name = name(of: path)
        let encoded = name.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~/".contains(character))
            return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        return name.hasPrefix("/") ? "file://" + encoded : encoded
    }
}
