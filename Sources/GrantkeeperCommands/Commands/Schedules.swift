internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import Records
internal import RotationWorker
internal import Scheduling

struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the worker runs by itself, and when.",
        subcommands: [SchedulesList.self, SchedulesNext.self, SchedulesCheck.self, SchedulesResume.self],
        defaultSubcommand: SchedulesList.self
    )
}

struct SchedulesList: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Each schedule with its next and last start.",
        discussion: "Status 2 if one is paused after failures; 'schedules resume NAME' lets it go on."
    )

    @OptionGroup var common: CommonOptions

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let book = try await ScheduleBook.open(environment, common)
        if common.json {
            for entry in book.entries { console.json(Self.json(entry)) }
        } else if book.entries.isEmpty {
            console.line("no schedules in \(Console.printableLong(book.configuration.schedulesPath))")
        } else {
            console.table(
                ["NAME", "JOB", "WHEN", "NEXT", "LOCAL", "LAST START", "LAST SUCCESS", "FAILURES", "STATE"],
                book.entries.map { entry in
                    let isPaused = entry.record?.isPaused == true
                    let next = isPaused ? nil : entry.starts.next
                    return [
                        Console.printable(entry.schedule.name), entry.schedule.job.rawValue, entry.schedule.whenWords,
                        next?.description ?? "–", next.map { entry.times.zone.localTime(at: $0) } ?? "–",
                        entry.record?.startedAt?.description ?? "–", entry.record?.succeededAt?.description ?? "–",
                        String(entry.record?.failures ?? 0), Self.state(entry),
                    ]
                }
            )
        }
        return book.entries.contains { $0.record?.isPaused == true } ? .findings : .success
    }

    private static func state(_ entry: ScheduleBook.Entry) -> String {
        if entry.record?.isPaused == true { return "paused: 'schedules resume \(entry.schedule.name)'" }
        if !entry.starts.due.isEmpty { return "due" }
        return entry.record == nil ? "not seen by the worker yet" : entry.record?.outcome ?? "waits"
    }

    private static func json(_ entry: ScheduleBook.Entry) -> [UInt8] {
        let isPaused = entry.record?.isPaused == true
        let next = isPaused ? nil : entry.starts.next
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", entry.schedule.name)
        writer.member("job", entry.schedule.job.rawValue)
        switch entry.schedule.timing {
        case .cron(let text): writer.member("cron", text)
        case .every(let interval): writer.member("every", interval.typed)
        }
        writer.member("time_zone", entry.schedule.timeZone)
        writer.member("due", isPaused ? 0 : entry.starts.due.count)
        writer.member("next_at", time: next?.milliseconds)
        writer.member("next_local", next.map { entry.times.zone.localTime(at: $0) })
        writer.member("last_start_at", time: entry.record?.startedAt?.milliseconds)
        writer.member("last_success_at", time: entry.record?.succeededAt?.milliseconds)
        writer.member("outcome", entry.record?.outcome)
        writer.member("failures", entry.record?.failures ?? 0)
        writer.member("paused", isPaused)
        writer.endObject()
        return writer.bytes
    }
}

struct SchedulesNext: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "The coming starts in the order of time, in local time and UTC.",
        discussion: "With what a blackout would hold. Paused schedules are left out."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "So many starts.")
    var count = 10
    @Argument(help: "Only of this schedule.")
    var name: String?

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("--count is from 1 to 10000") }
    }

    private struct Start {
        var entry: ScheduleBook.Entry
        var planned: Timestamp
        /// Planned and the delay; for what is due already, now.
        var at: Timestamp
        var isDue = false
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let book = try await ScheduleBook.open(environment, common)
        if let name, !book.entries.contains(where: { $0.schedule.name == name }) {
            throw CommandError.unknownSchedule(name, among: book.entries.map(\.schedule.name))
        }
        let wanted = book.entries.filter { name == nil || $0.schedule.name == name }
        for entry in wanted where entry.record?.isPaused == true {
            console.warning(
                "'\(Console.printable(entry.schedule.name))' is paused after \(entry.record?.failures ?? 0) failures",
                hint: "'grantkeeper schedules resume \(Console.printable(entry.schedule.name))' lets it go on"
            )
        }
        let starts = coming(wanted.filter { $0.record?.isPaused != true }, now: environment.clock.now())
        if common.json {
            for start in starts { console.json(json(start, blackout(start, book))) }
            return .success
        }
        guard !starts.isEmpty else {
            console.line("nothing comes")
            return .success
        }
        console.table(
            ["AT", "LOCAL", "SCHEDULE", "JOB", "HELD"],
            starts.map { start in
                [
                    start.isDue ? "now" : start.at.description,
                    start.entry.times.zone.localTime(at: start.at), Console.printable(start.entry.schedule.name),
                    start.entry.schedule.job.rawValue, words(blackout(start, book)),
                ]
            }
        )
        return .success
    }

    private func coming(_ entries: [ScheduleBook.Entry], now: Timestamp) -> [Start] {
        var starts: [Start] = []
        for entry in entries {
            starts += entry.starts.due.map { Start(entry: entry, planned: $0, at: now, isDue: true) }
            let delay = entry.schedule.delay
            var planned = entry.starts.next.map { $0 - delay }
            for _ in 0..<count {
                guard let instant = planned else { break }
                starts.append(Start(entry: entry, planned: instant, at: instant + delay))
                planned = entry.times.next(after: instant, since: entry.since)
            }
        }
        // By name where the time is the same: the entries are in that order, and a stable order is easier to read.
        return Array(
            starts.enumerated()
                .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
                .map(\.element)
                .prefix(count)
        )
    }

    /// What a blackout holds of it: ends, quarantines and notices, and revocations that no person ordered.
    private func blackout(_ start: Start, _ book: ScheduleBook) -> BlackoutStretch? {
        switch start.entry.schedule.job {
        case .expire, .revoke: book.blackouts.stretch(at: start.at)
        case .revalidate, .deliver, .auditCheckpoint, .purge: nil
        }
    }

    private func words(_ blackout: BlackoutStretch?) -> String {
        guard let blackout else { return "" }
        return "blackout until \(blackout.end?.description ?? "further notice"): "
            + Console.printable(blackout.blackout.reason)
    }

    private func json(_ start: Start, _ blackout: BlackoutStretch?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", start.entry.schedule.name)
        writer.member("job", start.entry.schedule.job.rawValue)
        writer.member("at", time: start.at.milliseconds)
        writer.member("local", start.entry.times.zone.localTime(at: start.at))
        writer.member("planned_at", time: start.planned.milliseconds)
        writer.member("due", start.isDue)
        if let blackout {
            writer.object("blackout") { writer in
                writer.member("reason", blackout.blackout.reason)
                writer.member("until", time: blackout.end?.milliseconds)
            }
        }
        writer.endObject()
        return writer.bytes
    }
}

struct SchedulesCheck: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read all schedule files and say what is wrong with them.",
        discussion: "Status 78 for a mistake, 2 where two schedules do the same job on the same grants."
    )

    @OptionGroup var common: CommonOptions

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let book = try await ScheduleBook.open(environment, common)
        for entry in book.entries {
            let schedule = entry.schedule
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("name", schedule.name)
                writer.member("job", schedule.job.rawValue)
                writer.member("ok", true)
                writer.endObject()
                console.json(writer.bytes)
            } else {
                console.line(
                    "ok   \(Console.printable(schedule.name)): \(schedule.job.rawValue), \(schedule.whenWords)"
                )
            }
        }
        for (first, second) in book.overlaps {
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("overlap", [first.name, second.name])
                writer.member("job", first.job.rawValue)
                writer.member("ok", false)
                writer.endObject()
                console.json(writer.bytes)
            } else {
                console.line(
                    "LOOK \(Console.printable(first.name)) and \(Console.printable(second.name)): both are "
                        + "\(first.job.rawValue) for some of the same grants; one of them is enough, or 'only' "
                        + "tells them apart"
                )
            }
        }
        return book.overlaps.isEmpty ? .success : .findings
    }
}

struct SchedulesResume: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a schedule go on that is paused after failures.",
        discussion: "Its failures are forgotten. Starts that it missed meanwhile follow its catch_up."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The schedule, as 'schedules list' names it.")
    var name: String

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let configuration = try Session.configuration(environment, common, checksFiles: false)
        // A mistake in another file must not keep this one paused.
        let files =
            (try? ScheduleDirectory.read(path: configuration.schedulesPath, knowing: configuration.settings)) ?? []
        let known = try await records(environment)
        guard known.contains(name) || files.contains(where: { $0.name == name }) else {
            throw CommandError.unknownSchedule(name, among: files.map(\.name) + known)
        }
        var before: ScheduleRecord?
        if known.contains(name) {
            before = try await Session.run(environment, common, .write) { session in
                try await ScheduleOrders(session.rotation).resume(name)
            }
        }
        let console = Console(environment)
        if common.json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("name", name)
            writer.member("was_paused", before?.isPaused ?? false)
            writer.member("failures", before?.failures ?? 0)
            writer.endObject()
            console.json(writer.bytes)
        } else if let before, before.isPaused {
            console.line("'\(Console.printable(name))' goes on, after \(Console.count(before.failures, "failure"))")
        } else {
            console.line("'\(Console.printable(name))' was not paused")
        }
        return .success
    }

    /// The names that the store knows.
    private func records(_ environment: ProgramEnvironment) async throws -> [String] {
        do {
            return try await Session.run(environment, common, .read) { session in
                try await session.store.read { try $0.schedules().keys.sorted() }
            }
        } catch let error as StoreError where error.code == .missing {
            return []
        }
    }
}

extension CommandError {
    fileprivate static func unknownSchedule(_ name: String, among known: [String]) -> CommandError {
        let near = nearestWord(to: name, in: known)
        return CommandError(
            .badData,
            "unknown-schedule",
            "there is no schedule '\(Console.printable(name))'",
            hint: near.map { "did you mean '\(Console.printable($0))'?" } ?? "'grantkeeper schedules list' shows them"
        )
    }
}
