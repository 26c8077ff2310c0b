import Dispatch
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// Starts that something is in the way of: another schedule's run, a store that cannot be written.
@Suite struct BlockedStartTests {
    let scene: LoopScene

    init() async throws { scene = try await LoopScene(busyTimeout: 0.01) }

    /// Nothing that was missed is made up for.
    func strict(_ name: String, _ job: Schedule.Job, _ cron: String) -> Schedule {
        var schedule = Schedule(name: name, job: job, timing: .cron(cron))
        schedule.catchUp.max = 0
        return schedule
    }

    @Test(.timeLimit(.minutes(15)))
    func `a store that cannot settle what was missed keeps nothing else from beginning, then or ever`() async throws {
        let rig = try scene.loop([strict("missed", .purge, "0 * * * *"), strict("due", .expire, "10 * * * *")])
        await rig.send(.tick)
        scene.clock.advance(by: .minutes(70))
        let other = try await scene.otherStore()
        let (held, tell) = AsyncStream.makeStream(of: Void.self)
        let free = DispatchSemaphore(value: 0)
        let holder = Task {
            try await other.write { _ in
                tell.finish()
                free.wait()
            }
        }
        for await _ in held {}
        // Its run cannot begin either: the lock is somebody's.
        _ = await rig.send(.tick)
        #expect(scene.runner.runs.isEmpty)
        free.signal()
        try await holder.value
        scene.clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(scene.runner.runs.map(\.schedule) == ["due"])
        await rig.end()
        await other.close()
    }

    @Test(.timeLimit(.minutes(15)))
    func `a start that waits for another schedule's run of the same job is not a missed one`() async throws {
        let rig = try scene.loop([strict("first", .expire, "0 * * * *"), strict("second", .expire, "1 * * * *")])
        await rig.send(.tick)
        scene.runner.hold("first")
        scene.clock.advance(by: .minutes(60))
        _ = await rig.turn(.tick)
        scene.clock.advance(by: .minutes(1))
        _ = await rig.turn(.tick)
        scene.clock.advance(by: .minutes(20))
        _ = await rig.turn(.tick)
        scene.runner.release("first")
        _ = await rig.nextTurn()
        await rig.send(.tick)
        #expect(scene.runner.runs.map(\.schedule) == ["first", "second"])
        #expect(scene.runner.runs.last?.planned == LoopScene.midnight + .minutes(61))
        await rig.end()
    }
}
