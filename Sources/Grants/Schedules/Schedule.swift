/// When a job runs by itself, as one file of `schedules/` describes it.
package struct Schedule: Hashable, Sendable {
    package enum Job: String, CaseIterable, Sendable {
        case expire
        case revalidate
        case revoke
        case deliver
        case auditCheckpoint = "audit-checkpoint"
        case purge
        case rehearse
    }

    package enum Timing: Hashable, Sendable {
        /// Five fields, or `@daily` and the like; only its form is known to be right.
        case cron(String)
        /// From one planned start to the next.
        case every(Duration)
    }

    /// What happens to a start that falls into the run before it.
    package enum Overlap: String, CaseIterable, Sendable {
        case skip
        /// One start waits; further ones are dropped.
        case queueOne = "queue_one"
    }

    /// What happens to the starts that were missed while the worker was down.
    package struct CatchUp: Hashable, Sendable {
        /// So many of the missed starts are made up for; 0: none.
        package var max = 1
        /// Starts that were due longer ago are forgotten.
        package var window = Duration.hours(24)

        package init() {}
    }

    /// The part of the grants that a run looks at; nil lists mean all.
    package struct Narrowing: Hashable, Sendable {
        package var tenants: [TenantID]?
        package var providers: [ProviderID]?
        /// Only ``Job/rehearse`` is narrowed by them.
        package var clients: [ClientID]?

        package init() {}
    }

    /// The file's name without `.yaml`.
    package var name: String
    package var job: Job
    package var timing: Timing
    /// A name of the time zone database, such as `Europe/Berlin`.
    package var timeZone = "UTC"
    /// Starts are spread over this much time, by name, the same way each time.
    package var jitter = Duration.zero
    package var overlap = Overlap.skip
    package var catchUp = CatchUp()
    package var only = Narrowing()
    /// After so many failed runs in a row no further one starts until a person says so; nil: never paused.
    package var pauseAfterFailures: Int?

    package init(name: String, job: Job, timing: Timing) {
        self.name = name
        self.job = job
        self.timing = timing
    }
}
