import GrantkeeperCommands
import Grants
import Records
import Testing

@Suite("Purge and checkpoint, from the command line", .serialized)
struct PurgeCommandTests {
    private static let retention = [
        "keep_ended": "400d", "keep_journal": "400d", "keep_runs": "90d", "archive": "out",
    ]

    /// Two grants ended, and 500 days later one lives.
    private func aged(_ scenario: Scenario) async throws {
        try await scenario.grants([.used("g-1"), .used("g-2"), .used("k-1")])
        let outcome = await scenario.run("revoke", "g-1", "g-2", "--reason", "left", "--json")
        #expect(outcome.status == 0 || outcome.status == 2, "\(outcome.errors)")
        scenario.advance(.days(500))
    }

    @Test func `a dry run writes nothing and says what a run then does`() async throws {
        try await withScenario {
            $0.retention = Self.retention
        } _: { scenario in
            try await aged(scenario)
            let before = scenario.storeBytes()
            let dry = await scenario.run("purge", "--dry-run", "--json")
            #expect(dry.status == 0, "\(dry.errors)")
            #expect(scenario.storeBytes() == before && scenario.files(in: "out") == [])
            let planned = try dry.json
            #expect(planned.int("purged.grants") == 2 && planned.int("run") == nil)
            let real = await scenario.run("purge", "--json")
            #expect(real.status == 0, "\(real.errors)")
            let done = try real.json
            #expect(done.at("purged") == planned.at("purged") && done.at("held_back") == planned.at("held_back"))
            #expect(done.texts("archive").count == 3 && scenario.files(in: "out").count == 3)
            #expect(try await scenario.standings() == ["active": 1])
            #expect(await scenario.run("audit", "verify").status == 0)
            let runs = try await scenario.run("runs", "list", "--json").lines
            #expect(runs.first?.text("job") == "purge" && runs.first?.text("outcome") == "done")
            #expect(await scenario.run("grants", "show", "k-1").status == 0)
            let archive = try #require(scenario.files(in: "out").first { $0.hasPrefix("out/journal-") })
            let checked = await scenario.run("audit", "verify", "--archive", scenario.path(archive), "--json")
            #expect(try checked.json.bool("ok") == true && checked.json.bool("known") == true)
        }
    }

    @Test func `without 'retention' nothing leaves`() async throws {
        try await withScenario { scenario in
            try await aged(scenario)
            let outcome = await scenario.run("purge")
            #expect(outcome.status == 0 && outcome.output.contains("purged: 0 ended grants"))
            #expect(outcome.errors.contains("nothing is ever purged"))
        }
    }

    @Test func `2: a sink lags, and what it needs stays`() async throws {
        try await withScenario {
            $0.retention = Self.retention
            $0.sinks = ["{ id: broken, type: exec, command: [/bin/false] }"]
        } _: { scenario in
            try await aged(scenario)
            let outcome = await scenario.run("purge", "--json")
            #expect(outcome.status == 2)
            let report = try outcome.json
            #expect(report.int("purged.journal") == 0 && report.int("purged.grants") == 2)
            #expect((report.int("held_back.sink") ?? 0) > 0)
        }
    }

    @Test func `1: an archive that is not there fails the run and removes nothing`() async throws {
        try await withScenario { scenario in
            try await aged(scenario)
            try scenario.configure { $0.retention = Self.retention.merging(["archive": "none"]) { $1 } }
            try await scenario.run("purge", "--json").expectError(1, "other")
            #expect(try await scenario.standings() == ["active": 1, "revoked": 2])
            #expect(try await scenario.events("run.failed").count == 1)
        }
    }

    @Test func `a checkpoint kept elsewhere shows a journal that goes on, and another one`() async throws {
        try await withScenario {
            $0.retention = Self.retention
        } _: { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2")])
            let line = await scenario.run("audit", "checkpoint")
            #expect(line.status == 0 && line.output.split(separator: "\n").count == 1)
            let kept = String(try #require(line.output.split(separator: " ").dropFirst().first))
            let json = try await scenario.run("audit", "checkpoint", "--json").json
            #expect(kept == "\(json.int("seq") ?? 0):\(json.text("hash") ?? "")" && json.int("entries") == 0)
            try await scenario.grants([.used("g-3")])
            #expect(await scenario.run("audit", "verify", "--checkpoint", kept).status == 0)
            let other = kept.split(separator: ":")[0] + ":" + String(repeating: "0", count: 64)
            #expect(await scenario.run("audit", "verify", "--checkpoint", other).status == 1)
            #expect(await scenario.run("audit", "verify", "--checkpoint", "2").status == 64)
            scenario.advance(.days(500))
            _ = await scenario.run("purge")
            let verified = await scenario.run("audit", "verify", "--checkpoint", kept, "--json")
            #expect(verified.status == 64)
            try await scenario.run("audit", "verify", "--from", "2", "--json").expectError(64, "unknown-name")
        }
    }
}
