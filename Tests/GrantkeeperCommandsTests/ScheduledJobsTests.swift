import Grants
import GrantsTestSupport
import Logging
import RotationWorker
import Scheduling
import Testing

@testable import GrantkeeperCommands

/// What becomes of the worker's starts.
@Suite(.serialized) struct ScheduledJobsTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let schedule = Schedule(name: "nightly", job: .expire, timing: .cron("0 2 * * *"))

    /// The worker's session, its schedule known to the store, and a start of it.
    private func withWorker(_ body: (Scenario, LiveSession, ProgramEnvironment, Start) async throws -> Void)
        async throws
    {
        try await withScenario { scenario in
            let environment = scenario.environment(CapturedText(), CapturedText())
            var options = CommonOptions()
            options.config = scenario.path("grantkeeper.yaml")
            let now = scenario.now
            try await Session.live(environment, options, .providers) { live in
                let schedules = [Self.schedule]
                _ = try await live.current.store.write { try StartBook.reconcile(schedules, at: now, in: $0) }
                let start = Start(schedule: Self.schedule, cause: .planned, planned: now + .hours(1))
                try await body(scenario, live, environment, start)
            }
        }
    }

    private func jobs(
        _ live: LiveSession,
        _ environment: ProgramEnvironment,
        guard mark: @escaping @Sendable () async throws -> String? = { nil }
    ) -> ScheduledJobs {
        ScheduledJobs(
            live: live,
            environment: environment,
            logger: Self.quiet,
            metrics: WorkerMetrics(),
            guardWatch: GuardWatch(logger: Self.quiet, mark)
        )
    }

    private func record(_ live: LiveSession) async throws -> ScheduleRecord? {
        try await live.current.store.read { try $0.schedules()["nightly"] }
    }

    @Test func `a start that the restore guard is in the way of is not taken up, and can be later`() async throws {
        try await withWorker { _, live, environment, start in
            let before = try await record(live)
            let blocked = await jobs(live, environment) {
                throw CommandError(.failed, "guard-file", "the file is read-only")
            }.run(start)
            #expect(blocked == .postponed("the file is read-only"))
            let after = try await record(live)
            #expect(after == before)
            let ending = await jobs(live, environment).run(start)
            #expect(ending == .ran(outcome: "done"))
            let settled = try await record(live)
            #expect(settled?.scheduledAt == start.planned && settled?.isOpen == false)
        }
    }

    @Test func `a start that is told to stop before it is taken up stays due`() async throws {
        try await withWorker { _, live, environment, start in
            let ending = await jobs(live, environment) { throw CancellationError() }.run(start)
            #expect(ending == .interrupted)
            let record = try await record(live)
            #expect(record?.scheduledAt == nil)
        }
    }

    @Test func `a job that somebody else does is busy`() async throws {
        try await withWorker { scenario, live, environment, start in
            let now = scenario.now
            let other = Actor(kind: .person, user: "alice")
            _ = try await live.current.store.lock("expire", owner: other, at: now)
            let ending = await jobs(live, environment).run(start)
            guard case .busy = ending else {
                Issue.record("\(ending)")
                return
            }
        }
    }
}
