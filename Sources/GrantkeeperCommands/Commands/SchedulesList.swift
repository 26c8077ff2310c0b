internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import Records
internal import RotationWorker
internal import Scheduling

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
