import Glibc
import Grants
import Records
import Testing

/// What a person kept, or the guard, against what the store says now.
@Suite("The journal and plans against what is kept elsewhere", .serialized)
struct EvidenceKeptElsewhereTests {
    @Test func `audit verify says what it compared with`() async throws {
        try await withScenario {
            $0.highWater = "out/mark"
        } _: { scenario in
            try await scenario.inventory([.used("u-1")])
            try await scenario.rotate()
            await scenario.run("audit", "checkpoint")
            let outcome = await scenario.run("audit", "verify")
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("agrees with the restore guard's file (entry "))
            #expect(outcome.output.contains("agrees with the last checkpoint (entry "))
            let report = try await scenario.run("audit", "verify", "--json").json
            #expect(report.objects("compared_with").compactMap { $0.text("what") } == ["guard", "checkpoint"])
            #expect(report.objects("compared_with").allSatisfy { $0.bool("ok") == true })
        }
    }

    @Test func `audit verify is not ok where the guard's file knows another entry, though every link holds`()
        async throws
    {
        try await withScenario {
            $0.highWater = "out/mark"
        } _: { scenario in
            try await scenario.inventory([.used("u-1")])
            try await scenario.rotate()
            let mark = String(decoding: try #require(scenario.bytes("out/mark")), as: UTF8.self)
            let hash = try #require(try JSONObject(parsing: Array(mark.dropLast().utf8)).text("hash"))
            let other = String(hash.reversed())
            try scenario.write("out/mark", mark.replacing(hash, with: other))
            let outcome = await scenario.run("audit", "verify", "--json")
            #expect(outcome.status == 1)
            #expect(try outcome.json.bool("ok") == false)
            #expect(try outcome.json.text("why")?.contains("restore guard's file knows another entry") == true)
            #expect(await scenario.run("doctor").output.contains("LOOK journal: CONTRADICTED"))
        }
    }

    @Test func `audit verify without the guard's file says that it could not compare, and is no success`() async throws
    {
        try await withScenario {
            $0.highWater = "out/mark"
        } _: { scenario in
            try await scenario.inventory([.used("u-1")])
            try await scenario.rotate()
            unlink(scenario.path("out/mark"))
            let outcome = await scenario.run("audit", "verify")
            #expect(outcome.status == 2)
            #expect(outcome.output.contains("NOT COMPARED: the restore guard's file is missing"))
        }
    }

    @Test(arguments: ["edited", "observed later", "cut", "added"])
    func `a plan whose lines were changed is refused, and nothing is applied`(how: String) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("i-1"), .idle("i-2")] + (1...20).map { .used("u-\($0)") })
            let file = scenario.path("out/plan.ndjson")
            try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            let text = String(decoding: try #require(scenario.bytes("out/plan.ndjson")), as: UTF8.self)
            let lines = text.split(separator: "\n").map(String.init)
            let changed =
                switch how {
                case "edited": text.replacing(#""grant":"i-2""#, with: #""grant":"u-2""#)
                // No part of the plan's hash.
                case "observed later": text.replacing(#""observed_until":"20"#, with: #""observed_until":"21"#)
                case "cut": lines.dropLast().map { $0 + "\n" }.joined()
                default: text + lines[1] + "\n"
                }
            try #require(changed != text)
            try scenario.write("out/plan.ndjson", changed)
            try await scenario.run("rotate", "--apply", file, "--json").expectError(65, "edited-plan")
            #expect(try await scenario.standings() == ["active": 22])
        }
    }

    @Test func `--plan-out replaces no file that a link points to`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            try scenario.write("out/precious", "precious")
            try #require(symlink(scenario.path("out/precious"), scenario.path("out/plan")) == 0)
            let outcome = await scenario.run("rotate", "--dry-run", "--plan-out", scenario.path("out/plan"))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("is a symbolic link"))
            #expect(scenario.bytes("out/precious") == Array("precious".utf8))
        }
    }

    @Test func `a run that found no provider to ask is unavailable, in the list too`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1"), .used("u-2")])
            try await scenario.sandbox.fail(#"{"status":503,"endpoints":["metadata","introspect","token"]}"#)
            let outcome = await scenario.run("revalidate", "--all", "--json")
            #expect(outcome.status == 69, "\(outcome.output)\(outcome.errors)")
            let runs = try await scenario.run("runs", "list", "--json").lines
            #expect(runs.compactMap { $0.text("outcome") } == ["unavailable"])
        }
    }
}
