package import Grants
internal import Scheduling

/// The store's memory of the starts: which planned instant was taken up, and what became of it.
///
/// A start is taken up under its job's lock, so that of two workers only one does; it stays open until its run has
/// ended, so that one that was killed is begun again.
package enum StartBook {
    /// A start that was taken up.
    package struct Claim: Sendable {
        /// When the schedule's run before it began; nil: there was none.
        package var previous: Timestamp?
    }

    /// Takes up a planned start.
    ///
    /// nil: another worker has settled it, or a person has paused it meanwhile.
    package static func claim(_ start: Start, at now: Timestamp, in writing: any StoreWriting) throws -> Claim? {
        guard var record = try writing.schedules()[start.schedule.name] else {
            return start.planned == nil ? Claim() : nil
        }
        guard !record.isPaused else { return nil }
        let claim = Claim(previous: record.startedAt)
        if let planned = start.planned {
            guard record.definition == start.schedule.definition else { return nil }
            if let last = record.scheduledAt, last > planned || (last == planned && !record.isOpen) { return nil }
            record.scheduledAt = planned
            record.isOpen = true
        }
        record.startedAt = now
        try writing.setSchedule(record)
        return claim
    }

    /// Writes down how the run of a start ended; after too many failures in a row the schedule waits for a person.
    ///
    /// `unavailable`, where no provider could be asked, is neither a success nor a failure of ours.
    package static func close(
        _ start: Start,
        outcome: String,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws {
        guard var record = try writing.schedules()[start.schedule.name] else { return }
        if start.planned == record.scheduledAt { record.isOpen = false }
        record.outcome = outcome
        if outcome == "failed" {
            record.failures += 1
            if let limit = start.schedule.pauseAfterFailures, record.failures >= limit { record.isPaused = true }
        } else if outcome != "unavailable" {
            record.failures = 0
            record.succeededAt = now
        }
        try writing.setSchedule(record)
    }

    /// Brings the records in line with the schedules: new and changed ones begin at `now`, others are forgotten.
    package static func reconcile(
        _ schedules: [Schedule],
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws -> [String: ScheduleRecord] {
        var known = try writing.schedules()
        for name in Set(known.keys).subtracting(schedules.map(\.name)) {
            try writing.removeSchedule(name)
            known[name] = nil
        }
        for schedule in schedules where known[schedule.name]?.definition != schedule.definition {
            var record = ScheduleRecord(name: schedule.name, definition: schedule.definition, since: now)
            // A person paused it, whatever its times are now.
            record.isPaused = known[schedule.name]?.isPaused ?? false
            record.failures = known[schedule.name]?.failures ?? 0
            try writing.setSchedule(record)
            known[schedule.name] = record
        }
        return known
    }
}
