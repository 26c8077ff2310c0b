import Grants
import Scheduling
import Testing

@Suite struct `Schedule times` {
    static func starts(_ schedule: Schedule, from: String, to: String) throws -> [String] {
        let times = try ScheduleTimes(schedule)
        var found: [String] = []
        var instant = at(from)
        while let next = times.next(after: instant, since: at(from)), next < at(to), found.count < 100 {
            found.append(next.description)
            instant = next
        }
        return found
    }

    /// The starts from midnight to 20:00, in UTC.
    static func day(_ cron: String, _ zone: String, _ day: String) throws -> [String] {
        let midnight = at("\(day)T00:00:00Z")
        let (from, to) = (midnight - .milliseconds(1), midnight + .hours(20))
        return try starts(schedule(cron, in: zone), from: from.description, to: to.description)
            .map { String($0.dropFirst(11).dropLast(4)) }
    }

    @Test(arguments: [
        // 02:00 CET is 03:00 CEST, at 01:00 UTC.
        ("30 2 * * *", ["01:00"]),
        ("0 2 * * *", ["01:00"]),
        ("0 3 * * *", ["01:00"]),
        ("59 1 * * *", ["00:59"]),
        ("10,20,30 2 * * *", ["01:00"]),
        ("30 2,3 * * *", ["01:00", "01:30"]),
        ("0 2,3 * * *", ["01:00"]),
        ("30 1-3 * * *", ["00:30", "01:00", "01:30"]),
        // These follow the clock: what it skips is not made up.
        ("*/30 2 * * *", []),
        ("*/30 1-3 * * *", ["00:00", "00:30", "01:00", "01:30"]),
        ("30 */2 * * *", ["02:30", "04:30", "06:30", "08:30", "10:30", "12:30", "14:30", "16:30", "18:30"]),
    ])
    func `a fixed time that the clock skips comes once, at the change`(cron: String, expected: [String]) throws {
        #expect(try Self.day(cron, "Europe/Berlin", "2026-03-29") == expected)
    }

    @Test(arguments: [
        // 03:00 CEST is 02:00 CET, at 01:00 UTC.
        ("30 2 * * *", ["00:30"]),
        ("0 2 * * *", ["00:00"]),
        ("0 3 * * *", ["02:00"]),
        ("59 2 * * *", ["00:59"]),
        ("30 1-3 * * *", ["00:30", "02:30"]),
        ("*/30 2 * * *", ["00:00", "00:30", "01:00", "01:30"]),
        (
            "15 */2 * * *",
            ["00:15", "01:15", "03:15", "05:15", "07:15", "09:15", "11:15", "13:15", "15:15", "17:15", "19:15"]
        ),
    ])
    func `a fixed time that the clock shows twice comes once, the first time`(cron: String, expected: [String]) throws {
        #expect(try Self.day(cron, "Europe/Berlin", "2026-10-25") == expected)
    }

    @Test(arguments: [
        // A wildcard begun in the repeated hour still comes in its second showing.
        ("*/30 2 25 10 *", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        ("*/30 2 25 10 *", "2026-10-25T01:30:00Z", "2027-10-25T00:00:00Z"),
        ("30 2 25 10 *", "2026-10-25T00:30:00Z", "2027-10-25T00:30:00Z"),
        // Half an hour at 02:00 in Lord Howe.
        ("15 2 4 10 *", "2026-10-01T00:00:00Z", "2026-10-03T15:30:00Z"),
        ("45 1 5 4 *", "2026-04-01T00:00:00Z", "2026-04-04T14:45:00Z"),
        // Samoa had no 30 December 2011.
        ("30 9 30 12 *", "2011-12-01T00:00:00Z", "2011-12-30T10:00:00Z"),
        ("30 9 31 12 *", "2011-12-30T10:00:00Z", "2011-12-30T19:30:00Z"),
        ("*/5 9 30 12 *", "2011-12-01T00:00:00Z", "2012-12-29T19:00:00Z"),
        // São Paulo's summer time began at midnight.
        ("0 0 4 11 *", "2018-11-01T00:00:00Z", "2018-11-04T03:00:00Z"),
    ])
    func `other changes of the offset follow the same rule`(cron: String, after: String, expected: String) throws {
        let zone =
            after.hasPrefix("2011")
            ? "Pacific/Apia"
            : after.hasPrefix("2018")
                ? "America/Sao_Paulo"
                : expected.hasSuffix("5:30:00Z") || expected.hasSuffix(":45:00Z")
                    ? "Australia/Lord_Howe" : "Europe/Berlin"
        let times = try ScheduleTimes(schedule(cron, in: zone))
        #expect(times.next(after: at(after), since: at(after)) == at(expected))
    }

    @Test(arguments: [
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("0 0 29 2 */7", "2089-03-01T00:00:00Z", "2128-02-29T00:00:00Z"),
        ("59 23 31 12 *", "9999-01-01T00:00:00Z", "9999-12-31T23:59:00Z"),
        ("0 0 1 1 *", "0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"),
    ])
    func `a rare day is found`(cron: String, after: String, expected: String) throws {
        #expect(try ScheduleTimes(schedule(cron)).next(after: at(after), since: at(after)) == at(expected))
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 feb */2"])
    func `a day that no month has never comes`(cron: String) throws {
        let expression = try CronExpression(cron)
        #expect(!expression.namesAnyDay)
        let times = try ScheduleTimes(schedule(cron, in: "Europe/Berlin"))
        #expect(times.next(after: at("2026-01-01T00:00:00Z"), since: .distantPast) == nil)
    }

    @Test func `instants at the ends of time are no trap`() throws {
        let times = try ScheduleTimes(schedule("@hourly", in: "Europe/Berlin"))
        #expect(times.next(after: Timestamp(milliseconds: .max), since: .distantPast) == nil)
        #expect(times.next(after: at("9999-12-31T23:59:59Z"), since: .distantPast) == nil)
        #expect(times.next(after: Timestamp(milliseconds: .min), since: .distantPast) != nil)
        let every = try ScheduleTimes(Schedule(name: "e", job: .purge, timing: .every(.days(100_000_000_000))))
        #expect(every.next(after: .distantPast, since: .distantPast) == nil)
        let often = try ScheduleTimes(Schedule(name: "e", job: .purge, timing: .every(.seconds(1))))
        #expect(often.next(after: Timestamp(milliseconds: .max), since: Timestamp(milliseconds: .min)) == nil)
        #expect(often.next(after: Timestamp(milliseconds: .min), since: .distantPast) == .distantPast + .seconds(1))
    }

    @Test func `an interval is counted from when it was first seen`() throws {
        let times = try ScheduleTimes(Schedule(name: "e", job: .revalidate, timing: .every(.minutes(15))))
        let since = at("2026-03-01T00:00:07Z")
        #expect(times.next(after: since, since: since) == at("2026-03-01T00:15:07Z"))
        #expect(times.next(after: at("2026-03-01T00:15:07Z"), since: since) == at("2026-03-01T00:30:07Z"))
        #expect(times.next(after: at("2026-03-01T00:15:06.999Z"), since: since) == at("2026-03-01T00:15:07Z"))
        #expect(times.next(after: since - .days(1), since: since) == at("2026-03-01T00:15:07Z"))
        #expect(throws: ScheduleError.self) {
            try ScheduleTimes(Schedule(name: "e", job: .purge, timing: .every(.milliseconds(999))))
        }
    }

    @Test func `only the job, its times and its zone make another definition`() {
        let plain = schedule("@daily", in: "Europe/Berlin")
        var other = plain
        other.jitter = .minutes(5)
        other.overlap = .queueOne
        other.catchUp.max = 3
        other.only.tenants = ["acme"]
        other.pauseAfterFailures = 1
        other.timing = .cron("0  0 * * *")
        #expect(plain.definition == other.definition)
        for change in [
            { $0.job = .purge }, { $0.timing = .cron("@hourly") }, { $0.timing = .every(.days(1)) },
            { $0.timeZone = "UTC" },
        ] as [(inout Schedule) -> Void] {
            var changed = plain
            change(&changed)
            #expect(changed.definition != plain.definition)
        }
    }
}
