import Grants
import Logging
import Records
import RotationWorker
import Sandbox
import Scheduling
import Testing

@testable import GrantkeeperCommands

@Suite("Rehearsals of a containment", .serialized)
struct RehearsalTests {
    @Test func `everything is done but the ending: no grant changes, and the times are kept`() async throws {
        try await ContainTests.withTwoProviders { scenario in
            scenario.advance(.minutes(1))
            let before = try await Self.states(scenario)
            let revoked = try await scenario.sandbox.statistics().int("endpoints.revoke.requests") ?? 0
            let asked = try await scenario.sandbox.statistics().int("endpoints.introspect.requests") ?? 0
            let outcome = await scenario.run("contain", "--supplier", "acme", "--rehearse", "--json")
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
            let report = try outcome.json
            let providers = report.objects("rehearsed.providers")
            #expect(providers.compactMap { $0.int("asked") } == [3, 2])
            #expect(providers.compactMap { $0.int("active") } == [3, 2])
            #expect(providers.compactMap { $0.int("clients_accepted") } == [1, 1])
            #expect(report.at("outcome") == .null)
            #expect(try await Self.states(scenario) == before)
            // Every client's credentials are tried on a token that no server knows.
            #expect(try await scenario.sandbox.statistics().int("endpoints.revoke.requests") == revoked + 2)
            let now = try await scenario.sandbox.statistics().int("endpoints.introspect.requests") ?? 0
            #expect(now > asked)
            for id in ["a-1", "b-1", "o-1"] { #expect(try await scenario.lives(id) == true) }
            let run = try #require(report.int("run"))
            #expect(try await scenario.events("run.rehearsed").compactMap { $0.int("run") } == [run])
            let plan = try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            #expect(plan.int("rehearsed.run") == run)
            #expect(plan.objects("rehearsed.providers").count == 2)
            #expect(await scenario.run("contain", "--supplier", "acme", "--dry-run").output.contains("rehearsed at"))
            let other = try await scenario.run("contain", "--supplier", "globex", "--dry-run", "--json").json
            #expect(other.at("rehearsed") == .null)
        }
    }

    @Test func `a secret that the server does not take is found before it is needed`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2") { $0.client = "erp-sync" }])
            try scenario.write("erp-sync.secret", "changed")
            let outcome = await scenario.run("contain", "--supplier", "acme", "--rehearse", "--json")
            #expect(outcome.status == 2)
            let provider = try #require(try outcome.json.objects("rehearsed.providers").first)
            #expect(provider.text("clients_refused.erp-sync") == "credentials")
            #expect(provider.int("clients_accepted") == 1)
            #expect(try await scenario.standings() == ["active": 2])
        }
    }

    @Test func `a provider that does not answer is told, and its breaker stays as it is`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            try await scenario.sandbox.fail(#"{"status":503}"#)
            let before = try await Self.states(scenario)
            let outcome = await scenario.run("contain", "--supplier", "acme", "--rehearse", "--json")
            #expect(outcome.status == 2)
            let provider = try #require(try outcome.json.objects("rehearsed.providers").first)
            #expect(provider.text("obstacle") != nil)
            #expect(provider.int("asked") == 0)
            #expect(try await Self.states(scenario) == before)
            let status = try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            #expect(status.objects("silent_providers").isEmpty)
        }
    }

    @Test func `a sample holds every client before it holds a second grant of one`() async throws {
        try await withScenario { scenario in
            let many = (1...60).map { GrantSpec.used("a-\($0)") }
            try await scenario.grants(many + [.used("z-1") { $0.client = "erp-sync" }])
            let outcome = try await scenario.run("contain", "--supplier", "acme", "--rehearse", "--json").json
            let provider = try #require(outcome.objects("rehearsed.providers").first)
            #expect(provider.int("asked") == 20)
            #expect(provider.int("clients_accepted") == 2)
        }
    }

    @Test func `a schedule rehearses, and the plan shows the latest`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2") { $0.client = "quote-bot" }])
            try scenario.schedule(
                "drill",
                "job: rehearse\nevery: 24h\nonly: { tenants: [acme], clients: [supplier-portal] }\n"
            )
            try scenario.schedule("supplier", "job: rehearse\nevery: 24h\nonly: { tenants: [acme] }\n")
            let listed = try await scenario.run("schedules", "list", "--json").lines
            #expect(listed.compactMap { $0.text("job") } == ["rehearse", "rehearse"])
            #expect(await scenario.run("schedules", "next").status == 0)
            let before = try await Self.states(scenario)
            let ending = try await Self.start("supplier", only: .init(tenants: ["acme"]), scenario)
            #expect(ending == .ran(outcome: "done"))
            #expect(try await Self.states(scenario) == before)
            let plan = try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            #expect(plan.int("rehearsed.grants") == 2)
            let run = try #require(try await scenario.run("runs", "list", "--json").lines.first)
            #expect(run.text("job") == "rehearse")
        }
    }

    @Test func `questions of a schedule wait for what a person ordered, and not for ever`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2") { $0.client = "quote-bot" }])
            scenario.advance(.days(2))
            try await Self.order(GrantSelection(client: "quote-bot"), scenario)
            #expect(try await scenario.standing("g-2") == "revoking")
            #expect(try await Self.start("questions", job: .revalidate, scenario) == .ran(outcome: "done"))
            #expect(try await scenario.show("g-1").at("last_verdict_at") == .null)
            scenario.advance(.minutes(16))
            #expect(try await Self.start("questions", job: .revalidate, scenario) == .ran(outcome: "done"))
            #expect(try await scenario.show("g-1").text("last_verdict") == "active")
            #expect(try await Self.start("queue", job: .revoke, scenario) == .ran(outcome: "done"))
            #expect(try await scenario.standing("g-2") == "revoked")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `an end that a run has in hand becomes the order's, whatever comes of the run's try`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("slow")] + (1...20).map { .used("o-\($0)") { $0.client = "erp-sync" } })
            try await scenario.sandbox.fail(#"{"latency_ms":500,"status":503,"endpoints":["revoke"]}"#)
            let environment = scenario.environment(CapturedText(), CapturedText())
            async let rotated = Program.run(["rotate"], environment)
            while try await scenario.sandbox.statistics().int("endpoints.revoke.requests") ?? 0 == 0 {
                await Task.yield()
            }
            try await Self.order(GrantSelection(client: "supplier-portal"), scenario)
            #expect(await rotated == 2)
            let order = try await Self.session(scenario) { session in
                try await session.store.read { reading in
                    try reading.grant(.init(provider: "idp", id: "slow")).flatMap {
                        try reading.revocation(row: $0.row)
                    }
                }
            }
            #expect(order?.tries == 1 && order?.rule == .byHand && order?.reason == "breach")
            // `observe` holds back what the rules decided, and not this.
            try await scenario.sandbox.heal()
            try scenario.configure { $0.mode = "observe" }
            scenario.advance(.hours(3))
            try await scenario.rotate()
            #expect(try await scenario.events("grant.revoked").compactMap { $0.text("reason") } == ["breach"])
        }
    }

    // MARK: Scenes

    /// All that the store holds of every grant.
    private static func states(_ scenario: Scenario) async throws -> [String] {
        try await session(scenario) { session in
            try await session.store.read { reading in
                var states: [String] = []
                try reading.forEach(.all, in: GrantSelection()) { states.append("\($0)") }
                return states
            }
        }
    }

    /// Orders ends, as a `contain` that is killed before it works the queue.
    private static func order(_ selection: GrantSelection, _ scenario: Scenario) async throws {
        try await session(scenario) { session in
            let plan = try await ContainmentPlanner(session.rotation).plan(selection, takesAlong: false)
            let containment = Containment(
                session.rotation,
                run: 1,
                reason: "breach",
                reference: nil,
                options: OrderOptions()
            )
            _ = try await containment.order(plan) { _ in }
        }
    }

    private static func session<Value: Sendable>(
        _ scenario: Scenario,
        _ body: (Session) async throws -> Value
    ) async throws -> Value {
        var options = CommonOptions()
        options.config = scenario.path("grantkeeper.yaml")
        let environment = scenario.environment(CapturedText(), CapturedText())
        return try await Session.run(environment, options, .providers) { try await body($0) }
    }

    /// One start of a schedule, as the worker makes it.
    private static func start(
        _ name: String,
        job: Schedule.Job = .rehearse,
        only: Schedule.Narrowing = .init(),
        _ scenario: Scenario
    ) async throws -> Ending {
        var schedule = Schedule(name: name, job: job, timing: .every(.hours(1)))
        schedule.only = only
        let (given, now) = (schedule, scenario.now)
        var options = CommonOptions()
        options.config = scenario.path("grantkeeper.yaml")
        let environment = scenario.environment(CapturedText(), CapturedText())
        return try await Session.live(environment, options, .providers) { live in
            _ = try await live.current.store.write { try StartBook.reconcile([given], at: now, in: $0) }
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let jobs = ScheduledJobs(
                live: live,
                environment: environment,
                logger: quiet,
                metrics: WorkerMetrics(),
                guardWatch: GuardWatch(logger: quiet) { nil }
            )
            return await jobs.run(Start(schedule: given, cause: .planned, planned: now + .hours(1)))
        }
    }
}

extension Schedule.Narrowing {
    fileprivate init(tenants: [TenantID]) {
        self.init()
        self.tenants = tenants
    }
}
