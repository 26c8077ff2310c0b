package import Grants

/// What a schedule asks for at one moment.
package struct Starts: Hashable, Sendable {
    /// Planned instants to start now, oldest first.
    package var due: [Timestamp] = []
    /// When the next start comes, delay included; nil: none does.
    package var next: Timestamp?
    /// How many missed starts are given up; of a cron schedule, those older than the window count as one.
    package var dropped = 0
    /// The newest planned instant whose start is past, due or given up; nil: none.
    ///
    /// What the record's ``ScheduleRecord/scheduledAt`` becomes when nothing is due, so that what was given up is
    /// not counted again.
    package var passed: Timestamp?
    /// The last planned instant lies more than a day ahead, so the clock was wrong when it was written: the
    /// schedule begins anew at this moment, and the record has to say so.
    package var isReset = false

    package init() {}
}

extension ScheduleTimes {
    /// A last planned instant further ahead than this cannot come from a clock that was merely set back.
    private static let farthestAhead = Duration.hours(24)

    /// What is due and what comes next, by what the store remembers.
    ///
    /// Planned instants after the last one that was taken up count, and that one too if its run did not end. A
    /// start that is at most ``punctuality`` late is on time and due. Later ones, and a run that did not end, were
    /// missed: of those not older than `catch_up.window` the newest `catch_up.max` are due, the others are dropped.
    /// After the clock was set back nothing is due until it has passed the last planned instant again.
    package func starts(_ record: ScheduleRecord, now: Timestamp) -> Starts {
        let anchor = record.scheduledAt ?? record.since
        guard anchor <= now + Self.farthestAhead else {
            var starts = Starts()
            starts.isReset = true
            starts.next = next(after: now, since: now).map { $0 + schedule.delay }
            return starts
        }
        let open = record.isOpen ? record.scheduledAt : nil
        // The newest planned instant whose start is not in the future.
        let reach = now - schedule.delay
        var starts = Starts()
        if let open, open > reach {
            starts.next = open + schedule.delay
            return starts
        }
        starts.next = next(after: max(anchor, reach), since: record.since).map { $0 + schedule.delay }
        let past = past(after: anchor, upTo: reach, since: record.since, max: schedule.catchUp.max)
        let missed = (open.map { $0 >= reach - schedule.catchUp.window ? [$0] : [] } ?? []) + past.missed
        let kept = missed.suffix(schedule.catchUp.max)
        starts.due = kept + past.punctual
        let all = (open == nil ? 0 : 1) + past.count
        starts.dropped = all - starts.due.count
        starts.passed = past.last ?? open
        return starts
    }

    private struct Past {
        /// Missed ones within the window: at least the newest that can be made up for.
        var missed: [Timestamp] = []
        var punctual: [Timestamp] = []
        /// Of all, the older ones too.
        var count = 0
        var last: Timestamp?
    }

    /// The planned instants in (`anchor`, `reach`].
    private func past(after anchor: Timestamp, upTo reach: Timestamp, since: Timestamp, max limit: Int) -> Past {
        var past = Past()
        guard anchor < reach else { return past }
        let punctual = reach - Self.punctuality
        let oldest = min(reach - schedule.catchUp.window, punctual)
        switch plan {
        case .every(let length):
            let first = max(1, index(before: anchor, since, length) + 1)
            let last = index(before: reach, since, length)
            guard first <= last else { return past }
            past.count = Int(last - first + 1)
            past.last = grid(since, length, last)
            let onTime = max(first, index(before: punctual - .milliseconds(1), since, length) + 1)
            let inWindow = max(
                first,
                index(before: oldest - .milliseconds(1), since, length) + 1,
                onTime - Int64(limit)
            )
            past.missed = (inWindow..<max(inWindow, onTime)).compactMap { grid(since, length, $0) }
            past.punctual = (onTime..<max(onTime, last + 1)).compactMap { grid(since, length, $0) }
        case .cron:
            var planned = anchor
            if planned < oldest - .milliseconds(1) {
                planned = oldest - .milliseconds(1)
                if let older = last(after: anchor, upTo: planned) {
                    past.count = 1
                    past.last = older
                }
            }
            while let instant = next(after: planned, since: since), instant <= reach {
                if instant < punctual { past.missed.append(instant) } else { past.punctual.append(instant) }
                past.count += 1
                past.last = instant
                planned = instant
            }
        }
        return past
    }

    /// The last planned instant of a cron schedule in (`anchor`, `end`]: looked for in ever longer stretches before
    /// the end, because the way from the anchor may be long.
    private func last(after anchor: Timestamp, upTo end: Timestamp) -> Timestamp? {
        var length = Duration.hours(1)
        while true {
            let from = max(anchor, end - length)
            var found: Timestamp?
            while let instant = next(after: found ?? from, since: anchor), instant <= end { found = instant }
            if found != nil || from == anchor { return found }
            length *= 2
        }
    }
}
