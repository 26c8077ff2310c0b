internal import ArgumentParser
internal import RotationWorker

struct AuditCheckpoint: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Check what is new in the journal, and print a line to keep elsewhere.",
        discussion: """
            The line names the last entry and its hash. Kept where nobody who can write the store can change it, it \
            shows later whether the journal was cut off or rewritten: 'audit verify --checkpoint SEQ:HASH'.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .write) { session in
            let report = try await RecordedJob(session: session, environment: environment).perform(
                AuditCheckpointJob.name,
                wait: wait?.duration,
                summary: { ($0.status, $0.json()) }
            ) { lock, _ in
                try await AuditCheckpointJob(session.rotation, lock: lock).perform()
            }
            session.clearProgress()
            if common.json { session.console.json(report.json()) } else { session.console.line(report.line) }
            return report.status
        }
    }
}
