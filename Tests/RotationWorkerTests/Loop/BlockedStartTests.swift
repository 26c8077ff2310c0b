import Dispatch
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// Starts that something is in the way of: another schedule's run, a store that cannot be written.
@Suite struct BlockedStartTests {
    static let midnight = YearTests.newYear

    let folder = TemporaryFolder()
    let clock = HandClock()
    let store: SQLiteGrantStore
    let runner: RecordingRunner

    init() async throws {
        clock.set(Self.midnight)
        let ids = Counter()
        var limits = StoreLimits()
        limits.busyTimeout = 0.01
        let path = folder.file("grants.sqlite")
        store = try await .open(path: path, keyring: nil, limits: limits) { "id-\(ids.next())" }
        runner = RecordingRunner(store, clock)
    }

    func loop(_ schedules: [Schedule]) throws -> LoopRig {
        try LoopRig(schedules, store: store, clock: clock, runner: runner)
    }

    /// Nothing that was missed is made up for.
    func strict(_ name: String, _ job: Schedule.Job, _ cron: String) -> Schedule {
        var schedule = Schedule(name: name, job: job, timing: .cron(cron))
        schedule.catchUp.max = 0
        return schedule
    }

    @Test(.timeLimit(.minutes(1)))
    func `a store that cannot settle what was missed keeps nothing else from beginning, then or ever`() async throws {
        let rig = try loop([strict("missed", .purge, "0 * * * *"), strict("due", .expire, "10 * * * *")])
        await rig.send(.tick)
        clock.advance(by: .minutes(70))
        let other = try await SQLiteGrantStore.open(path: folder.file("grants.sqlite"), keyring: nil) { "other" }
        let (held, tell) = AsyncStream.makeStream(of: Void.self)
        let free = DispatchSemaphore(value: 0)
        let holder = Task {
            try await other.write { _ in
                tell.finish()
                free.wait()
            }
        }
        for await _ in held {}
        // Its run fails too: the lock is somebody's.
        _ = await rig.send(.tick)
        #expect(runner.runs.isEmpty)
        free.signal()
        try await holder.value
        clock.advance(by: .seconds(30))
        await rig.send(.tick)
        #expect(runner.runs.map(\.schedule) == ["due"])
        await rig.end()
        await other.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a start that waits for another schedule's run of the same job is not a missed one`() async throws {
        let rig = try loop([strict("first", .expire, "0 * * * *"), strict("second", .expire, "1 * * * *")])
        await rig.send(.tick)
        runner.hold("first")
        clock.advance(by: .minutes(60))
        _ = await rig.turn(.tick)
        clock.advance(by: .minutes(1))
        _ = await rig.turn(.tick)
        clock.advance(by: .minutes(20))
        _ = await rig.turn(.tick)
        runner.release("first")
        _ = await rig.nextTurn()
        await rig.send(.tick)
        #expect(runner.runs.map(\.schedule) == ["first", "second"])
        #expect(runner.runs.last?.planned == Self.midnight + .minutes(61))
        await rig.end()
    }
}
