import FoundationEssentials
import Grants
import Testing

@Suite struct LifecycleTests {
    /// The specification's table, row by row: from, to, event.
    static let table: [(String, [String], String)] = [
        ("active", ["noticed"], "grant.noticed"),
        ("active noticed", ["quarantined"], "grant.quarantined"),
        ("noticed", ["active"], "grant.reprieved"), ("quarantined", ["active"], "grant.restored"),
        ("active noticed quarantined", ["revoking"], "grant.revoking"),
        ("active noticed quarantined revoking stuck", ["revoked"], "grant.revoked"),
        ("active noticed quarantined revoking stuck", ["expired"], "grant.expired"),
        ("revoking", ["stuck"], "grant.stuck"), ("stuck", ["revoking"], "grant.revoking"),
        ("expired revoked", ["active"], "grant.recorded"), ("expired revoked", ["revoking"], "grant.revoking"),
    ]

    @Test func `the code's table is the specification's, no row more`() {
        var rows: Set<String> = []
        for (from, to, event) in Self.table {
            for source in from.split(separator: " ") { rows.insert("\(source) \(to[0]) \(event)") }
        }
        let code = Set(Lifecycle.transitions.map { "\($0.from.rawValue) \($0.to.rawValue) \($0.event)" })
        #expect(code == rows)
    }

    /// `docs/grant-lifecycle.md`, line by line.
    private static func document() throws -> [Substring] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let text = try String(contentsOfFile: root + "/docs/grant-lifecycle.md", encoding: .utf8)
        return text.split(separator: "\n")
    }

    private static var code: Set<String> {
        Set(Lifecycle.transitions.map { "\($0.from.rawValue) \($0.to.rawValue) \($0.event)" })
    }

    @Test func `the document's table is the code's, no row more`() throws {
        var rows: Set<String> = []
        for line in try Self.document() where line.contains("| grant.") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " } }
            for from in cells[0].split(separator: ",") where from != "–" {
                rows.insert("\(from) \(cells[1]) \(cells[2])")
            }
        }
        #expect(rows == Self.code)
    }

    @Test func `the document's diagram is the code's, no arrow more`() throws {
        let arrows = try Self.document().filter { $0.contains(" --> ") && !$0.contains("[*]") }
            .map { $0.split(separator: " ").filter { $0 != "-->" }.joined(separator: " ").filter { $0 != ":" } }
        #expect(Set(arrows) == Self.code)
        #expect(arrows.count == Self.code.count)
    }

    // Stored codes and counts are found by them.
    @Test func `standings and rules know their places among all`() {
        #expect(Standing.allCases.map(\.ordinal) == Array(Standing.allCases.indices))
        #expect(Rule.allCases.map(\.ordinal) == Array(Rule.allCases.indices))
    }

    @Test func `a decision the table does not allow is no transition`() {
        var grant = Grant(
            key: .init(provider: "idp", id: "g"),
            tenant: "t",
            client: "c",
            scopes: ScopeSet(["a"]),
            issuedAt: .distantPast
        )
        grant.standing = .revoked
        #expect(Lifecycle.transition(of: grant, by: Decision(.notice, .unused, "")) == nil)
        grant.standing = .noticed
        let end = Decision(.end(.init(.expired, needsCall: true)), .unused, "")
        #expect(Lifecycle.transition(of: grant, by: end)?.to == .revoking)
    }
}
