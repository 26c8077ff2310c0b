package import Grants
internal import Records

/// When a schedule's starts are planned.
///
/// Planned instants leave the jitter out: a start comes ``Schedule/delay`` later.
package struct ScheduleTimes: Sendable {
    /// A start that is at most so late is on time: it is no missed one, whatever `catch_up` says.
    package static let punctuality = Duration.minutes(2)

    package let schedule: Schedule
    /// Of the schedule's zone; UTC for `every`.
    package let zone: TimeZoneRules
    let plan: Plan

    enum Plan: Hashable, Sendable {
        case cron(CronTimes)
        /// In milliseconds.
        case every(Int64)
    }

    /// Throws where the cron expression or the zone is wrong, and for an interval below a second.
    package init(_ schedule: Schedule, zones: TimeZoneDirectory = .system) throws(ScheduleError) {
        self.schedule = schedule
        switch schedule.timing {
        case .cron(let text):
            let expression = try CronExpression(text)
            zone = try zones.rules(of: schedule.timeZone)
            plan = .cron(CronTimes(expression: expression, rules: zone))
        case .every(let interval):
            guard interval >= .seconds(1) else {
                throw ScheduleError(.badInterval, "the interval must be at least 1s", hint: "write 15m or 24h")
            }
            zone = .utc
            plan = .every(interval.milliseconds)
        }
    }

    /// The first planned instant after another; nil: none comes, as on the 30th of February.
    ///
    /// An `every` is planned at `since` + n × its length, n ≥ 1. How cron and clock changes go together is
    /// described at ``CronTimes``. Nothing is planned beyond the year 9999.
    package func next(after instant: Timestamp, since: Timestamp) -> Timestamp? {
        switch plan {
        case .cron(let times):
            return times.next(after: instant)
        case .every(let length):
            return grid(since, length, max(1, index(before: instant, since, length) + 1))
        }
    }

    /// The n of the last `since` + n × length that is not after an instant.
    func index(before instant: Timestamp, _ since: Timestamp, _ length: Int64) -> Int64 {
        let (distance, overflow) = instant.milliseconds.subtractingReportingOverflow(since.milliseconds)
        if overflow { return instant < since ? -1 : Int64.max / length }
        return Int64(floorDivided(Int(distance), by: Int(length)).quotient)
    }

    /// `since` + n × length; nil beyond the year 9999.
    func grid(_ since: Timestamp, _ length: Int64, _ index: Int64) -> Timestamp? {
        let (way, isTooFar) = index.multipliedReportingOverflow(by: length)
        let (instant, overflow) = since.milliseconds.addingReportingOverflow(way)
        guard !isTooFar, !overflow, instant <= RFC3339.latest else { return nil }
        return Timestamp(milliseconds: instant)
    }
}

extension Schedule {
    /// The job, times and zone in one text: with another one a schedule begins anew.
    ///
    /// Jitter, overlap, catching up, `only` and the pause are no part of it.
    package var definition: String {
        switch timing {
        case .cron(let text):
            "\(job.rawValue) cron \((try? CronExpression(text))?.text ?? text) \(timeZone)"
        case .every(let interval):
            "\(job.rawValue) every \(interval.typed)"
        }
    }
}
