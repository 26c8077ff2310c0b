import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// When the worker begins what.
@Suite struct WorkerLoopTests {
    let scene: LoopScene

    init() async throws { scene = try await LoopScene() }

    func hourly(_ name: String = "hourly", _ job: Schedule.Job = .expire) -> Schedule {
        Schedule(name: name, job: job, timing: .cron("0 * * * *"))
    }

    var names: [String] { scene.runner.runs.map(\.schedule) }

    // MARK: The timer

    @Test func `a tick too early begins nothing, one on time begins it, one more does not repeat it`() async throws {
        let rig = try scene.loop([hourly()])
        await rig.send(.tick)
        scene.clock.set(LoopScene.midnight + .minutes(60) - .milliseconds(1))
        let early = await rig.send(.tick)
        #expect(names.isEmpty)
        #expect(early?.next?.at == LoopScene.midnight + .hours(1))
        scene.clock.advance(by: .milliseconds(1))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(
            scene.runner.runs == [
                .init(schedule: "hourly", planned: LoopScene.midnight + .hours(1), at: scene.clock.now())
            ]
        )
        await rig.end()
    }

    @Test func `a worker that restarts every day still begins a weekly job once a week`() async throws {
        let weekly = Schedule(name: "weekly", job: .purge, timing: .every(.days(7)))
        for _ in 0..<29 {
            let rig = try scene.loop([weekly])
            await rig.send(.tick)
            scene.clock.advance(by: .hours(20))
            await rig.send(.tick)
            await rig.end()
            scene.clock.advance(by: .hours(4))
        }
        #expect(scene.runner.runs.map(\.planned) == (1...4).map { LoopScene.midnight + .days(7 * $0) })
    }

    @Test func `a schedule whose times change begins anew, with its pause`() async throws {
        var schedule = hourly()
        let first = try scene.loop([schedule])
        await first.send(.tick)
        scene.clock.advance(by: .hours(1))
        await first.send(.tick)
        await first.end()
        try await scene.store.write { writing in
            guard var record = try writing.schedules()["hourly"] else { return }
            record.isPaused = true
            try writing.setSchedule(record)
        }
        scene.clock.advance(by: .hours(5))
        schedule.timing = .cron("30 * * * *")
        let second = try scene.loop([schedule])
        await second.send(.tick)
        let record = try await scene.store.read { try $0.schedules()["hourly"] }
        #expect(record?.scheduledAt == nil)
        #expect(record?.since == scene.clock.now())
        #expect(record?.isPaused == true)
        scene.clock.advance(by: .hours(1))
        await second.send(.tick)
        #expect(names == ["hourly"])
        await second.end()
    }

    // MARK: Overlap

    @Test func `what comes while the run goes on is skipped`() async throws {
        let rig = try scene.loop([hourly()])
        await rig.send(.tick)
        scene.runner.hold("hourly")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.runner.release("hourly")
        let turn = await rig.nextTurn()
        #expect(turn?.running.isEmpty == true)
        await rig.send(.tick)
        #expect(names == ["hourly"])
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1), LoopScene.midnight + .hours(3)])
        await rig.end()
    }

    @Test func `with queue_one the last of what came waits, even beyond what catch_up allows`() async throws {
        var schedule = hourly()
        schedule.overlap = .queueOne
        schedule.catchUp.max = 0
        let rig = try scene.loop([schedule])
        await rig.send(.tick)
        scene.runner.hold("hourly")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        for _ in 0..<2 {
            scene.clock.advance(by: .hours(1))
            _ = await rig.turn(.tick)
        }
        scene.clock.advance(by: .minutes(20))
        scene.runner.release("hourly")
        _ = await rig.nextTurn()
        await rig.send(.tick)
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1), LoopScene.midnight + .hours(3)])
        await rig.end()
    }

    @Test func `two schedules of one job run one after another, those of two jobs together`() async throws {
        let rig = try scene.loop([hourly("a"), hourly("b"), hourly("c", .purge)])
        await rig.send(.tick)
        for name in ["a", "c"] { scene.runner.hold(name) }
        scene.clock.advance(by: .hours(1))
        let turn = await rig.turn(.tick)
        #expect(turn?.running.map(\.schedule.name) == ["a", "c"])
        scene.runner.release("c")
        _ = await rig.nextTurn()
        #expect(!names.contains("b"))
        scene.runner.release("a")
        await rig.send(.tick)
        #expect(Set(names) == ["a", "b", "c"])
        await rig.end()
    }

    // MARK: What others do

    @Test func `a job that somebody else does is tried again until it is free, however late`() async throws {
        var schedule = hourly()
        schedule.catchUp.max = 0
        let rig = try scene.loop([schedule])
        await rig.send(.tick)
        scene.runner.script("hourly", .busy("rotate by alice"), .busy("rotate by alice"))
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        scene.clock.advance(by: .seconds(4))
        await rig.send(.tick)
        #expect(names.isEmpty)
        for _ in 0..<2 {
            scene.clock.advance(by: .minutes(10))
            await rig.send(.tick)
        }
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1)])
        await rig.end()
    }

    @Test func `of two workers only one takes up a start`() async throws {
        let other = try await scene.otherStore()
        let others = RecordingRunner(other, scene.clock)
        let one = try scene.loop([hourly()])
        let two = try LoopRig([hourly()], store: other, clock: scene.clock, runner: others)
        for _ in 0..<6 {
            await one.send(.tick)
            await two.send(.tick)
            scene.clock.advance(by: .hours(1))
        }
        #expect(scene.runner.runs.count + others.runs.count == 5)
        #expect(Set((scene.runner.runs + others.runs).map(\.planned)).count == 5)
        await one.end()
        await two.end()
        await other.close()
    }

    @Test func `a change by somebody else that leaves work begins an interval's run early, a cron's not`() async throws
    {
        let often = Schedule(name: "often", job: .expire, timing: .every(.minutes(15)))
        let nightly = Schedule(name: "nightly", job: .revalidate, timing: .cron("17 2 * * *"))
        let rig = try scene.loop([often, nightly])
        await rig.send(.tick)
        let other = try await scene.otherStore()
        let now = scene.clock.now()
        try await other.write { _ = try $0.insert(idleGrant("g-1"), tokens: [:], at: now) }
        await rig.send(.tick)
        #expect(scene.runner.runs == [.init(schedule: "often", planned: nil, at: scene.clock.now())])
        // It is still due, but nothing has changed since.
        scene.clock.advance(by: .minutes(2))
        await rig.send(.tick)
        #expect(names == ["often"])
        // Not again within a minute.
        try await other.write { _ = try $0.insert(idleGrant("g-2"), tokens: [:], at: now) }
        await rig.send(.tick)
        try await other.write { _ = try $0.insert(idleGrant("g-3"), tokens: [:], at: now) }
        scene.clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(names == ["often", "often"])
        scene.clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(names == ["often", "often", "often"])
        await rig.end()
        await other.close()
    }

    @Test func `a schedule that somebody paused or resumed is noticed`() async throws {
        let rig = try scene.loop([hourly()])
        await rig.send(.tick)
        let other = try await scene.otherStore()
        func pause(_ isPaused: Bool) async throws {
            try await other.write { writing in
                guard var record = try writing.schedules()["hourly"] else { return }
                record.isPaused = isPaused
                try writing.setSchedule(record)
            }
        }
        try await pause(true)
        scene.clock.advance(by: .hours(2))
        await rig.send(.tick)
        #expect(names.isEmpty)
        try await pause(false)
        await rig.send(.tick)
        // One that was missed is made up for, one is on time.
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1), LoopScene.midnight + .hours(2)])
        await rig.end()
        await other.close()
    }

    // MARK: Queues

    @Test func `what is in a queue is worked without a schedule, again after a while if not all could be done`()
        async throws
    {
        let rig = try scene.loop([], sinks: ["siem"])
        await rig.send(.tick)
        #expect(names.isEmpty)
        let now = scene.clock.now()
        try await scene.store.write { _ = try $0.append(Event(Event.Kind.workerThawed, at: now), about: nil) }
        scene.runner.script("(deliver)", .ran(outcome: "held"))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(names == ["(deliver)"])
        scene.clock.advance(by: .seconds(30))
        await rig.send(.tick)
        await rig.send(.tick)
        #expect(names == ["(deliver)", "(deliver)"])
        // The runs of this test deliver nothing, so that the queue stays as it is: no run after the other.
        scene.clock.advance(by: .seconds(1))
        await rig.send(.tick)
        #expect(names.count == 3)
        await rig.end()
    }

    @Test func `a schedule of the job says when its queue is worked`() async throws {
        let rig = try scene.loop([hourly("events", .deliver)], sinks: ["siem"])
        let now = scene.clock.now()
        try await scene.store.write { _ = try $0.append(Event(Event.Kind.workerThawed, at: now), about: nil) }
        await rig.send(.tick)
        #expect(names.isEmpty)
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(names == ["events"])
        await rig.end()
    }

    // MARK: Failures

    @Test func `after so many failures in a row a schedule waits for a person`() async throws {
        var schedule = hourly()
        schedule.pauseAfterFailures = 2
        let rig = try scene.loop([schedule])
        await rig.send(.tick)
        scene.runner.script(
            "hourly",
            .failed("disk full"),
            .ran(outcome: "done"),
            .failed("disk full"),
            .failed("disk full")
        )
        for _ in 0..<6 {
            scene.clock.advance(by: .hours(1))
            await rig.send(.tick)
        }
        #expect(scene.runner.runs.count == 4)
        let record = try await scene.store.read { try $0.schedules()["hourly"] }
        #expect(record?.isPaused == true)
        #expect(record?.failures == 2)
        #expect(record?.outcome == "failed")
        #expect(record?.succeededAt == LoopScene.midnight + .hours(2))
        await rig.end()
    }

    // MARK: Reload and stop

    @Test func `a bad file keeps what was in force, a good one counts at once and lets runs end`() async throws {
        let rig = try scene.loop([hourly("old")])
        await rig.send(.tick)
        await rig.send(.reload)
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        #expect(names == ["old"])
        scene.runner.hold("old")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.files.schedules = [try TimedSchedule(hourly("new"))]
        _ = await rig.turn(.reload)
        scene.clock.advance(by: .hours(1))
        // The run of the schedule that is gone still has the job.
        let turn = await rig.turn(.tick)
        #expect(turn?.running.count == 1)
        #expect(names == ["old", "old"])
        scene.runner.release("old")
        await rig.send(.tick)
        #expect(names == ["old", "old", "new"])
        let records = try await scene.store.read { try $0.schedules().keys.sorted() }
        #expect(records == ["new"])
        await rig.end()
    }

    @Test func `told to stop it begins nothing more and ends when what runs has ended`() async throws {
        let rig = try scene.loop([hourly()])
        await rig.send(.tick)
        scene.runner.hold("hourly")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        let stopping = await rig.turn(.stop)
        #expect(stopping?.isStopping == true)
        #expect(stopping?.running.count == 1)
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.runner.release("hourly")
        await rig.end()
        #expect(names == ["hourly"])
    }

    @Test func `a start whose run was killed is taken up again, one whose run ended is not`() async throws {
        let first = try scene.loop([hourly()])
        await first.send(.tick)
        scene.clock.advance(by: .hours(1))
        scene.runner.kill(true)
        await first.send(.tick)
        await first.end()
        scene.runner.kill(false)
        scene.clock.advance(by: .minutes(10))
        for _ in 0..<2 {
            let next = try scene.loop([hourly()])
            await next.send(.tick)
            await next.end()
        }
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1), LoopScene.midnight + .hours(1)])
    }
}
