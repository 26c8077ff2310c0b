import Grants
import Scheduling

/// What ``ScheduleTimes/starts(_:now:)`` is to say, by looking at every planned instant one by one.
func slowStarts(_ times: ScheduleTimes, _ record: ScheduleRecord, now: Timestamp) -> Starts {
    let delay = times.schedule.delay
    let catchUp = times.schedule.catchUp
    var starts = Starts()
    var record = record
    if let last = record.scheduledAt ?? Optional(record.since), last > now + .hours(24) {
        starts.isReset = true
        record.since = now
        record.scheduledAt = nil
        record.isOpen = false
    }
    var punctual: [Timestamp] = []
    var missed: [Timestamp] = []
    var older = 0
    var openOlder = 0
    if record.isOpen, let open = record.scheduledAt {
        if open + delay > now {
            starts.next = open + delay
            return starts
        }
        if now - (open + delay) <= catchUp.window { missed.append(open) } else { openOlder = 1 }
        starts.passed = open
    }
    var last = record.scheduledAt ?? record.since
    while let planned = times.next(after: last, since: record.since) {
        let late = now - (planned + delay)
        if late < .zero {
            starts.next = planned + delay
            break
        }
        starts.passed = planned
        if late <= .minutes(2) {
            punctual.append(planned)
        } else if late <= catchUp.window {
            missed.append(planned)
        } else {
            older += 1
        }
        last = planned
    }
    if case .cron = times.schedule.timing { older = min(older, 1) }
    starts.due = missed.suffix(catchUp.max) + punctual
    starts.dropped = older + openOlder + missed.count - min(missed.count, catchUp.max)
    return starts
}
