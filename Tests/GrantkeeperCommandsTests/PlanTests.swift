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
