import Glibc
import Grants
import Sandbox
import Testing

/// S11: a breach is containable in one command, as the runbook shows it.
@Suite("The runbook's part about a breach", .serialized)
struct ContainTranscriptTests {
    @Test func `every command prints what the runbook says`() async throws {
        let examples = try Self.examples(of: "## A supplier is breached")
        #expect(examples.count == 5)
        try await Self.withBorealis { scenario in
            for example in examples {
                if example.arguments.contains("--dry-run") { try await Self.hold(scenario) }
                if example.arguments.first == "rotate" { try await Self.repair(scenario) }
                let outcome = await scenario.run(example.arguments)
                let told = Self.lines(outcome.output) + Self.lines(outcome.errors)
                #expect(example.isShown(told), "\(example.arguments): \(told.joined(separator: "\n"))")
            }
            #expect(try await scenario.standings() == ["active": 2, "revoked": 5])
        }
    }

    /// A command of the document with what is printed below it; `…` stands for any lines.
    private struct Example {
        var arguments: [String]
        var lines: [String] = []

        func isShown(_ told: [String]) -> Bool {
            Self.match(lines[...], told.map(Self.withoutMeasures)[...])
        }

        private static func match(_ wanted: ArraySlice<String>, _ told: ArraySlice<String>) -> Bool {
            guard let first = wanted.first else { return told.isEmpty }
            if first == "…" {
                return (told.startIndex...told.endIndex).contains { match(wanted.dropFirst(), told[$0...]) }
            }
            guard let line = told.first, withoutMeasures(first) == line else { return false }
            return match(wanted.dropFirst(), told.dropFirst())
        }

        /// How long a request took, and what follows from it, differs each time.
        private static func withoutMeasures(_ line: String) -> String {
            guard line.hasPrefix("rehearsed at") || line.hasPrefix("forecast:") else { return line }
            return line.replacing(#/\d+ ms a request/#, with: "N ms a request")
                .replacing(#/after [0-9.]+ s/#, with: "after N s")
                .replacing(#/at [0-9.]+\/s/#, with: "at N/s")
        }
    }

    private static func examples(of section: String) throws -> [Example] {
        let text = try document("docs/runbook.md")
        let start = try #require(text.firstRange(of: section + "\n"))
        let rest = text[start.upperBound...]
        let part = rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)]
        var examples: [Example] = []
        var isCode = false
        for line in part.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                isCode.toggle()
            } else if isCode, line.hasPrefix("$ grantkeeper ") {
                examples.append(Example(arguments: words(line.dropFirst(14))))
            } else if isCode {
                examples[examples.count - 1].lines.append(line)
            }
        }
        return examples
    }

    private static func document(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).map(String.init)
        let file = try #require(fopen((root + [path]).joined(separator: "/"), "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return try #require(String(validating: bytes, as: UTF8.self))
    }

    /// As a shell reads them, single quotes only.
    private static func words(_ line: Substring) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
        }
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    // MARK: Scene

    /// borealis has three grants at idp and two at partner-idp, acme two at idp.
    private static func withBorealis(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario {
            $0.tenants = ["borealis", "acme"]
            $0.sinks = ["{ id: siem, type: file, path: out/events.ndjson }"]
            $0.limits = "requests_per_second: 50, in_flight: 16"
            $0.sandbox.foreignRevocation = .allowed
        } _: { scenario in
            try scenario.write("partner.secret", "grantkeeper-secret")
            try scenario.configure { setup in
                setup.otherProviders = [
                    "{ id: partner-idp, issuer: 'http://127.0.0.1:\(scenario.sandbox.port)', "
                        + "client: { id: grantkeeper, secret: { file: partner.secret } }, "
                        + "limits: { requests_per_second: 50, in_flight: 16 }, "
                        + "capabilities: { revokes_foreign: true, revocation_reaches: grant, "
                        + "rotates_refresh_tokens: false }, "
                        + "access_token_lifetime: 0s, canaries: [{ kind: refresh_token, client: canary-client, token: { file: canary.refresh_token } }, "
                        + "{ kind: access_token, client: canary-client, token: { file: canary.access_token } }] }"
                ]
            }
            try await scenario.grants([
                .used("borealis-001") { $0.tenant = "borealis" }, .used("borealis-002") { $0.tenant = "borealis" },
                .used("borealis-003") { spec in
                    spec.tenant = "borealis"
                    spec.client = "quote-bot"
                },
                .used("acme-001"), .used("acme-002"),
            ])
            let lines = try await scenario.issue((4...5).map { .used("borealis-00\($0)") { $0.tenant = "borealis" } })
                .map { $0.replacing(#""provider":"idp""#, with: #""provider":"partner-idp""#) }
            #expect(try await scenario.importing(lines).status == 0)
            try await body(scenario)
        }
    }

    private static func hold(_ scenario: Scenario) async throws {
        try scenario.write("partner.secret", "wrong")
        _ = await scenario.run("revalidate", "--provider", "partner-idp", "--all")
    }

    private static func repair(_ scenario: Scenario) async throws {
        try scenario.write("partner.secret", "grantkeeper-secret")
        _ = await scenario.run("revalidate", "--provider", "partner-idp", "--all")
    }
}
