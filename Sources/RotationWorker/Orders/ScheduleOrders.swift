package import Grants

/// What people order about schedules.
package struct ScheduleOrders: Sendable {
    private let environment: RotationEnvironment

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
    }

    /// Takes back a schedule's pause and forgets its failures; returns what was known of it before.
    ///
    /// Starts that it missed meanwhile follow its `catch_up`. Nil: the store knows no such schedule.
    package func resume(_ name: String) async throws -> ScheduleRecord? {
        let (actor, now) = (environment.actor, environment.clock.now())
        return try await environment.store.write { writing in
            guard let known = try writing.schedules()[name] else { return nil }
            guard known.isPaused || known.failures > 0 else { return known }
            var record = known
            record.isPaused = false
            record.failures = 0
            try writing.setSchedule(record)
            var event = Event(Event.Kind.scheduleResumed, at: now)
            event.actor = actor
            event.details = ["schedule": .string(name), "failures": .number(Int64(known.failures))]
            try writing.append(event, about: nil)
            return known
        }
    }
}
