import Grants
import Records
import Testing

@Suite("A plan, shown and applied", .serialized)
struct PlanTests {
    @Test func `a dry run leaves every byte, and its hash is that of the run a minute later`() async throws {
        try await withIdle { scenario in
            let before = scenario.storeBytes()
            let planned = try await scenario.rotate("--dry-run", "--plan-out", scenario.path("out/plan"), statuses: [0])
            #expect(scenario.storeBytes() == before)
            #expect(planned.bool("dry_run") == true)
            #expect(planned.int("counts.end") == 2)
            #expect(planned.int("counts.revalidate") == 22)
            scenario.advance(.minutes(1))
            let report = try await scenario.rotate(statuses: [0])
            #expect(report.text("plan_hash") == planned.text("plan_hash"))
            #expect(report.int("ended.expired") == 2)
            #expect(try await scenario.show("i-1").text("proof") == "proven")
        }
    }

    @Test func `a plan's file says what and why, and is applied while it still holds`() async throws {
        try await withIdle { scenario in
            let file = scenario.path("out/plan.ndjson")
            let planned = try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            let lines = try #require(scenario.bytes("out/plan.ndjson")).split(separator: 0x0A)
                .map { try JSONObject(parsing: Array($0)) }
            #expect(lines.first?.text("plan_hash") == planned.text("plan_hash"))
            #expect(lines.first?.int("counts.end") == 2)
            #expect(lines.dropFirst().compactMap { $0.text("grant") } == ["i-1", "i-2"])
            #expect(lines.dropFirst().allSatisfy { $0.text("action") == "end" && $0.text("rule") == "unused" })
            scenario.advance(.minutes(1))
            #expect(try await scenario.rotate("--apply", file, statuses: [0]).int("ended.expired") == 2)
        }
    }

    /// What somebody may do to a plan's file between its making and its approval.
    struct Edit: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var apply: @Sendable (inout [String]) -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout [String]) -> Void) {
            testDescription = name
            self.apply = apply
        }
    }

    static let edits = [
        Edit("a line removed") { $0.remove(at: 2) }, Edit("a line twice") { $0.append($0[2]) },
        Edit("two lines in another order") { $0.swapAt(1, 2) },
        Edit("another grant") { $0[1].replace("i-1", with: "i-9") },
        Edit("another reason") { $0[1].replace("not used", with: "not needed") },
        Edit("another action") { $0[1].replace(#""action":"end""#, with: #""action":"keep""#) },
        Edit("what the plan's own hash leaves out") {
            $0[1].replace(#""observed_until":"2"#, with: #""observed_until":"3"#)
        },
        Edit("a blank") { $0[1].replace(#""rule":"#, with: #""rule": "#) },
        Edit("other counts") { $0[0].replace(#""end":2"#, with: #""end":1"#) },
        Edit("without the lines' hash") { $0[0].replace("rows_hash", with: "x_rows_hash") },
        Edit("a line of a keep") {
            $0.append(#"{"grant":"u-1","provider":"idp","action":"keep","rule":"exempt"}"#)
        },
        Edit("a line that is none") { $0.append("x") },
    ]

    @Test(arguments: edits)
    func `a plan's file that was edited is refused, and nothing is applied`(edit: Edit) async throws {
        try await withIdle { scenario in
            let file = scenario.path("out/plan.ndjson")
            try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            let before = String(decoding: try #require(scenario.bytes("out/plan.ndjson")), as: UTF8.self)
            var lines = before.split(separator: "\n").map(String.init)
            edit.apply(&lines)
            let after = lines.map { $0 + "\n" }.joined()
            try #require(after != before, "nothing was edited: \(before)")
            try scenario.write("out/plan.ndjson", after)
            let outcome = await scenario.run("rotate", "--apply", file, "--json")
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("edited-plan") || outcome.errors.contains("bad-plan"), "\(outcome.errors)")
            #expect(try await scenario.standings() == ["active": 22])
        }
    }

    @Test func `lines of another plan, with their own hash and as many of each kind, do not give the plan's hash`()
        async throws
    {
        try await withIdle { scenario in
            func plan(_ name: String) async throws -> (header: String, rowsHash: String, rows: Substring) {
                try await scenario.rotate("--dry-run", "--plan-out", scenario.path("out/\(name)"), statuses: [0, 2])
                let text = String(decoding: try #require(scenario.bytes("out/\(name)")), as: UTF8.self)
                let end = try #require(text.firstIndex(of: "\n"))
                let header = try JSONObject(parsing: Array(text[..<end].utf8))
                #expect(header.int("counts.end") == 2)
                return (String(text[..<end]), try #require(header.text("rows_hash")), text[end...])
            }
            let seen = try await plan("seen")
            await scenario.run("exempt", "i-1", "--owner", "kim", "--reason", "x", "--until", "30d")
            try await scenario.grants([.idle("i-3")])
            let other = try await plan("other")
            try #require(seen.rowsHash != other.rowsHash)
            try scenario.write(
                "out/forged",
                seen.header.replacing(seen.rowsHash, with: other.rowsHash) + other.rows
            )
            try await scenario.run("rotate", "--apply", scenario.path("out/forged"), "--json")
                .expectError(65, "edited-plan")
            #expect(try await scenario.standings() == ["active": 23])
        }
    }

    @Test func `a plan that no longer holds is refused, and nothing is applied`() async throws {
        try await withIdle { scenario in
            let file = scenario.path("out/plan.ndjson")
            try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            try await scenario.grants([.idle("i-3")])
            try await scenario.run("rotate", "--apply", file, "--json").expectError(65, "plan-changed")
            #expect(try await scenario.standings() == ["active": 23])
        }
    }

    @Test func `a run that failed is recorded and told as failed`() async throws {
        try await withIdle { scenario in
            let file = scenario.path("out/plan.ndjson")
            try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            try await scenario.grants([.idle("i-3")])
            await scenario.run("rotate", "--apply", file)
            #expect(try await scenario.events("run.failed").compactMap { $0.text("reason") } == ["plan-changed"])
            let runs = try await scenario.run("runs", "list", "--json").lines
            #expect(runs.compactMap { $0.text("outcome") } == ["failed"])
        }
    }

    private func withIdle(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("i-1"), .idle("i-2")] + (1...20).map { .used("u-\($0)") })
            scenario.advance(.minutes(1))
            try await body(scenario)
        }
    }
}
