package import Grants
package import Scheduling

/// A schedule and its times.
package struct TimedSchedule: Sendable {
    package var schedule: Schedule
    package var times: ScheduleTimes

    package init(_ schedule: Schedule, zones: TimeZoneDirectory = .system) throws(ScheduleError) {
        self.schedule = schedule
        times = try ScheduleTimes(schedule, zones: zones)
    }
}
