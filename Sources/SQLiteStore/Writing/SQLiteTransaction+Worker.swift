internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func setBreaker(_ breaker: BreakerRecord?, of provider: ProviderID) throws {
        guard let breaker else {
            return try db.execute(sql: "DELETE FROM breakers WHERE provider = ?", arguments: [provider.rawValue])
        }
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO breakers (provider, failures, opened_at, retry_at, last_error)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                provider.rawValue, breaker.failures, breaker.openedAt.milliseconds, breaker.retryAt.milliseconds,
                breaker.lastError,
            ]
        )
    }

    func setCanaryState(_ state: CanaryState, of kind: TokenKind, at provider: ProviderID) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO canary_states (provider, kind, sound_at, failing_since, why) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                provider.rawValue, kind.code, state.soundAt?.milliseconds, state.failingSince?.milliseconds, state.why,
            ]
        )
    }

    func setSchedule(_ schedule: ScheduleRecord) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO schedules (name, definition, since, scheduled_at, is_open, started_at,
                    succeeded_at, outcome, failures, is_paused)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                schedule.name, schedule.definition, schedule.since.milliseconds, schedule.scheduledAt?.milliseconds,
                schedule.isOpen, schedule.startedAt?.milliseconds, schedule.succeededAt?.milliseconds,
                schedule.outcome, schedule.failures, schedule.isPaused,
            ]
        )
    }

    func removeSchedule(_ name: String) throws {
        try db.execute(sql: "DELETE FROM schedules WHERE name = ?", arguments: [name])
    }
}
