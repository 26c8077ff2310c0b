import Glibc
import Grants
import GrantsTestSupport
import Logging
import Monitoring
import Records
import RotationWorker
import Testing

@testable import GrantkeeperCommands

/// What is not said is not healthy: each has a code, a cause and a command.
@Suite("What stands still is told", .serialized)
struct StandstillTests {
    private func codes(_ scenario: Scenario) async throws -> [String] {
        try await scenario.run("status", "--json").json.objects("needs").compactMap { $0.text("code") }
    }

    /// Lets a revalidation come once a day for some days.
    private func revalidate(_ scenario: Scenario, days: Int) async {
        for _ in 0..<days {
            scenario.advance(.hours(24) + .minutes(1))
            await scenario.run("rotate", "--json")
        }
    }

    @Test func `a canary that fails for twice revalidate_every is told by status, doctor and the log`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...3).map { .used("u-\($0)") })
            try await scenario.rotate()
            try scenario.write("canary.refresh_token", "no such token")
            await revalidate(scenario, days: 1)
            #expect(try await !codes(scenario).contains("verdicts-do-not-count"))
            await revalidate(scenario, days: 3)
            let outcome = await scenario.run("status", "--json")
            #expect(outcome.status == 2)
            let need = try #require(
                try outcome.json.objects("needs").first { $0.text("code") == "verdicts-do-not-count" }
            )
            #expect(need.text("message")?.contains("refresh token has counted at idp since") == true)
            #expect(need.text("hint") == "grantkeeper providers check idp")
            #expect(try await scenario.run("status", "--json").json.bool("healthy") == false)
            #expect(await scenario.run("doctor").output.contains("LOOK verdicts-do-not-count: "))
        }
    }

    @Test func `our own client's canary is no finding while all answers are active and need no control`() async throws {
        try await withScenario {
            $0.canaries = .own
            $0.introspects = "access_token"
        } _: { scenario in
            try await scenario.grants((1...3).map { .used("u-\($0)") { $0.hasRefreshToken = false } })
            try await scenario.rotate()
            await revalidate(scenario, days: 4)
            #expect(try await !codes(scenario).contains("verdicts-do-not-count"))
        }
    }

    @Test func `a provider without a canary is told when nothing has counted for long enough`() async throws {
        try await withScenario {
            $0.canaries = .none
        } _: { scenario in
            try await scenario.grants((1...3).map { .used("u-\($0)") })
            try await scenario.rotate(statuses: [0, 1, 2, 69])
            await revalidate(scenario, days: 3)
            #expect(try await codes(scenario).contains("verdicts-do-not-count"))
            #expect(await scenario.run("status").output.contains("there is no canary of this kind"))
        }
    }

    @Test func `answers that stay unknown are told with why, and the list shows which and since when`() async throws {
        try await withScenario {
            $0.rotatesRefreshTokens = true
        } _: { scenario in
            try await scenario.grants([.used("gone") { $0.observed = nil }, .used("u-1"), .used("u-2")])
            try await scenario.rotate()
            try await scenario.revokeAtServer("gone")
            let asked = scenario.now
            await revalidate(scenario, days: 4)
            let report = try await scenario.run("status", "--json").json
            let need = try #require(report.objects("needs").first { $0.text("code") == "answers-unknown" })
            #expect(need.text("message")?.contains("1 grant at idp") == true)
            #expect(need.text("message")?.contains("(may-be-rotated)") == true)
            for more in [[], ["--all"], ["--provider", "idp"]] {
                let lines = try await scenario.run(["grants", "list", "--verdict", "unknown", "--json"] + more).lines
                #expect(lines.compactMap { $0.text("id") } == ["gone"])
                #expect(lines.first?.text("unknown_why") == "may-be-rotated")
                #expect((lines.first?.text("unknown_since") ?? "") > asked.description)
            }
            let text = await scenario.run("grants", "list", "--verdict", "unknown")
            #expect(text.output.contains("unknown (may-be-rotated) since "))
            try await scenario.run("grants", "list", "--verdict", "unknwon", "--json").expectError(64, "usage")
        }
    }

    @Test func `grants that should end and cannot be revoked are told, unless the gap is accepted and not over`()
        async throws
    {
        try await withScenario {
            $0.clients = ["supplier-portal"]
        } _: { scenario in
            try await scenario.grants([.idle("i-1") { $0.client = "quote-bot" }] + (1...9).map { .used("u-\($0)") })
            try await scenario.rotate(statuses: [0, 2])
            #expect(try await codes(scenario) == ["cannot-revoke"])
            let gap = "accepted_gaps: [{ provider: idp, why: cannot-revoke, owner: iam, reason: known, until: "
            let file = String(decoding: try #require(scenario.bytes("grantkeeper.yaml")), as: UTF8.self)
            try scenario.write("grantkeeper.yaml", file + gap + "\(scenario.now + .days(1)) }]\n")
            #expect(try await codes(scenario).isEmpty)
            try scenario.write("grantkeeper.yaml", file + gap + "\(scenario.now - .days(1)) }]\n")
            #expect(try await codes(scenario) == ["cannot-revoke"])
        }
    }

    @Test func `a run that failed is told with its cause, until the job's next run`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1"), .used("u-2"), .used("u-3")])
            let file = scenario.path("out/plan.ndjson")
            try await scenario.rotate("--dry-run", "--plan-out", file, statuses: [0])
            try await scenario.grants([.idle("i-1")])
            await scenario.run("rotate", "--apply", file)
            let outcome = await scenario.run("status")
            #expect(outcome.status == 2)
            #expect(outcome.output.contains("the last run of rotate (1) failed at "))
            #expect(outcome.output.contains("plan-changed: the plan is no longer the one in the file"))
            try await scenario.rotate(statuses: [0, 2])
            #expect(try await !codes(scenario).contains("run-failed"))
        }
    }

    @Test func `a run that its process left unended is no running one, whatever else the process does`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            let environment = scenario.environment(CapturedText(), CapturedText())
            var options = CommonOptions()
            options.config = scenario.path("grantkeeper.yaml")
            try await Session.run(environment, options, .write) { session in
                let (now, actor) = (environment.clock.now(), environment.actor)
                _ = try await session.store.write { try $0.beginRun(job: "expire", actor: actor, at: now) }
                let lock = try await session.store.lock("deliver", owner: actor, at: now)
                let runs = try await scenario.run("status", "--json").json.objects("runs")
                #expect(runs.compactMap { $0.bool("running") } == [false])
                #expect(try await codes(scenario).contains("run-failed"))
                try await session.store.unlock(lock)
            }
        }
    }

    @Test func `a sink that refuses is told at its first refusal`() async throws {
        try await withScenario {
            $0.sinks = ["{ id: broken, type: exec, command: [/bin/false] }"]
        } _: { scenario in
            try await scenario.grants([.used("u-1")])
            await scenario.run("events", "deliver")
            #expect(try await codes(scenario) == ["sink-behind"])
        }
    }

    @Test func `a directory without room is told with how much is left`() throws {
        var report = try emptyReport()
        report.rooms = [("/var/lib/grantkeeper", DiskRoom.least - 1), ("/var/log", DiskRoom.least)]
        #expect(report.needs.map(\.code) == ["no-room"])
        #expect(report.needs.first?.message == "/var/lib/grantkeeper has room for 63 MiB only")
        #expect(DiskRoom.read(of: ["/tmp/a", "/tmp/b", "/no/such/directory/c"]).map(\.path) == ["/tmp"])
    }

    @Test func `grants that show signs of life after their end are told`() throws {
        var report = try emptyReport()
        report.standstill.resurfaced = 2
        #expect(report.needs.map(\.code) == ["resurfaced"])
        #expect(report.needs.first?.message == "2 grants show signs of life after their end")
    }

    @Test func `questions that nothing asks are told after twice revalidate_every`() throws {
        var report = try emptyReport()
        report.overview.oldestQuestions = ["idp": report.at - .hours(48)]
        #expect(report.needs.isEmpty)
        report.overview.oldestQuestions = ["idp": report.at - .hours(49)]
        #expect(report.needs.map(\.code) == ["questions-late"])
    }

    @Test func `a hold at one provider hides no late questions at another`() throws {
        var report = try emptyReport()
        report.holds = ["idp": ProviderHold(why: "credentials", since: report.at - .days(9))]
        report.overview.oldestQuestions = ["idp": report.at - .days(9), "other": report.at - .days(9)]
        let late = report.needs.filter { $0.code == "questions-late" }
        #expect(late.count == 1 && late.first?.message.contains("for other to be asked") == true)
    }

    @Test func `what is due and not judged is told whatever is held, where no run looks at it`() throws {
        var report = try emptyReport()
        report.mode = .enforce
        report.holds = ["idp": ProviderHold(why: "credentials", since: report.at - .days(9))]
        report.overview.oldestDue = report.at - .hours(37)
        #expect(report.needs.map(\.code) == ["provider-held", "backlog"])
        var run = RunRecord(id: 1, job: "rotate", actor: Actor(kind: .schedule), startedAt: report.at - .hours(1))
        run.endedAt = report.at
        report.overview.runs = [run]
        #expect(report.needs.map(\.code) == ["provider-held"])
    }

    @Test func `a plan that lacks the provider's Date is told`() throws {
        var report = try emptyReport()
        report.heldPlans = [held("no-date")]
        #expect(report.needs.map(\.code) == ["plan-held"])
    }

    @Test func `every need has a code that the metrics show`() throws {
        var report = try emptyReport()
        report.rooms = [("/", 0)]
        report.heldPlans = [held("no-date"), held("valve-share")]
        report.standstill.resurfaced = 1
        #expect(report.needs.allSatisfy { StatusReport.Need.codes.contains($0.code) })
        let samples = report.samples().filter { $0.name == "grantkeeper_needs" }
        #expect(samples.count == StatusReport.Need.codes.count)
        #expect(
            samples.filter { $0.value > 0 }.compactMap { $0.labels["code"] } == ["resurfaced", "no-room", "plan-held"]
        )
    }

    @Test func `the worker warns of each as it comes, and again a day later, but not at each look`() async throws {
        let lines = RecordedLog()
        let report = try emptyReport()
        let need = StatusReport.Need(code: "stuck", message: "3 grants are stuck", hint: "look")
        let watch = HealthWatch(logger: Logger(label: "test") { _ in lines }) { _ in [need] }
        let now = report.at
        await watch.keep(at: now)
        await watch.keep(at: now + .minutes(1))
        await watch.keep(at: now + .hours(1))
        #expect(lines.messages == ["warning 3 grants are stuck"])
        await watch.keep(at: now + .hours(25))
        #expect(lines.messages.count == 2)
        watch.tell([], at: now + .hours(26))
        watch.tell([need], at: now + .hours(27))
        #expect(lines.messages.count == 3)
    }

    @Test func `a held plan is worth a warning with what, why and the command`() throws {
        let words = HeldPlans.warning(held("valve-share"))
        #expect(words.hasPrefix("valve-share holds a plan to end 12 grants of 40 live grants (acme at idp): "))
        #expect(words.contains("'grantkeeper runs approve 0123456789ab --reason …'"))
        #expect(HeldPlans.warning(held("frozen")).contains("grantkeeper thaw"))
        #expect(HeldPlans.warnings(Array(repeating: held("observe"), count: 30)).count == 21)
    }

    private func held(_ why: String) -> HeldPlan {
        HeldPlan(
            tenant: "acme",
            provider: "idp",
            wouldEnd: 12,
            live: 40,
            why: why,
            hash: "0123456789abcdef",
            policyHash: "",
            heldAt: Timestamp(milliseconds: 1_780_300_800_000),
            selection: GrantSelection()
        )
    }

    private func emptyReport() throws -> StatusReport {
        StatusReport(
            at: Timestamp(milliseconds: 1_780_300_800_000),
            mode: .enforce,
            providers: ["idp"],
            counts: [:],
            overview: StoreOverview(),
            heldPlans: [],
            freezes: [],
            holds: [:],
            breakers: [:],
            sinks: [],
            feeds: [],
            schedules: [],
            files: []
        )
    }
}
