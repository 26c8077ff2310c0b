internal import ArgumentParser
internal import Records

struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "What the worker runs by itself, and when.",
        subcommands: [SchedulesList.self, SchedulesNext.self, SchedulesCheck.self, SchedulesResume.self],
        defaultSubcommand: SchedulesList.self
    )
}

extension CommandError {
    static func unknownSchedule(_ name: String, among known: [String]) -> CommandError {
        let near = nearestWord(to: name, in: known)
        return CommandError(
            .badData,
            "unknown-schedule",
            "there is no schedule '\(Console.printable(name))'",
            hint: near.map { "did you mean '\(Console.printable($0))'?" } ?? "'grantkeeper schedules list' shows them"
        )
    }
}
