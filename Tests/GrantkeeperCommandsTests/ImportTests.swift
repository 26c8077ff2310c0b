import Glibc
import Grants
import Records
import Testing

@Suite("Importing", .serialized)
struct ImportTests {
    /// A bad second line among good ones, and what is said about it.
    struct BadLine: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var line: [UInt8]
        var says: String

        init(_ name: String, _ line: String, says: String) {
            self.init(name, Array(line.utf8), says: says)
        }

        init(_ name: String, _ line: [UInt8], says: String) {
            testDescription = name
            self.line = line
            self.says = says
        }

        static func record(_ name: String, _ change: (String) -> String, says: String) -> BadLine {
            let plain =
                #"{"id":"x","provider":"idp","tenant":"acme","client":"supplier-portal","scopes":["a"],"#
                + #""issued_at":"2026-01-01T00:00:00Z"}"#
            return BadLine(name, change(plain), says: says)
        }
    }

    static let badLines: [BadLine] = [
        .record("truncated", { String($0.dropLast(20)) }, says: "line 2"),
        .init("not UTF-8", Array(#"{"id":"x"#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), says: "UTF-8"),
        .record("an unknown provider", { $0.replacing("idp", with: "ipd") }, says: "did you mean 'idp'"),
        .record("a scope with a space", { $0.replacing(#"["a"]"#, with: #"["a b"]"#) }, says: "scope"),
        .record("a date in the future", { $0.replacing("2026-01", with: "2027-01") }, says: "future"),
        .record("a duplicate id that differs", { $0.replacing(#""x""#, with: #""g-1""#) }, says: "twice"),
        .record("a duplicate member", { $0.replacing("{", with: #"{"id":"y","#) }, says: "id"),
        .record("an unknown member", { $0.replacing("{", with: #"{"scope":"y","#) }, says: "scope"),
        .record("a trailing comma", { $0.replacing("}", with: ",}") }, says: "line 2"),
        .record("a byte-order mark", { "\u{FEFF}" + $0 }, says: "line 2"),
        .record("a missing member", { $0.replacing(#""tenant":"acme","#, with: "") }, says: "tenant"),
        .record(
            "a line longer than the limit",
            { $0.replacing("{", with: "{" + String(repeating: " ", count: 1 << 21)) },
            says: "line 2"
        ),
    ]

    @Test(arguments: badLines)
    func `a bad line imports nothing, and the rest where that is asked for`(bad: BadLine) async throws {
        try await withScenario { scenario in
            let good = try await scenario.issue([.used("g-1"), .used("g-2")])
            let file = try scenario.importFile(
                Array((good[0] + "\n").utf8) + bad.line + Array(("\n" + good[1] + "\n").utf8)
            )
            let refused = await scenario.run("grants", "import", file, "--json")
            #expect(refused.status == 65)
            #expect(try refused.json.bool("imported") == false)
            #expect(refused.errors.contains(bad.says), "\(refused.errors)")
            #expect(try JSONObject(parsing: Array(refused.errors.utf8)).text("error.code") == "bad-records")
            #expect(try await scenario.standings() == [:])
            let skipped = await scenario.run("grants", "import", file, "--skip-bad", "--json")
            #expect(skipped.status == 2)
            #expect(try skipped.json.int("added") == 2)
            #expect(try skipped.json.int("bad") == 1)
        }
    }

    @Test func `a file that is cut off imports nothing`() async throws {
        try await withScenario { scenario in
            let lines = try await scenario.issue([.used("g-1"), .used("g-2")])
            let outcome = try await scenario.importing(text: String(lines.joined(separator: "\n").dropLast(30)))
            #expect(outcome.status == 65)
            #expect(try await scenario.standings() == [:])
        }
    }

    @Test func `the same line twice counts once`() async throws {
        try await withScenario { scenario in
            let lines = try await scenario.issue([.used("g-1")])
            let outcome = try await scenario.importing(lines + lines)
            #expect(outcome.status == 0)
            #expect(try outcome.json.int("added") == 1)
            #expect(try outcome.json.int("repeated") == 1)
        }
    }

    @Test func `a pipe is read as a file is`() async throws {
        try await withScenario { scenario in
            let lines = try await scenario.issue([.used("g-1"), .used("g-2")])
            let good = await scenario.run("grants", "import", "-", "--json", input: try Self.pipe(lines))
            #expect(try good.json.int("added") == 2)
            let bad = await scenario.run("grants", "import", "-", "--json", input: try Self.pipe(["{"]))
            #expect(bad.status == 65)
            #expect(try await scenario.standings() == ["active": 2])
        }
    }

    @Test func `our own export changes nothing`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .idle("g-2"), GrantSpec("g-3")])
            try await scenario.rotate("--dry-run")
            let export = await scenario.run("grants", "export")
            #expect(export.status == 0)
            let outcome = try await scenario.importing(text: export.output)
            #expect(outcome.status == 0)
            #expect(try outcome.json.int("unchanged") == 3, "\(outcome.output)")
        }
    }

    @Test func `last month's export ends nothing and moves nothing back`() async throws {
        try await withScenario { scenario in
            let specs = (1...4).map { GrantSpec.used("g-\($0)") }
            let lines = try await scenario.issue(specs)
            #expect(try await scenario.importing(lines).status == 0)
            try await scenario.rotate(statuses: [0])
            let export = await scenario.run("grants", "export").output
            scenario.advance(.days(30))
            let fresh = specs.map { $0.record(scenario.tokens[$0.id], now: scenario.now) }
            #expect(try await scenario.importing(fresh).status == 0)
            let before = try await scenario.show("g-1")
            #expect(try await scenario.importing(text: export).json.int("outdated") == 4)
            #expect(try await scenario.importing(lines).status == 0)
            let after = try await scenario.show("g-1")
            for name in ["last_used_at", "observed_until", "standing"] {
                #expect(after.text(name) == before.text(name))
            }
            let report = try await scenario.rotate(statuses: [0])
            #expect(report.int("standings.active") == 4)
            #expect(report.int("counts.end") == 0)
        }
    }

    @Test func `an ended grant lives again only by a later consent`() async throws {
        try await withScenario { scenario in
            let spec = GrantSpec.used("g-1")
            try await scenario.grants([spec] + (2...9).map { .used("g-\($0)") })
            #expect(await scenario.run("revoke", "g-1", "--reason", "left").status == 0)
            scenario.advance(.days(1))
            let again = try await scenario.importing([spec.record(scenario.tokens["g-1"], now: scenario.now)])
            #expect(try again.json.int("ended") == 1)
            #expect(try await scenario.standing("g-1") == "revoked")
            var later = spec
            later.age = .hours(1)
            later.used = .minutes(30)
            let renewed = try await scenario.importing([later.record(nil, now: scenario.now)])
            #expect(try renewed.json.int("renewed") == 1)
            #expect(try await scenario.standing("g-1") == "active")
        }
    }

    @Test func `a record cannot move a grant to another tenant or client`() async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
        } _: { scenario in
            var spec = GrantSpec.used("g-1")
            try await scenario.grants([spec])
            spec.tenant = "globex"
            #expect(try await scenario.importing([spec.record(nil, now: scenario.now)]).status == 65)
            spec.tenant = "acme"
            spec.client = "erp-sync"
            #expect(try await scenario.importing([spec.record(nil, now: scenario.now)]).status == 65)
            #expect(try await scenario.show("g-1").text("client") == "supplier-portal")
        }
    }

    /// The reading end of a pipe that holds the lines and has no writer.
    private static func pipe(_ lines: [String]) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(ends[1], $0.baseAddress, $0.count) }
        close(ends[1])
        try #require(count == bytes.count)
        return ends[0]
    }
}
