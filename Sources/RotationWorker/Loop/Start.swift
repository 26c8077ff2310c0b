package import Grants

/// One run that the worker begins.
package struct Start: Hashable, Sendable {
    /// Why it begins now.
    package enum Cause: String, Sendable {
        /// Its planned time has come, or came while the worker was down.
        case planned
        /// Somebody else changed the store, and there is something to do.
        case changed
        /// Work that was decided waits in a queue.
        case queued
    }

    package var schedule: Schedule
    package var cause: Cause
    /// The planned instant that it settles; nil: none, it is one more.
    package var planned: Timestamp?

    package init(schedule: Schedule, cause: Cause, planned: Timestamp?) {
        self.schedule = schedule
        self.cause = cause
        self.planned = planned
    }
}

/// What became of a start.
package enum Ending: Hashable, Sendable {
    /// It ran to its end; the outcome is `done`, `held` or `unavailable`.
    case ran(outcome: String)
    case failed(String)
    /// Somebody else does this job now; the sentence says who.
    case busy(String)
    /// Something was in its way before it was taken up, so that it is still due; the sentence says what.
    case postponed(String)
    /// Another worker has settled it.
    case settled
    /// We were told to stop: it is begun again by the next worker.
    case interrupted
}

/// Carries out what the worker begins.
package protocol StartRunner: Sendable {
    func run(_ start: Start) async -> Ending
}

/// What makes the worker look around.
package enum Trigger: Hashable, Sendable {
    /// The timer; it may come too early, too often, or late.
    case tick
    /// `SIGHUP`.
    case reload
    case ended(Start, Ending)
    /// Begin nothing more, let what runs end its batch.
    case stop
    /// Wait for nothing any more.
    case cutShort
}
