internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker
internal import Scheduling

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
