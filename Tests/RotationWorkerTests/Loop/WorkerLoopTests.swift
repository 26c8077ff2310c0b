import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// When the worker begins what.
@Suite struct WorkerLoopTests {
    static let midnight = YearTests.newYear

    let folder = TemporaryFolder()
    let clock = HandClock()
    let store: SQLiteGrantStore
    let runner: RecordingRunner

    init() async throws {
        clock.set(Self.midnight)
        let ids = Counter()
        store = try await .open(path: folder.file("grants.sqlite"), keyring: nil) { "id-\(ids.next())" }
        runner = RecordingRunner(store, clock)
    }

    func loop(
        _ schedules: [Schedule],
        sinks: [String] = [],
        reload: @escaping @Sendable () -> [TimedSchedule]? = { nil }
    ) throws -> LoopRig {
        try LoopRig(schedules, store: store, clock: clock, runner: runner, sinks: sinks, reload: reload)
    }

    func hourly(_ name: String = "hourly", _ job: Schedule.Job = .expire) -> Schedule {
        Schedule(name: name, job: job, timing: .cron("0 * * * *"))
    }

    /// Another process's connection to the same store.
    func otherStore() async throws -> SQLiteGrantStore {
        try await .open(path: folder.file("grants.sqlite"), keyring: nil) { "other" }
    }

    var names: [String] { runner.runs.map(\.schedule) }

    // MARK: The timer

    @Test func `a tick too early begins nothing, one on time begins it, one more does not repeat it`() async throws {
        let rig = try loop([hourly()])
        await rig.send(.tick)
        clock.set(Self.midnight + .minutes(60) - .milliseconds(1))
        let early = await rig.send(.tick)
        #expect(names.isEmpty)
        #expect(early?.next?.at == Self.midnight + .hours(1))
        clock.advance(by: .milliseconds(1))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(runner.runs == [.init(schedule: "hourly", planned: Self.midnight + .hours(1), at: clock.now())])
        await rig.end()
    }

    @Test func `a worker that restarts every day still begins a weekly job once a week`() async throws {
        let weekly = Schedule(name: "weekly", job: .purge, timing: .every(.days(7)))
        for _ in 0..<29 {
            let rig = try loop([weekly])
            await rig.send(.tick)
            clock.advance(by: .hours(20))
            await rig.send(.tick)
            await rig.end()
            clock.advance(by: .hours(4))
        }
        #expect(runner.runs.map(\.planned) == (1...4).map { Self.midnight + .days(7 * $0) })
    }

    @Test func `a schedule whose times change begins anew, with its pause`() async throws {
        var schedule = hourly()
        let first = try loop([schedule])
        await first.send(.tick)
        clock.advance(by: .hours(1))
        await first.send(.tick)
        await first.end()
        try await store.write { writing in
            guard var record = try writing.schedules()["hourly"] else { return }
            record.isPaused = true
            try writing.setSchedule(record)
        }
        clock.advance(by: .hours(5))
        schedule.timing = .cron("30 * * * *")
        let second = try loop([schedule])
        await second.send(.tick)
        let record = try await store.read { try $0.schedules()["hourly"] }
        #expect(record?.scheduledAt == nil)
        #expect(record?.since == clock.now())
        #expect(record?.isPaused == true)
        clock.advance(by: .hours(1))
        await second.send(.tick)
        #expect(names == ["hourly"])
        await second.end()
    }

    // MARK: Overlap

    @Test func `what comes while the run goes on is skipped`() async throws {
        let rig = try loop([hourly()])
        await rig.send(.tick)
        runner.hold("hourly")
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        runner.release("hourly")
        let turn = await rig.nextTurn()
        #expect(turn?.running.isEmpty == true)
        await rig.send(.tick)
        #expect(names == ["hourly"])
        clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(runner.runs.map(\.planned) == [Self.midnight + .hours(1), Self.midnight + .hours(3)])
        await rig.end()
    }

    @Test func `with queue_one the last of what came waits, even beyond what catch_up allows`() async throws {
        var schedule = hourly()
        schedule.overlap = .queueOne
        schedule.catchUp.max = 0
        let rig = try loop([schedule])
        await rig.send(.tick)
        runner.hold("hourly")
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        for _ in 0..<2 {
            clock.advance(by: .hours(1))
            _ = await rig.turn(.tick)
        }
        clock.advance(by: .minutes(20))
        runner.release("hourly")
        _ = await rig.nextTurn()
        await rig.send(.tick)
        #expect(runner.runs.map(\.planned) == [Self.midnight + .hours(1), Self.midnight + .hours(3)])
        await rig.end()
    }

    @Test func `two schedules of one job run one after another, those of two jobs together`() async throws {
        let rig = try loop([hourly("a"), hourly("b"), hourly("c", .purge)])
        await rig.send(.tick)
        for name in ["a", "c"] { runner.hold(name) }
        clock.advance(by: .hours(1))
        let turn = await rig.turn(.tick)
        #expect(turn?.running.map(\.schedule.name) == ["a", "c"])
        runner.release("c")
        _ = await rig.nextTurn()
        #expect(!names.contains("b"))
        runner.release("a")
        await rig.send(.tick)
        #expect(Set(names) == ["a", "b", "c"])
        await rig.end()
    }

    // MARK: What others do

    @Test func `a job that somebody else does is tried again until it is free, however late`() async throws {
        var schedule = hourly()
        schedule.catchUp.max = 0
        let rig = try loop([schedule])
        await rig.send(.tick)
        runner.script("hourly", .busy("rotate by alice"), .busy("rotate by alice"))
        clock.advance(by: .hours(1))
        await rig.send(.tick)
        clock.advance(by: .seconds(4))
        await rig.send(.tick)
        #expect(names.isEmpty)
        for _ in 0..<2 {
            clock.advance(by: .minutes(10))
            await rig.send(.tick)
        }
        #expect(runner.runs.map(\.planned) == [Self.midnight + .hours(1)])
        await rig.end()
    }

    @Test func `of two workers only one takes up a start`() async throws {
        let other = try await otherStore()
        let others = RecordingRunner(other, clock)
        let one = try loop([hourly()])
        let two = try LoopRig([hourly()], store: other, clock: clock, runner: others)
        for _ in 0..<6 {
            await one.send(.tick)
            await two.send(.tick)
            clock.advance(by: .hours(1))
        }
        #expect(runner.runs.count + others.runs.count == 5)
        #expect(Set((runner.runs + others.runs).map(\.planned)).count == 5)
        await one.end()
        await two.end()
        await other.close()
    }

    @Test func `a change by somebody else that leaves work begins an interval's run early, a cron's not`() async throws
    {
        let often = Schedule(name: "often", job: .expire, timing: .every(.minutes(15)))
        let nightly = Schedule(name: "nightly", job: .revalidate, timing: .cron("17 2 * * *"))
        let rig = try loop([often, nightly])
        await rig.send(.tick)
        let other = try await otherStore()
        let now = clock.now()
        try await other.write { _ = try $0.insert(idleGrant("g-1"), tokens: [:], at: now) }
        await rig.send(.tick)
        #expect(runner.runs == [.init(schedule: "often", planned: nil, at: clock.now())])
        // It is still due, but nothing has changed since.
        clock.advance(by: .minutes(2))
        await rig.send(.tick)
        #expect(names == ["often"])
        // Not again within a minute.
        try await other.write { _ = try $0.insert(idleGrant("g-2"), tokens: [:], at: now) }
        await rig.send(.tick)
        try await other.write { _ = try $0.insert(idleGrant("g-3"), tokens: [:], at: now) }
        clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(names == ["often", "often"])
        clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(names == ["often", "often", "often"])
        await rig.end()
        await other.close()
    }

    @Test func `a schedule that somebody paused or resumed is noticed`() async throws {
        let rig = try loop([hourly()])
        await rig.send(.tick)
        let other = try await otherStore()
        func pause(_ isPaused: Bool) async throws {
            try await other.write { writing in
                guard var record = try writing.schedules()["hourly"] else { return }
                record.isPaused = isPaused
                try writing.setSchedule(record)
            }
        }
        try await pause(true)
        clock.advance(by: .hours(2))
        await rig.send(.tick)
        #expect(names.isEmpty)
        try await pause(false)
        await rig.send(.tick)
        // One that was missed is made up for, one is on time.
        #expect(runner.runs.map(\.planned) == [Self.midnight + .hours(1), Self.midnight + .hours(2)])
        await rig.end()
        await other.close()
    }

    // MARK: Queues

    @Test func `what is in a queue is worked without a schedule, again after a while if not all could be done`()
        async throws
    {
        let rig = try loop([], sinks: ["siem"])
        await rig.send(.tick)
        #expect(names.isEmpty)
        let now = clock.now()
        try await store.write { _ = try $0.append(Event(Event.Kind.workerThawed, at: now), about: nil) }
        runner.script("(deliver)", .ran(outcome: "held"))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(names == ["(deliver)"])
        clock.advance(by: .seconds(30))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(names == ["(deliver)", "(deliver)"])
        // The runs of this test deliver nothing, so that the queue stays as it is: no run after the other.
        clock.advance(by: .seconds(1))
        await rig.send(.tick)
        #expect(names.count == 3)
        await rig.end()
    }

    @Test func `a schedule of the job says when its queue is worked`() async throws {
        let rig = try loop([hourly("events", .deliver)], sinks: ["siem"])
        let now = clock.now()
        try await store.write { _ = try $0.append(Event(Event.Kind.workerThawed, at: now), about: nil) }
        await rig.send(.tick)
        #expect(names.isEmpty)
        clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(names == ["events"])
        await rig.end()
    }

    // MARK: Failures

    @Test func `after so many failures in a row a schedule waits for a person`() async throws {
        var schedule = hourly()
        schedule.pauseAfterFailures = 2
        let rig = try loop([schedule])
        await rig.send(.tick)
        runner.script("hourly", .failed("disk full"), .ran(outcome: "done"), .failed("disk full"), .failed("disk full"))
        for _ in 0..<6 {
            clock.advance(by: .hours(1))
            await rig.send(.tick)
        }
        #expect(runner.runs.count == 4)
        let record = try await store.read { try $0.schedules()["hourly"] }
        #expect(record?.isPaused == true)
        #expect(record?.failures == 2)
        #expect(record?.outcome == "failed")
        #expect(record?.succeededAt == Self.midnight + .hours(2))
        await rig.end()
    }

    // MARK: Reload and stop

    @Test func `a bad file keeps what was in force, a good one counts at once and lets runs end`() async throws {
        let files = Files()
        let rig = try loop([hourly("old")]) { files.schedules }
        await rig.send(.tick)
        await rig.send(.reload)
        clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(names == ["old"])
        runner.hold("old")
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        files.schedules = [try TimedSchedule(hourly("new"))]
        _ = await rig.turn(.reload)
        clock.advance(by: .hours(1))
        // The run of the schedule that is gone still has the job.
        let turn = await rig.turn(.tick)
        #expect(turn?.running.count == 1)
        #expect(names == ["old", "old"])
        runner.release("old")
        await rig.send(.tick)
        #expect(names == ["old", "old", "new"])
        let records = try await store.read { try $0.schedules().keys.sorted() }
        #expect(records == ["new"])
        await rig.end()
    }

    @Test func `told to stop it begins nothing more and ends when what runs has ended`() async throws {
        let rig = try loop([hourly()])
        await rig.send(.tick)
        runner.hold("hourly")
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        let stopping = await rig.turn(.stop)
        #expect(stopping?.isStopping == true)
        #expect(stopping?.running.count == 1)
        clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        runner.release("hourly")
        await rig.end()
        #expect(names == ["hourly"])
    }

    @Test func `a start whose run was killed is taken up again, one whose run ended is not`() async throws {
        let first = try loop([hourly()])
        await first.send(.tick)
        clock.advance(by: .hours(1))
        runner.kill(true)
        await first.send(.tick)
        await first.end()
        runner.kill(false)
        clock.advance(by: .minutes(10))
        for _ in 0..<2 {
            let next = try loop([hourly()])
            await next.send(.tick)
            await next.end()
        }
        #expect(runner.runs.map(\.planned) == [Self.midnight + .hours(1), Self.midnight + .hours(1)])
    }
}
