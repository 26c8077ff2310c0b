import Glibc
import Grants
import Records
import Testing

@Suite("How it is, to a person and to a program", .serialized)
struct StatusTests {
    @Test func `a store in which nothing waits is healthy`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...3).map { .used("u-\($0)") })
            try await scenario.rotate()
            let text = await scenario.run("status")
            #expect(text.status == 0)
            #expect(text.output.hasPrefix("healthy: 3 live grants, nothing needs a person\n"))
            #expect(text.output.contains("\nWORK\n  mode          enforce\n  due now       0\n"))
            #expect(!text.output.contains(" \n"))
            let report = try await scenario.run("status", "--json").json
            #expect(report.bool("healthy") == true)
            #expect(report.objects("needs").isEmpty)
            #expect(report.objects("grants").map { $0.int("active") } == [3])
            #expect(report.objects("runs").compactMap { $0.text("outcome") } == ["done"])
            #expect(report.objects("running").isEmpty)
        }
    }

    @Test func `it needs neither a key nor a secret, and changes not a byte`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            try scenario.write("store.key", "no key at all\n")
            try scenario.write("grantkeeper.secret", "")
            let before = scenario.storeBytes()
            let outcome = await scenario.run("status", "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(scenario.storeBytes() == before)
        }
    }

    @Test func `a schedule is seen by either ending, as the worker sees it`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            mkdir(scenario.path("schedules"), 0o700)
            for name in ["night.yaml", "noon.yml", ".hidden.yml", "notes.txt"] {
                try scenario.write("schedules/\(name)", "job: expire\ncron: 0 3 * * *\n")
            }
            let report = try await scenario.run("status", "--json").json
            #expect(report.objects("schedules").compactMap { $0.text("name") } == ["night", "noon"])
        }
    }

    @Test func `without a store it says so`() async throws {
        try await withScenario { scenario in
            try await scenario.run("status", "--json").expectError(78, "missing")
        }
    }

    @Test func `what needs a person is told most urgent first`() async throws {
        try await withScenario {
            $0.sinks = ["{ id: broken, type: exec, command: [/bin/false] }"]
            $0.feeds = [Setup.gateway]
            $0.clients = ["supplier-portal"]
        } _: { scenario in
            try await scenario.grants([.used("lost") { $0.client = "quote-bot" }, .used("kept")])
            await scenario.run("revoke", "lost", "--reason", "breach", "--json")
            try await scenario.ingest(["kept"], observedUntil: scenario.now)
            try await scenario.rotate(statuses: [0, 1, 2])
            scenario.advance(.hours(80))
            await scenario.run("freeze", "--tenant", "acme", "--reason", "drill\nend", "--json")
            let outcome = await scenario.run("status", "--json")
            #expect(outcome.status == 2)
            let report = try outcome.json
            #expect(
                report.objects("needs").compactMap { $0.text("code") } == [
                    "stuck", "frozen", "questions-late", "sink-behind", "feed-stale",
                ]
            )
            #expect(report.int("revocations.stuck") == 1)
            #expect(report.objects("freezes").first?.text("reason") == "drill\nend")
            #expect(report.objects("sinks").first?.int("behind") == 5)
            #expect(report.objects("sinks").first?.text("last_error")?.isEmpty == false)
            #expect(report.objects("feeds").first?.bool("stale") == true)

            let text = await scenario.run("status")
            #expect(text.status == 2)
            let lines = text.output.split(separator: "\n")
            #expect(lines.first == "5 things need a person")
            #expect(lines.dropFirst().first == "  1 grant is stuck: decided, and still usable")
            #expect(lines.contains { $0.hasPrefix("  frozen since ") && $0.contains("drill") })
            #expect(!lines.contains { $0.hasPrefix("end") })
        }
    }

    @Test func `a plan that the valve holds waits for a person, with its hash`() async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.policy["valve"] = "{ share: 1%, count: 1, max: 1 }"
        } _: { scenario in
            try await scenario.inventory((1...4).map { .idle("i-\($0)") })
            let run = try await scenario.rotate(statuses: [2])
            let outcome = await scenario.run("status", "--json")
            #expect(outcome.status == 2)
            let report = try outcome.json
            #expect(report.objects("needs").compactMap { $0.text("code") } == ["plan-held"])
            #expect(
                report.objects("held_plans").compactMap { $0.text("hash") }
                    == run.objects("held").compactMap { $0.text("hash") }
            )
            #expect(await scenario.run("status").output.contains("a plan to end 4 grants of acme at idp waits"))
        }
    }

    @Test func `what is due and to be asked is counted, with its age`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...5).map { .used("u-\($0)") })
            let imported = scenario.now
            scenario.advance(.hours(40))
            let report = try await scenario.run("status", "--json").json
            #expect(report.int("due") == 5)
            #expect(report.text("due_since") == imported.description)
            #expect(report.numbers("questions") == ["idp": 5])
            #expect(report.text("questions_since") == imported.description)
            #expect(report.objects("needs").compactMap { $0.text("code") } == ["backlog"])
            try await scenario.rotate()
            let after = try await scenario.run("status", "--json").json
            #expect(after.int("due") == 0)
            #expect(after.text("due_since") == nil)
            #expect(after.objects("needs").isEmpty)
        }
    }

    @Test func `in observe mode what stays due is nobody's fault`() async throws {
        try await withScenario {
            $0.mode = "observe"
        } _: { scenario in
            try await scenario.grants([.idle("i-1")] + (1...9).map { .used("u-\($0)") })
            try await scenario.rotate(statuses: [2])
            scenario.advance(.hours(48))
            let outcome = await scenario.run("status", "--json")
            #expect(try outcome.json.int("due") ?? 0 > 0)
            #expect(outcome.status == 0)
        }
    }

    @Test func `a held provider is told, and a surge as the plan to approve`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...4).map { .used("u-\($0)") })
            try scenario.configure { $0.secret = "wrong" }
            await scenario.run("revalidate", "u-1", "--json")
            let report = try await scenario.run("status", "--json").json
            #expect(report.objects("needs").compactMap { $0.text("code") } == ["provider-held"])
            #expect(report.objects("providers").first?.text("held") == "credentials")
        }
    }

    @Test func `schedules are shown with their files' jobs, those in .yml files too`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            try #require(mkdir(scenario.path("schedules"), 0o700) == 0)
            defer {
                for file in scenario.files(in: "schedules") { unlink(scenario.path(file)) }
                rmdir(scenario.path("schedules"))
            }
            try scenario.write("schedules/nightly.yaml", "job: expire\ncron: \"17 2 * * *\"\n")
            try scenario.write("schedules/often.yml", "job: deliver\nevery: 15m\n")
            try scenario.write("schedules/broken.yaml", "job: nothing\n")
            let outcome = await scenario.run("status", "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let schedules = try outcome.json.objects("schedules")
            #expect(schedules.compactMap { $0.text("name") } == ["nightly", "often"])
            #expect(schedules.first?.text("job") == "expire")
        }
    }
}
