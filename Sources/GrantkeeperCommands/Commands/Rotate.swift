internal import ArgumentParser
internal import Grants
internal import RotationWorker

struct Rotate: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Run expiry, then revalidation, once and now.",
        discussion: """
            Plans what the rules say of the stored grants, passes the plan through the gates, carries out what is \
            left, works the queue of revocations once, asks the providers about the grants that are due, and \
            delivers the events. A dry run writes nothing and sends nothing.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions

    @Flag(help: "Show what a run would do; write nothing, send nothing.")
    var dryRun = false
    @Flag(help: "Judge every live grant, not only those that are due.")
    var full = false
    @Option(help: ArgumentHelp("Write the plan, one line a decision.", valueName: "file"))
    var planOut: String?
    @Option(help: ArgumentHelp("Carry out only if the plan is still the one in this file.", valueName: "file"))
    var apply: String?
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func validate() throws {
        if dryRun, apply != nil { throw ValidationError("--dry-run and --apply exclude each other") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let wanted = try apply.map { try PlanFile.header($0) }
        if let wanted, !only.isEmpty, try wanted.selection != only.plain {
            throw CommandError(
                .usage,
                "other-selection",
                "the plan in '\(apply ?? "")' was made for \(wanted.selection.words)"
            )
        }
        return try await Session.run(environment, common, dryRun ? .plan : .providers) { session in
            let started = environment.clock.now()
            let selection: GrantSelection =
                if let wanted { wanted.selection } else { try await only.selection(session) }
            let runner = RotationRunner(
                session: session,
                environment: environment,
                selection: selection,
                isFull: full || wanted?.isFull == true,
                wait: wait?.duration,
                started: started
            )
            let report =
                try await dryRun
                ? runner.dryRun(planOut: planOut)
                : runner.run(planOut: planOut, expecting: wanted?.planHash)
            session.clearProgress()
            if common.json { session.console.json(report.json()) } else { report.show(on: session.console) }
            return report.status
        }
    }
}

/// A duration on the command line.
struct WaitingTime: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = Duration(typed: argument) else { return nil }
        self.duration = duration
    }
}
