internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants

struct Status: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "What runs, what waits, and what needs a person.",
        discussion: """
            Reads the store only: it works without a key, beside a running worker, and while none runs. Exit status \
            2 if something needs a person.
            """
    )

    @OptionGroup var common: CommonOptions

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            let report = try await StatusReport.read(
                session.store,
                session.configuration,
                schedules: ScheduleDirectory.readable(path: session.configuration.schedulesPath),
                at: environment.clock.now()
            )
            if common.json { session.console.json(report.json()) } else { report.show(on: session.console) }
            return report.needs.isEmpty ? .success : .findings
        }
    }
}
