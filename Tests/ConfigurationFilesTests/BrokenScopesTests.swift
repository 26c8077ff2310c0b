import ConfigurationFiles
import Scopes
import Testing

/// The corpus `Tests/Corpora/broken-scopes.txt`, which `Tests/Corpora/schemas.py` shows to the JSON Schemas too.
@Suite struct `Broken scope documents` {
    struct Case: Sendable, CustomTestStringConvertible {
        var line: Int
        var kind: ScopeFile.Kind
        var text = ""
        var expected: [String] = []

        var testDescription: String { "line \(line)" }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        let text = (try? contents(of: repositoryFile("Tests/Corpora/broken-scopes.txt"))) ?? ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
            if line.hasPrefix("=== ") {
                let name = line.dropFirst(4).prefix { $0 != "," }
                guard let kind = ScopeFile.Kind.allCases.first(where: { $0.fileName == name }) else { return [] }
                cases.append(Case(line: index + 1, kind: kind))
            } else if !cases.isEmpty {
                if line.hasPrefix(">>> ") {
                    cases[cases.endIndex - 1].expected.append(String(line.dropFirst(4)))
                } else {
                    cases[cases.endIndex - 1].text += line + "\n"
                }
            }
        }
        return cases
    }()

    @Test func `the corpus holds fifty and more`() {
        #expect(Self.cases.count >= 50)
        #expect(Set(Self.cases.map(\.kind)).count == ScopeFile.Kind.allCases.count)
    }

    @Test(arguments: cases)
    func `each is refused, with all that is wrong and where`(broken: Case) {
        var files = [ScopeFile(kind: broken.kind, path: "file", text: broken.text)]
        if broken.kind != .catalogue { files.append(ScopeFile(kind: .catalogue, path: "other", text: "scopes: []\n")) }
        var found: [String] = []
        do throws(ConfigurationErrors) {
            _ = try ScopeDirectory.read(files, of: "")
        } catch {
            found = error.problems.map { problem in
                let place = "\(problem.file == "file" ? "" : problem.file + ":")\(problem.line):\(problem.column)"
                return "\(place): \(problem.message)\(problem.hint.map { " (\($0))" } ?? "")"
            }
        }
        #expect(!found.isEmpty)
        #expect(found == broken.expected)
    }
}
