import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// Starts that are due and were not taken up: they wait, and nothing but a change of their times makes them forgotten.
@Suite struct WaitingStartTests {
    let scene: LoopScene

    init() async throws { scene = try await LoopScene() }

    /// Nothing that was missed is made up for.
    func strict(_ cron: String = "0 * * * *", _ job: Schedule.Job = .expire) -> Schedule {
        var schedule = Schedule(name: "strict", job: job, timing: .cron(cron))
        schedule.catchUp.max = 0
        return schedule
    }

    @Test func `a start that could not be taken up is tried again after a pause, however late`() async throws {
        let rig = try scene.loop([strict()])
        await rig.send(.tick)
        scene.runner.script("strict", .postponed("disk full"), .postponed("disk full"), .ran(outcome: "done"))
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        scene.clock.advance(by: .seconds(29))
        await rig.send(.tick)
        for _ in 0..<2 {
            scene.clock.advance(by: .minutes(10))
            await rig.send(.tick)
        }
        #expect(
            scene.runner.runs == [
                .init(schedule: "strict", planned: LoopScene.midnight + .hours(1), at: scene.clock.now())
            ]
        )
        let record = try await scene.store.read { try $0.schedules()["strict"] }
        #expect(record?.failures == 0)
        await rig.end()
    }

    @Test func `a run for a change that could not begin is begun later without another change`() async throws {
        let rig = try scene.loop([Schedule(name: "often", job: .expire, timing: .every(.hours(6)))])
        await rig.send(.tick)
        let other = try await scene.otherStore()
        let now = scene.clock.now()
        try await other.write { _ = try $0.insert(idleGrant("g-1"), tokens: [:], at: now) }
        scene.runner.script("often", .postponed("disk full"))
        await rig.send(.tick)
        #expect(scene.runner.runs.isEmpty)
        scene.clock.advance(by: .minutes(1))
        await rig.send(.tick)
        #expect(scene.runner.runs == [.init(schedule: "often", planned: nil, at: scene.clock.now())])
        await rig.end()
        await other.close()
    }

    @Test(arguments: [Ending.busy("rotate by alice"), .postponed("disk full")])
    func `what waits waits on over a reload`(ending: Ending) async throws {
        let rig = try scene.loop([strict()])
        await rig.send(.tick)
        scene.runner.script("strict", ending)
        scene.clock.advance(by: .hours(1))
        await rig.send(.tick)
        scene.clock.advance(by: .minutes(10))
        var same = strict()
        same.pauseAfterFailures = 3
        scene.files.schedules = [try TimedSchedule(same)]
        await rig.send(.reload)
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .hours(1)])
        await rig.end()
    }

    @Test func `what waits is forgotten where the reload changes the times, also while its run is being tried`()
        async throws
    {
        let rig = try scene.loop([strict()])
        await rig.send(.tick)
        scene.runner.script("strict", .busy("rotate by alice"))
        scene.runner.hold("strict")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.files.schedules = [try TimedSchedule(strict("30 * * * *"))]
        _ = await rig.turn(.reload)
        scene.runner.release("strict")
        _ = await rig.nextTurn()
        scene.clock.advance(by: .minutes(10))
        await rig.send(.tick)
        #expect(scene.runner.runs.isEmpty)
        scene.clock.advance(by: .minutes(20))
        await rig.send(.tick)
        #expect(scene.runner.runs.map(\.planned) == [LoopScene.midnight + .minutes(90)])
        await rig.end()
    }

    @Test func `a schedule whose file is gone does not begin again, though its start was not taken up`() async throws {
        let rig = try scene.loop([strict("0 * * * *", .deliver)], sinks: ["siem"])
        let now = scene.clock.now()
        try await scene.store.write { _ = try $0.append(Event(Event.Kind.workerThawed, at: now), about: nil) }
        await rig.send(.tick)
        scene.runner.script("strict", .busy("deliver by alice"))
        scene.runner.hold("strict")
        scene.clock.advance(by: .hours(1))
        _ = await rig.turn(.tick)
        scene.files.schedules = []
        _ = await rig.turn(.reload)
        scene.runner.release("strict")
        _ = await rig.nextTurn()
        for _ in 0..<3 {
            scene.clock.advance(by: .minutes(1))
            await rig.send(.tick)
        }
        #expect(Set(scene.runner.runs.map(\.schedule)) == ["(deliver)"])
        await rig.end()
    }
}
