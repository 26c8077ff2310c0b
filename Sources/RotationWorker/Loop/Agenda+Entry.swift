internal import Grants
internal import Scheduling

extension Agenda {
    /// What makes an entry begin.
    enum Beginning {
        /// Its times, and a change of the store where it has an interval.
        case planned(ScheduleTimes)
        /// Something in its queue.
        case queued
        /// Nothing any more: its file is gone, and its run still holds the job.
        case removed
    }

    struct Entry {
        var schedule: Schedule
        var beginning: Beginning
        var record: ScheduleRecord?
        /// The start whose run goes on.
        var running: Start?
        var begunAt: Timestamp?
        /// Planned instants that came while it ran, and count as settled.
        var skippedThrough: Timestamp?
        /// One that waits for the run, or for somebody else's, to end.
        var waiting: Timestamp?
        var notBefore: Timestamp?
        var wokenAt: Timestamp?
        /// The store has changed since it ran last.
        var isStirred = false

        init(_ schedule: Schedule, _ beginning: Beginning) {
            self.schedule = schedule
            self.beginning = beginning
        }

        var times: ScheduleTimes? {
            guard case .planned(let times) = beginning else { return nil }
            return times
        }

        var isQueue: Bool {
            guard case .queued = beginning else { return false }
            return true
        }

        var isRemoved: Bool {
            guard case .removed = beginning else { return false }
            return true
        }
    }
}
