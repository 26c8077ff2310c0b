import Grants
import Scheduling
import Testing

@Suite struct `Blackouts` {
    static let closing = Blackout(
        cron: "0 0 28-31 * *",
        length: .hours(24),
        timeZone: "Europe/Berlin",
        reason: "closing"
    )
    static let lunch = Blackout(cron: "0 12 * * *", length: .hours(1), reason: "lunch")

    @Test(arguments: [
        ("2026-11-27T22:59:59.999Z", nil), ("2026-11-27T23:00:00Z", "closing"), ("2026-11-28T12:30:00Z", "closing"),
        ("2026-11-30T22:59:59.999Z", "closing"), ("2026-11-30T23:00:00Z", nil), ("2026-12-01T11:59:59Z", nil),
        ("2026-12-01T12:00:00Z", "lunch"), ("2026-12-01T12:59:59.999Z", "lunch"), ("2026-12-01T13:00:00Z", nil),
    ])
    func `one is on from its start for its length`(instant: String, reason: String?) throws {
        let calendar = try BlackoutCalendar([Self.closing, Self.lunch])
        #expect(calendar.current(at: at(instant))?.reason == reason)
        #expect(calendar.stretch(at: at(instant))?.blackout.reason == reason)
        #expect(BlackoutCalendar.none.current(at: at(instant)) == nil)
    }

    @Test func `starts within the length extend it`() throws {
        let calendar = try BlackoutCalendar([Self.closing])
        let stretch = try #require(calendar.stretch(at: at("2026-11-28T12:00:00Z")))
        #expect(stretch.start == at("2026-11-27T23:00:00Z"))
        #expect(stretch.end == at("2026-11-30T23:00:00Z"))
        let always = try BlackoutCalendar([Blackout(cron: "* * * * *", length: .hours(1), reason: "always")])
        let endless = try #require(always.stretch(at: at("2026-11-28T12:00:00Z")))
        #expect(endless.end == nil)
    }

    @Test func `the stretches of a time are listed by their start`() throws {
        let calendar = try BlackoutCalendar([Self.lunch, Self.closing])
        let list = calendar.stretches(from: at("2026-11-29T12:30:00Z"), to: at("2026-12-01T12:00:00Z"))
        #expect(
            list.map { "\($0.blackout.reason) \($0.start) \($0.end.map { "\($0)" } ?? "-")" } == [
                "closing 2026-11-28T23:00:00Z 2026-11-30T23:00:00Z", "lunch 2026-11-29T12:00:00Z 2026-11-29T13:00:00Z",
                "lunch 2026-11-30T12:00:00Z 2026-11-30T13:00:00Z",
            ]
        )
        #expect(calendar.stretches(from: at("2026-12-01T13:00:00Z"), to: at("2026-12-02T12:00:00Z")).isEmpty)
    }

    @Test func `what is listed is what is on, minute by minute`() throws {
        let calendar = try BlackoutCalendar([
            Blackout(cron: "*/40 1-4 * * *", length: .minutes(25), timeZone: "Europe/Berlin", reason: "a")
        ])
        let from = at("2026-10-24T12:00:00Z")
        let list = calendar.stretches(from: from, to: from + .days(2))
        for minute in 0..<2_880 as Range<Int64> {
            let instant = from + .minutes(minute)
            let isListed = list.contains { $0.start <= instant && instant < $0.end ?? instant }
            #expect((calendar.current(at: instant) != nil) == isListed, "\(instant)")
        }
    }

    @Test func `a wrong one is refused`() {
        #expect(throws: ScheduleError.self) {
            try BlackoutCalendar([Blackout(cron: "0 0 32 * *", length: .hours(1), reason: "x")])
        }
        #expect(throws: ScheduleError.self) {
            try BlackoutCalendar([Blackout(cron: "@daily", length: .hours(1), timeZone: "Mars/Base", reason: "x")])
        }
        #expect(throws: ScheduleError.self) {
            try BlackoutCalendar([Blackout(cron: "@daily", length: .zero, reason: "x")])
        }
    }
}
