import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// A year of a worker's life under a clock by hand: restarts, kills, downtime, suspends, a clock that is set.
@Suite struct YearTests {
    /// 2026-01-01T00:00:00Z.
    static let newYear = Timestamp(milliseconds: 1_767_225_600_000)

    static let schedules: [Schedule] = {
        func make(_ name: String, _ job: Schedule.Job, _ cron: String, _ zone: String = "UTC") -> Schedule {
            var schedule = Schedule(name: name, job: job, timing: .cron(cron))
            schedule.timeZone = zone
            return schedule
        }
        var nightly = make("nightly", .expire, "30 2 * * *", "Europe/Berlin")
        nightly.catchUp.window = .hours(12)
        var weekly = make("weekly", .purge, "0 4 * * 1", "America/New_York")
        weekly.catchUp.window = .days(6)
        weekly.jitter = .hours(1)
        var punctual = make("punctual", .auditCheckpoint, "0 */6 * * *", "Australia/Lord_Howe")
        punctual.catchUp.max = 0
        var patient = Schedule(name: "patient", job: .revalidate, timing: .every(.hours(7)))
        patient.catchUp.max = 3
        patient.catchUp.window = .hours(30)
        patient.jitter = .minutes(20)
        var queue = make("queue", .revoke, "17 0,12 29 2,3,10 *", "Europe/Berlin")
        queue.catchUp.max = 2
        return [nightly, weekly, punctual, patient, queue]
    }()

    @Test(arguments: [0x5EED, 20_261_124, 7] as [UInt64])
    func `the runs of a year are those of a slow and obvious reference`(seed: UInt64) async throws {
        print("YearTests seed: \(seed)")
        var random = SplitMix64(seed: seed)
        let folder = TemporaryFolder()
        let store = try await SQLiteGrantStore.open(path: folder.file("grants.sqlite"), keyring: nil) { "id" }
        let clock = HandClock()
        clock.set(Self.newYear)
        let runner = RecordingRunner(store, clock)
        var reference = try SlowWorker(Self.schedules, from: Self.newYear)
        let end = Self.newYear + .days(365)
        var rig = try LoopRig(Self.schedules, store: store, clock: clock, runner: runner)
        var turn = await rig.send(.tick)
        reference.look(at: clock.now(), isDeadly: false)
        var lives = 1
        while clock.now() < end {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<2:
                // Killed in the midst of whatever it begins next.
                if let next = turn?.next?.at, next > clock.now() { clock.set(next) }
                runner.kill(true)
                await rig.send(.tick)
                reference.look(at: clock.now(), isDeadly: true)
                runner.kill(false)
                await rig.end()
                clock.advance(by: .minutes(Int64.random(in: 0...600, using: &random)))
                rig = try LoopRig(Self.schedules, store: store, clock: clock, runner: runner)
                lives += 1
            case 2..<12:
                await rig.end()
                let downtime = Int.random(in: 0..<4, using: &random) == 0 ? Int64(3_000) : 20
                clock.advance(by: .minutes(Int64.random(in: 0...downtime, using: &random)))
                rig = try LoopRig(Self.schedules, store: store, clock: clock, runner: runner)
                lives += 1
            case 12..<15:
                // Suspended: time went on, no tick came.
                clock.advance(by: .minutes(Int64.random(in: 1...4_000, using: &random)))
            case 15..<17:
                // Set, by minutes, or by more than a day.
                let minutes = Int.random(in: 0..<5, using: &random) == 0 ? Int64(2_500) : 90
                clock.advance(by: .minutes(Int64.random(in: -minutes...minutes, using: &random)))
            case 17..<30:
                // Woken too early.
                clock.advance(by: .seconds(Int64.random(in: 1...3_600, using: &random)))
            default:
                // The timer, on time or a little late.
                guard let next = turn?.next?.at, next > clock.now() else {
                    clock.advance(by: .hours(1))
                    break
                }
                clock.set(next + .seconds(Int64.random(in: 0...5, using: &random)))
            }
            turn = await rig.send(.tick)
            reference.look(at: clock.now(), isDeadly: false)
        }
        await rig.end()
        let runs = Dictionary(grouping: runner.runs, by: \.schedule)
        let expected = Dictionary(grouping: reference.runs, by: \.schedule)
        for schedule in Self.schedules {
            let (found, wanted) = (runs[schedule.name] ?? [], expected[schedule.name] ?? [])
            let difference = zip(found, wanted).first { $0 != $1 }
            #expect(found.count == wanted.count && difference == nil, "schedule \(schedule.name), seed \(seed)")
        }
        #expect(runner.runs.count > 1_500)
        #expect(lives > 100)
    }
}

/// What a worker does, written down as plainly as can be: lists of all planned instants, walked from the start.
private struct SlowWorker {
    private struct Line {
        var schedule: Schedule
        var times: ScheduleTimes
        var planned: [Timestamp] = []
        /// The last planned instant that counts as settled.
        var settled: Timestamp
        /// It was taken up, and its run was killed.
        var open: Timestamp?

        mutating func begin(at since: Timestamp) {
            planned = []
            open = nil
            settled = since
            while let next = times.next(after: planned.last ?? since, since: since),
                next < YearTests.newYear + .days(400)
            {
                planned.append(next)
            }
        }
    }

    private var lines: [Line]
    private(set) var runs: [LoopRig.Run] = []

    init(_ schedules: [Schedule], from: Timestamp) throws {
        lines = try schedules.map { Line(schedule: $0, times: try ScheduleTimes($0), settled: from) }
        for index in lines.indices { lines[index].begin(at: from) }
    }

    mutating func look(at now: Timestamp, isDeadly: Bool) {
        for index in lines.indices {
            for planned in due(&lines[index], at: now) {
                runs.append(.init(schedule: lines[index].schedule.name, planned: planned, at: now))
                lines[index].settled = planned
                lines[index].open = isDeadly ? planned : nil
                // A killed worker begins nothing more.
                if isDeadly { break }
            }
        }
    }

    private func due(_ line: inout Line, at now: Timestamp) -> [Timestamp] {
        let schedule = line.schedule
        if line.settled > now + .hours(24) {
            line.begin(at: now)
        }
        var missed: [Timestamp] = []
        var onTime: [Timestamp] = []
        if let open = line.open { missed.append(open) }
        for planned in line.planned where planned > line.settled && planned + schedule.delay <= now {
            if now - (planned + schedule.delay) <= .minutes(2) {
                onTime.append(planned)
            } else {
                missed.append(planned)
            }
        }
        missed.removeAll { now - ($0 + schedule.delay) > schedule.catchUp.window }
        return missed.suffix(schedule.catchUp.max) + onTime
    }
}
