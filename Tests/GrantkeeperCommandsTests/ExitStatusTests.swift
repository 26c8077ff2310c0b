import GrantkeeperCommands
import Grants
import Records
import Testing

@Suite("Exit statuses and errors", .serialized)
struct ExitStatusTests {
    @Test(arguments: [
        ["rotate", "--frobnicate"], ["rotate", "--dry-run", "--apply", "x"], ["revoke", "--reason", "x"],
        ["grants", "list", "--standing", "actve"], ["thaw", "--reason", "x"],
    ])
    func `64: a command line that is wrong`(arguments: [String]) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let outcome = await scenario.run(arguments + ["--json"])
            #expect(outcome.status == 64)
            #expect(try JSONObject(parsing: Array(outcome.errors.utf8)).text("error.message")?.isEmpty == false)
            let plain = await scenario.run(arguments)
            #expect(plain.status == 64)
            #expect(plain.errors.hasPrefix("grantkeeper: error: "))
        }
    }

    @Test func `64: a grant's name that means two, or none`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let outcome = await scenario.run("grants", "show", "g-2", "--json")
            #expect(outcome.status == 64 || outcome.status == 65)
            #expect(try JSONObject(parsing: Array(outcome.errors.utf8)).text("error.message")?.isEmpty == false)
        }
    }

    @Test func `1: a file that cannot be written`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let file = scenario.path("no/such/plan.ndjson")
            try await scenario.run("rotate", "--dry-run", "--plan-out", file, "--json").expectError(1, "plan-file")
        }
    }

    @Test func `69: no provider could be asked`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            try await scenario.sandbox.fail(#"{"status":503,"endpoints":["metadata","introspect","token"]}"#)
            for command in [["rotate"], ["revalidate", "--all"]] {
                let outcome = await scenario.run(command + ["--json"])
                #expect(outcome.status == 69)
                #expect(try outcome.json.objects("unreachable").compactMap { $0.text("provider") } == ["idp"])
            }
            #expect(try await scenario.standings() == ["active": 1])
        }
    }

    @Test(arguments: [#"{"html":true}"#, #"{"inactive":"all"}"#])
    func `2: all were asked, and no answer says anything`(_ fault: String) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2")])
            try await scenario.sandbox.fail(fault)
            let outcome = await scenario.run("revalidate", "--all", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.numbers("unknown").values.reduce(0, +) == 2)
            #expect(try outcome.json.objects("held_providers").isEmpty)
        }
    }

    @Test func `2: one of many answers cannot be read, and will not be the next time`() async throws {
        try await withScenario { scenario in
            let unreadable = GrantSpec.used("g-1") { $0.answers = ["html", "html"] }
            try await scenario.grants([unreadable, .used("g-2"), .used("g-3")])
            let outcome = await scenario.run("revalidate", "--all", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.numbers("unknown") == ["not-json": 1])
            #expect(try outcome.json.int("verdicts.active") == 2)
        }
    }

    @Test func `0: the server failed once, and is asked again by the next run`() async throws {
        try await withScenario {
            $0.timeout = "1s"
        } _: { scenario in
            let failing = GrantSpec.used("g-1") { $0.answers = ["hang"] }
            try await scenario.grants([failing, .used("g-2"), .used("g-3")])
            let outcome = await scenario.run("revalidate", "--all", "--json")
            #expect(outcome.status == 0, "\(outcome.output)")
            #expect(try outcome.json.numbers("unknown").keys.sorted() == ["timeout"])
        }
    }

    @Test func `the cause of an outage is told in full, with the time of the next question`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            try await scenario.sandbox.fail(#"{"status":429,"retry_after":"1000","endpoints":["introspect"]}"#)
            let outcome = await scenario.run("revalidate", "--all")
            #expect(outcome.status == 69)
            let line = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("could not be asked") })
            #expect(line.contains(/; asked again at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z\)$/), "\(line)")
        }
    }

    @Test func `75: another run holds the lock`() async throws {
        try await withScenario {
            $0.timeout = "2s"
        } _: { scenario in
            try await scenario.grants([.used("g-1")])
            try await scenario.sandbox.fail(#"{"hang":true}"#)
            let environment = scenario.environment(CapturedText(), CapturedText())
            async let first = Program.run(["revalidate", "--all"], environment)
            while try await scenario.sandbox.hanging() == 0 { await Task.yield() }
            try await scenario.run("revalidate", "--all", "--json").expectError(75, "lock-held")
            #expect(await first == 69)
        }
    }

    @Test func `78: no configuration, a broken one, a wrong key`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let before = scenario.storeBytes()
            let missing = await scenario.run("rotate", "--config", scenario.path("none.yaml"), "--json")
            #expect(missing.status == 78)
            #expect(try JSONObject(parsing: Array(missing.errors.utf8)).text("error.code") != nil)
            try scenario.write("broken.yaml", "stores: {}\n")
            let broken = await scenario.run("rotate", "--config", scenario.path("broken.yaml"), "--json")
            try broken.expectError(78, "configuration")
            try scenario.write("store.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZXg=\n")
            let wrong = await scenario.run("rotate", "--json")
            #expect(wrong.status == 78)
            #expect(scenario.storeBytes() == before)
        }
    }

    @Test func `no token is in what people and scripts read`() async throws {
        try await withScenario {
            $0.sinks = ["{ id: siem, type: file, path: out/events.ndjson }"]
        } _: { scenario in
            try await scenario.grants([.idle("i-1"), .used("u-1"), .used("u-2")])
            await scenario.run("rotate", "--dry-run", "--plan-out", scenario.path("out/plan.ndjson"))
            await scenario.run("rotate")
            for command in [
                ["audit", "show"], ["events", "list"], ["grants", "list", "--all"], ["grants", "show", "i-1"],
                ["grants", "export"], ["runs", "list"], ["doctor"], ["providers", "check"],
            ] {
                #expect([0, 2].contains(await scenario.run(command).status))
            }
            await scenario.run("audit", "show", "--json")
            #expect(scenario.bytes("out/events.ndjson")?.isEmpty == false)
            let verified = await scenario.run("audit", "verify", "--json")
            #expect(try verified.json.bool("ok") == true)
        }
    }
}
