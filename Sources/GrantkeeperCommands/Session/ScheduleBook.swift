internal import ConfigurationFiles
internal import Grants
internal import Scheduling

/// The schedules as the files and the store have them at one moment.
struct ScheduleBook {
    struct Entry {
        var times: ScheduleTimes
        /// nil: the worker has not seen it yet, or saw it with other times.
        var record: ScheduleRecord?
        var starts: Starts
        /// What ``starts`` was found with.
        var since: Timestamp

        var schedule: Schedule { times.schedule }
    }

    /// By name.
    let entries: [Entry]
    let blackouts: BlackoutCalendar
    let configuration: Configuration

    /// Reads the files and, where there is one already, the store.
    static func open(_ environment: ProgramEnvironment, _ options: CommonOptions) async throws -> ScheduleBook {
        let configuration = try Session.configuration(environment, options, checks: .none)
        let schedules = try ScheduleDirectory.read(
            path: configuration.schedulesPath,
            knowing: configuration.settings
        )
        var records: [String: ScheduleRecord] = [:]
        do {
            records = try await Session.run(environment, options, .read) { session in
                try await session.store.read { try $0.schedules() }
            }
        } catch let error as StoreError where error.code == .missing {
            for warning in configuration.warnings { Console(environment).warning("\(warning)", hint: warning.hint) }
        }
        let now = environment.clock.now()
        let entries = try schedules.map { schedule in
            let times = try ScheduleTimes(schedule)
            let record = records[schedule.name].flatMap { $0.definition == schedule.definition ? $0 : nil }
            let known = record ?? ScheduleRecord(name: schedule.name, definition: schedule.definition, since: now)
            let starts = times.starts(known, now: now)
            return Entry(times: times, record: record, starts: starts, since: starts.isReset ? now : known.since)
        }
        return ScheduleBook(
            entries: entries,
            blackouts: try BlackoutCalendar(configuration.settings.policy.blackouts),
            configuration: configuration
        )
    }

    /// Names of schedules that may do the same work on the same grants.
    var overlaps: [(first: Schedule, second: Schedule)] {
        let schedules = entries.map(\.schedule)
        return schedules.indices.flatMap { index in
            schedules[(index + 1)...].filter { schedules[index].claimsSame(as: $0) }.map { (schedules[index], $0) }
        }
    }
}

extension Schedule {
    /// `cron 15 2 * * *` or `every 15m`.
    var whenWords: String {
        switch timing {
        case .cron(let text): "cron \(text)"
        case .every(let interval): "every \(interval.typed)"
        }
    }

    fileprivate func claimsSame(as other: Schedule) -> Bool {
        guard job == other.job else { return false }
        switch job {
        case .deliver, .auditCheckpoint, .purge: return true
        // Two orders are two rehearsals, whatever grants they share.
        case .rehearse: return only == other.only
        case .expire, .revalidate, .revoke: break
        }
        func meet<ID: Hashable>(_ mine: [ID]?, _ others: [ID]?) -> Bool {
            guard let mine, let others else { return true }
            return !Set(mine).isDisjoint(with: others)
        }
        return meet(only.tenants, other.only.tenants) && meet(only.providers, other.only.providers)
    }
}
