internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import Records
internal import RotationWorker

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
        let configuration = try Session.configuration(environment, common, checks: .none)
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
