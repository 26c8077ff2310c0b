internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker
internal import Scheduling

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
        case .revalidate, .deliver, .auditCheckpoint, .purge, .rehearse: nil
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
