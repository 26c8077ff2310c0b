import Grants
import Records
import Testing

/// The clock stands at 2026-06-01T08:00:00Z, a Monday.
@Suite("What runs when", .serialized)
struct SchedulesTests {
    private static let nightly = "job: expire\ncron: 15 2 * * *\ntime_zone: Europe/Berlin\n"

    @Test func `the list says when each schedule comes, also before there is a store`() async throws {
        try await withScenario { scenario in
            try scenario.schedule("nightly", Self.nightly)
            try scenario.schedule("ask", "job: revalidate\nevery: 15m\n")
            let list = await scenario.run("schedules", "list", "--json")
            #expect(list.status == 0, "\(list.errors)")
            let lines = try list.lines
            #expect(lines.compactMap { $0.text("name") } == ["ask", "nightly"])
            #expect(lines.compactMap { $0.text("next_at") } == ["2026-06-01T08:15:00Z", "2026-06-02T00:15:00Z"])
            #expect(lines[1].text("next_local") == "2026-06-02T02:15:00+02:00")
            #expect(lines[0].text("every") == "15m" && lines[1].text("cron") == "15 2 * * *")
            #expect(lines.allSatisfy { $0.bool("paused") == false && $0.int("failures") == 0 })
            try await scenario.grants([.used("u-1")])
            let again = await scenario.run("schedules", "list", "--json")
            #expect(again.output == list.output)
            let text = await scenario.run("schedules")
            #expect(text.status == 0 && text.output.contains("not seen by the worker yet"))
        }
    }

    @Test func `no schedules are no mistake`() async throws {
        try await withScenario { scenario in
            for verb in ["list", "next", "check"] {
                let outcome = await scenario.run("schedules", verb)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
        }
    }

    @Test func `what comes is told in the order of time, with what a blackout holds`() async throws {
        try await withScenario {
            $0.blackouts = ["{ cron: '0 0 3 * *', for: 24h, time_zone: Europe/Berlin, reason: closing }"]
        } _: { scenario in
            try scenario.schedule("nightly", Self.nightly)
            try scenario.schedule("ask", "job: revalidate\nevery: 16h\n")
            let next = try await scenario.run("schedules", "next", "--count", "5", "--json").lines
            #expect(
                next.compactMap { $0.text("at") } == [
                    "2026-06-02T00:00:00Z", "2026-06-02T00:15:00Z", "2026-06-02T16:00:00Z", "2026-06-03T00:15:00Z",
                    "2026-06-03T08:00:00Z",
                ]
            )
            #expect(next.compactMap { $0.text("name") } == ["ask", "nightly", "ask", "nightly", "ask"])
            #expect(next.map { $0.text("blackout.reason") } == [nil, nil, nil, "closing", nil])
            #expect(next[3].text("blackout.until") == "2026-06-03T22:00:00Z")
            #expect(next[3].text("local") == "2026-06-03T02:15:00+02:00")
            let one = await scenario.run("schedules", "next", "nightly", "--count", "2")
            #expect(one.output.contains("blackout until 2026-06-03T22:00:00Z: closing"))
            #expect(!one.output.contains("ask"))
            let unknown = await scenario.run("schedules", "next", "nighly", "--json")
            try unknown.expectError(65, "unknown-schedule")
            #expect(unknown.errors.contains("did you mean 'nightly'?"))
        }
    }

    @Test func `all mistakes of all files are told at once`() async throws {
        try await withScenario { scenario in
            try scenario.schedule("a", "job: expire\ncron: 60 * * * *\n")
            try scenario.schedule("b", "job: expire\nevery: 1h\nonly: { tenants: [acne] }\n")
            let check = await scenario.run("schedules", "check")
            #expect(check.status == 78)
            #expect(check.errors.contains("a.yaml:2:7: 'cron': the minute has 60, expected 0 to 59"))
            #expect(check.errors.contains("did you mean 'acme'?"))
        }
    }

    @Test(arguments: [
        ("expire", "", "", true), ("expire", "only: { tenants: [acme] }", "", true),
        ("expire", "only: { tenants: [acme] }", "only: { tenants: [globex] }", false),
        ("expire", "only: { tenants: [acme] }", "only: { tenants: [globex, acme] }", true),
        ("expire", "only: { tenants: [acme] }", "only: { providers: [idp] }", true),
        ("deliver", "only: { tenants: [acme] }", "only: { tenants: [globex] }", true),
    ])
    func `two schedules for the same grants are pointed out`(
        job: String,
        first: String,
        second: String,
        meet: Bool
    ) async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
        } _: { scenario in
            try scenario.schedule("a", "job: \(job)\nevery: 1h\n\(first)\n")
            try scenario.schedule("b", "job: \(job)\ncron: '@daily'\n\(second)\n")
            try scenario.schedule("c", "job: revalidate\nevery: 1h\n")
            let check = await scenario.run("schedules", "check", "--json")
            #expect(check.status == (meet ? 2 : 0), "\(check.errors)")
            #expect(
                try check.lines.filter { $0.bool("ok") == false }.map { $0.texts("overlap") }
                    == (meet ? [["a", "b"]] : [])
            )
            let text = await scenario.run("schedules", "check")
            #expect(text.output.contains("LOOK a and b: both are \(job)") == meet)
        }
    }

    @Test func `only a known schedule can be resumed`() async throws {
        try await withScenario { scenario in
            try scenario.schedule("nightly", Self.nightly)
            try await scenario.run("schedules", "resume", "nighly", "--json").expectError(65, "unknown-schedule")
            let resumed = await scenario.run("schedules", "resume", "nightly", "--json")
            #expect(resumed.status == 0)
            #expect(try resumed.json.bool("was_paused") == false)
        }
    }

    @Test func `a blackout is shown by a dry run and holds the run`() async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.blackouts = ["{ cron: '0 8 * * *', for: 2h, reason: month-end closing }"]
        } _: { scenario in
            try await scenario.inventory([.idle("i-1")] + (1...10).map { .used("u-\($0)") })
            for arguments in [["--dry-run"], []] {
                let report = try await scenario.run(["rotate", "--json"] + arguments).json
                #expect(report.objects("held").compactMap { $0.text("why") } == ["blackout"])
                #expect(report.objects("held").compactMap { $0.bool("approvable") } == [false])
                #expect(report.text("blackout.reason") == "month-end closing")
                #expect(report.text("blackout.until") == "2026-06-01T10:00:00Z")
                #expect(report.int("ended.expired") == 0)
            }
            let text = await scenario.run("rotate", "--dry-run")
            #expect(text.status == 2)
            #expect(text.output.contains("wait until 2026-06-01T10:00:00Z (month-end closing)"))
            scenario.advance(.hours(2))
            #expect(try await scenario.rotate(statuses: [0]).int("ended.expired") == 1)
        }
    }
}
