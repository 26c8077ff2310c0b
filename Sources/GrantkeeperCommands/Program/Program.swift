internal import ArgumentParser
internal import Records

/// The program: what `main` calls, and what tests run without a process of its own.
package enum Program {
    package static let version = "0.1.0"

    /// Runs one command line, without the program's name, and returns its exit status.
    package static func run(_ arguments: [String], _ environment: ProgramEnvironment) async -> Int32 {
        let console = Console(environment)
        do {
            var command = try Grantkeeper.parseAsRoot(arguments)
            guard let runnable = command as? any GrantkeeperCommand else {
                // The parser's own: help, or a group without a verb, which shows its help.
                try command.run()
                return 0
            }
            let status = try await runnable.perform(environment)
            if let why = environment.output.failure {
                throw CommandError(.failed, "output", "standard output cannot be written: \(why)")
            }
            return status.rawValue
        } catch let error where Grantkeeper.isParserError(error) {
            var message = Grantkeeper.fullMessage(for: error, columns: 100)
            let status = Grantkeeper.exitCode(for: error).rawValue
            if status != 0, arguments.contains("--json") {
                console.report(CommandError(parserMessage: message), asJSON: true)
                return status
            }
            if message.hasPrefix("Error: ") { message = "grantkeeper: error: " + message.dropFirst(7) }
            (status == 0 ? environment.output : environment.errors).write(Array((message + "\n").utf8))
            return status
        } catch {
            let failure = CommandError(error)
            console.report(failure, asJSON: arguments.contains("--json"))
            return failure.status.rawValue
        }
    }
}

/// A command as this program runs it.
protocol GrantkeeperCommand: AsyncParsableCommand {
    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus
}

struct Grantkeeper: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grantkeeper",
        abstract: "Keeps OAuth grants small and short-lived, and never ends one without evidence.",
        discussion: """
            Begin with 'grantkeeper init', or try it against its own authorization server: 'grantkeeper sandbox'.

            Exit status: 0 done, 2 done with findings or something held, 1 failed, 64 usage, 65 bad data, \
            69 no provider could be asked, 75 another run holds the lock, 78 bad configuration.
            """,
        version: Program.version,
        groupedSubcommands: [
            .init(
                name: "Run",
                subcommands: [
                    Worker.self, Rotate.self, Revalidate.self, Revoke.self, Contain.self, Exempt.self, Runs.self,
                ]
            ),
            .init(name: "Stop", subcommands: [FreezeCommand.self, Thaw.self]),
            .init(name: "Operate", subcommands: [Status.self, Schedules.self, Purge.self]),
            .init(name: "Scopes", subcommands: [ScopesGroup.self, BlastRadiusCommand.self]),
            .init(name: "Data", subcommands: [GrantsGroup.self, Usage.self, Events.self, Audit.self]),
            .init(name: "Set up", subcommands: [Init.self, Providers.self, Doctor.self, SandboxCommand.self]),
        ]
    )

    static func isParserError(_ error: any Error) -> Bool {
        if error is CommandError { return false }
        return error is CleanExit || error is ValidationError || error is ExitCode
            || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Flag(help: "Print JSON: one document, for lists one object a line.")
    var json = false
}

/// Why a person orders something.
struct ReasonOption: ParsableArguments {
    @Option(help: "Why; it stands in events and in the audit trail.")
    var reason: String

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason must say why") }
    }
}

/// Which grants a command is about.
struct SelectionOptions: ParsableArguments {
    @Option(help: "Only grants of this tenant.")
    var tenant: String?
    @Option(help: "Only grants at this provider.")
    var provider: String?
    @Option(help: "Only grants of this client.")
    var client: String?
}
