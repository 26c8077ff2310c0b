internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import RotationWorker

struct Purge: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Archive and remove what is over and old, by 'retention'.",
        discussion: """
            Ended grants, the journal's oldest entries and past runs leave the store once they are in an archive \
            that is synced. An entry that a sink still needs stays. The file does not get smaller: its free pages \
            are used again.
            """
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Show what would leave; write nothing.")
    var dryRun = false
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, dryRun ? .read : .write) { session in
            let retention = session.configuration.retention
            let report =
                if dryRun {
                    try await PurgeJob.forecast(session.rotation, retention: retention)
                } else {
                    try await RecordedJob(session: session, environment: environment).perform(
                        PurgeJob.name,
                        wait: wait?.duration,
                        summary: { ($0.status, $0.json()) }
                    ) { lock, run in
                        try await PurgeJob(session.rotation, retention: retention, lock: lock, run: run).perform()
                    }
                }
            session.clearProgress()
            if common.json { session.console.json(report.json()) } else { report.show(on: session.console) }
            if retention.purgesNothing {
                session.console.note("nothing is ever purged: the configuration has no period under 'retention'")
            }
            return report.status
        }
    }
}
