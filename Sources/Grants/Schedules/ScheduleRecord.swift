/// What the store remembers of a schedule, so that a restart neither skips nor repeats a start.
package struct ScheduleRecord: Hashable, Sendable {
    package var name: String
    /// The job, times and zone that ``scheduledAt`` was computed with: another one begins anew.
    package var definition: String
    /// When it was first seen, or began anew: starts before it do not exist.
    package var since: Timestamp
    /// The planned instant, jitter left out, of the last start that was taken up; nil: none was.
    package var scheduledAt: Timestamp?
    /// That start has not come to its end: the worker was stopped or killed in it.
    package var isOpen = false
    package var startedAt: Timestamp?
    package var succeededAt: Timestamp?
    /// `done`, `held`, `failed`; nil: no run ended yet.
    package var outcome: String?
    /// Failed runs in a row.
    package var failures = 0
    /// It waits for a person, after too many failures.
    package var isPaused = false

    package init(name: String, definition: String, since: Timestamp) {
        self.name = name
        self.definition = definition
        self.since = since
    }
}
