import Foundation
import Grants
import GrantsTestSupport
import Scheduling
import Testing

@Suite struct `The starts that are due` {
    static let since = at("2026-03-01T12:00:00Z")

    struct Case: Sendable {
        var what: String
        var now: String
        var last: String? = nil
        var isOpen = false
        var max = 1
        var window = Duration.hours(24)
        var jitter = Duration.zero
        var due: [String] = []
        var next: String? = nil
        var dropped = 0
        var isReset = false
    }

    /// Of a job at 02:00 each day, first seen on 1 March at noon.
    @Test(arguments: [
        Case(what: "nothing before the first", now: "2026-03-01T13:00:00Z", next: "2026-03-02T02:00:00Z"),
        Case(
            what: "at its time",
            now: "2026-03-02T02:00:00Z",
            due: ["2026-03-02T02:00:00Z"],
            next: "2026-03-03T02:00:00Z"
        ),
        Case(what: "a moment before", now: "2026-03-02T01:59:59.999Z", next: "2026-03-02T02:00:00Z"),
        Case(
            what: "on time though none is made up for",
            now: "2026-03-02T02:02:00Z",
            max: 0,
            due: ["2026-03-02T02:00:00Z"],
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "missed and not made up for",
            now: "2026-03-02T02:02:00.001Z",
            max: 0,
            next: "2026-03-03T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "missed and made up for",
            now: "2026-03-02T20:00:00Z",
            due: ["2026-03-02T02:00:00Z"],
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "at the window's end",
            now: "2026-03-02T14:00:00Z",
            window: .hours(12),
            due: ["2026-03-02T02:00:00Z"],
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "past the window",
            now: "2026-03-02T14:00:00.001Z",
            window: .hours(12),
            next: "2026-03-03T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "the newest of several",
            now: "2026-03-04T03:00:00Z",
            window: .days(7),
            due: ["2026-03-04T02:00:00Z"],
            next: "2026-03-05T02:00:00Z",
            dropped: 2
        ),
        Case(
            what: "two of several, oldest first",
            now: "2026-03-04T03:00:00Z",
            max: 2,
            window: .days(7),
            due: ["2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z"],
            next: "2026-03-05T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "older ones count as one",
            now: "2026-03-31T03:00:00Z",
            due: ["2026-03-31T02:00:00Z"],
            next: "2026-04-01T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "a missed one and one on time",
            now: "2026-03-03T02:01:00Z",
            window: .days(2),
            due: ["2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z"],
            next: "2026-03-04T02:00:00Z"
        ),
        Case(
            what: "taken up already",
            now: "2026-03-02T02:00:30Z",
            last: "2026-03-02T02:00:00Z",
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "killed in its run",
            now: "2026-03-02T02:00:30Z",
            last: "2026-03-02T02:00:00Z",
            isOpen: true,
            due: ["2026-03-02T02:00:00Z"],
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "killed, and none is made up for",
            now: "2026-03-02T02:00:30Z",
            last: "2026-03-02T02:00:00Z",
            isOpen: true,
            max: 0,
            next: "2026-03-03T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "killed, and a newer one was missed",
            now: "2026-03-03T10:00:00Z",
            last: "2026-03-02T02:00:00Z",
            isOpen: true,
            window: .days(7),
            due: ["2026-03-03T02:00:00Z"],
            next: "2026-03-04T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "killed long ago",
            now: "2026-03-03T02:00:30Z",
            last: "2026-03-02T02:00:00Z",
            isOpen: true,
            window: .hours(1),
            due: ["2026-03-03T02:00:00Z"],
            next: "2026-03-04T02:00:00Z",
            dropped: 1
        ),
        Case(
            what: "set back within a day",
            now: "2026-03-01T13:00:00Z",
            last: "2026-03-02T02:00:00Z",
            next: "2026-03-03T02:00:00Z"
        ),
        Case(
            what: "set back, killed before",
            now: "2026-03-01T13:00:00Z",
            last: "2026-03-02T02:00:00Z",
            isOpen: true,
            next: "2026-03-02T02:00:00Z"
        ),
        Case(
            what: "set back by more",
            now: "2026-03-01T13:00:00Z",
            last: "2026-03-02T13:00:00.001Z",
            isOpen: true,
            next: "2026-03-02T02:00:00Z",
            isReset: true
        ),
        Case(
            what: "first seen in the future",
            now: "2020-01-01T02:00:00Z",
            next: "2020-01-02T02:00:00Z",
            isReset: true
        ),
    ])
    func `what is due is told by the record, the clock and catch_up`(expected: Case) throws {
        var schedule = schedule("0 2 * * *")
        schedule.catchUp.max = expected.max
        schedule.catchUp.window = expected.window
        let times = try ScheduleTimes(schedule)
        var record = ScheduleRecord(name: "test", definition: schedule.definition, since: Self.since)
        record.scheduledAt = expected.last.map { at($0) }
        record.isOpen = expected.isOpen
        let starts = times.starts(record, now: at(expected.now))
        #expect(starts.due == expected.due.map { at($0) }, "\(expected.what)")
        #expect(starts.next == expected.next.map { at($0) }, "\(expected.what)")
        #expect(starts.dropped == expected.dropped, "\(expected.what)")
        #expect(starts.isReset == expected.isReset, "\(expected.what)")
        var slow = slowStarts(times, record, now: at(expected.now))
        if expected.isReset { slow.passed = nil }
        #expect(starts == slow, "\(expected.what)")
    }

    @Test func `a start comes later by the delay, and its lateness counts from there`() throws {
        var schedule = schedule("0 2 * * *")
        schedule.jitter = .hours(3)
        let delay = schedule.delay
        try #require(delay > .minutes(5))
        let times = try ScheduleTimes(schedule)
        let record = ScheduleRecord(name: "test", definition: "", since: Self.since)
        let planned = at("2026-03-02T02:00:00Z")
        #expect(times.starts(record, now: planned).due == [])
        #expect(times.starts(record, now: planned).next == planned + delay)
        #expect(times.starts(record, now: planned + delay).due == [planned])
        #expect(times.starts(record, now: planned + delay).next == planned + .days(1) + delay)
    }

    @Test func `a hundred million missed starts cost nothing`() throws {
        var schedule = Schedule(name: "often", job: .revalidate, timing: .every(.seconds(1)))
        schedule.catchUp.max = 2
        schedule.catchUp.window = .days(10_000)
        let times = try ScheduleTimes(schedule)
        let record = ScheduleRecord(name: "often", definition: "", since: at("2020-01-01T00:00:00Z"))
        let now = at("2026-01-01T00:00:00Z")
        let starts = times.starts(record, now: now)
        #expect(starts.due.count == 2 + 121)
        #expect(starts.due.first == now - .seconds(122))
        #expect(starts.dropped == Int((now - record.since).milliseconds / 1_000) - 123)
        #expect(starts.passed == now && starts.next == now + .seconds(1))
    }

    @Test func `any record at any time gives what a look at each planned instant gives`() throws {
        let seed = `The next start`.seed
        var random = SplitMix64(seed: seed)
        let crons = [
            "0 2 * * *", "30 2 * * *", "*/7 * * * *", "0 0 * * 1", "15,45 1-4 * * *", "0 12 29 2 *", "0 0 30 2 *",
        ]
        for round in 0..<800 {
            var schedule = schedule(crons.randomElement(using: &random)!, in: "Europe/Berlin")
            if Bool.random(using: &random) {
                schedule.timing = .every(.seconds(Int64.random(in: 1...100_000, using: &random)))
            }
            schedule.jitter = [.zero, .minutes(1), .hours(2)].randomElement(using: &random)!
            schedule.catchUp.max = .random(in: 0...4, using: &random)
            schedule.catchUp.window = [.zero, .seconds(90), .minutes(10), .hours(24), .days(9)].randomElement(
                using: &random
            )!
            let times = try ScheduleTimes(schedule)
            let now = at("2026-03-28T00:00:00Z") + .milliseconds(Int64.random(in: 0...400_000_000, using: &random))
            let reach: Int64 =
                if case .every(let length) = schedule.timing, length < .minutes(5) { 500_000 } else { 90_000_000 }
            let since = now - .milliseconds(Int64.random(in: -reach...2 * reach, using: &random))
            var record = ScheduleRecord(name: schedule.name, definition: "", since: since)
            if Bool.random(using: &random) {
                // Perhaps a planned instant, perhaps one of another clock.
                let from = now - .milliseconds(Int64.random(in: -reach...reach, using: &random))
                record.scheduledAt = Bool.random(using: &random) ? from : times.next(after: from, since: since)
                record.isOpen = record.scheduledAt != nil && Bool.random(using: &random)
            }
            let found = times.starts(record, now: now)
            var expected = slowStarts(times, record, now: now)
            if expected.isReset { expected.passed = nil }
            guard found == expected else {
                Issue.record(
                    "seed \(seed), round \(round): \(found), expected \(expected), for \(record) at \(now), \(schedule)"
                )
                return
            }
        }
    }

    /// What a worker does with it: takes up what is due, is killed now and then, is down, has its clock set.
    @Test func `restarts, downtime and clock steps neither repeat a start nor skip one`() throws {
        let seed = `The next start`.seed
        var random = SplitMix64(seed: seed)
        for round in 0..<30 {
            var schedule = schedule(
                ["30 2 * * *", "0 * * * *", "*/10 2-4 * * *", "0 3 * * 0"].randomElement(using: &random)!,
                in: "Europe/Berlin"
            )
            schedule.jitter = [.zero, .minutes(20)].randomElement(using: &random)!
            schedule.catchUp.max = 1
            schedule.catchUp.window = .hours(12)
            let times = try ScheduleTimes(schedule)
            let delay = schedule.delay
            var now = at("2026-10-20T00:00:00Z")
            var record = ScheduleRecord(name: "test", definition: "", since: now)
            var ended: Set<Timestamp> = []
            var ticks: [(Timestamp, Timestamp)] = []
            var highest = now
            for _ in 0..<1_000 {
                let before = now
                switch Int.random(in: 0..<40, using: &random) {
                case 0: now = now + .minutes(Int64.random(in: 3...2_000, using: &random))
                case 1: now = max(now - .minutes(Int64.random(in: 1...600, using: &random)), highest - .hours(23))
                default: now = now + .seconds(Int64.random(in: 1...30, using: &random))
                }
                ticks.append((before, now))
                let starts = times.starts(record, now: now)
                #expect(!starts.isReset)
                for planned in starts.due {
                    #expect(planned + delay <= now, "seed \(seed), round \(round): before its time")
                    #expect(!ended.contains(planned), "seed \(seed), round \(round): \(planned) twice")
                    record.scheduledAt = planned
                    record.isOpen = true
                    // Killed in the run, or not.
                    if Int.random(in: 0..<10, using: &random) == 0 { break }
                    record.isOpen = false
                    ended.insert(planned)
                }
                if starts.due.isEmpty, let passed = starts.passed {
                    record.scheduledAt = passed
                    record.isOpen = false
                }
                // Whatever came while the worker looked every half minute was taken up.
                if now > highest, highest >= before, now - before <= .seconds(30), !record.isOpen,
                    let planned = times.next(after: before - delay, since: record.since),
                    planned > record.since, planned + delay <= now
                {
                    #expect(ended.contains(planned), "seed \(seed), round \(round): \(planned) skipped at \(now)")
                }
                highest = max(highest, now)
            }
        }
    }
}
