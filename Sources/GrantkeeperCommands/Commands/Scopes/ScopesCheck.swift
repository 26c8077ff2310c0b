internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import Scopes

struct ScopesCheck: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong in scope documents, and in scopes that are asked for.",
        discussion: """
            Without --scopes, --config and GRANTKEEPER_CONFIG the documents are those in etc/scopes. Nothing else is \
            read, and nothing is sent.

            Status 2 with findings, 78 with a document that cannot be read. docs/scopes.md has snippets for CI.
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, sarif, junit, github
    }

    enum FailOn: String, CaseIterable, ExpressibleByArgument {
        case error, warning, note, never

        /// nil: nothing is bad enough.
        var severity: ScopeFinding.Severity? { ScopeFinding.Severity(rawValue: rawValue) }
    }

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource

    @Option(help: ArgumentHelp("Check what this file asks for too; - is standard input.", valueName: "file"))
    var requested: [String] = []
    @Option(help: "What the files of --requested are, where it is not what they look like.")
    var requestedForm: RequestedForm?
    @OptionGroup(title: "For whom scopes are asked for, where the file does not say it")
    var context: RequestContextOptions

    @Option(help: "How findings are written.")
    var format: Format?
    @Option(help: "The least severe finding that makes the status 2.")
    var failOn = FailOn.warning

    func validate() throws {
        if common.json, let format, format != .json { throw ValidationError("--json and --format \(format) exclude") }
        if requested.isEmpty, requestedForm != nil || context.isGiven {
            throw ValidationError("what is asked for is read from a file: --requested FILE, or --requested -")
        }
        if requested.filter({ $0 == "-" }).count > 1 { throw ValidationError("--requested - can be given once") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let format = format ?? (common.json ? .json : .text)
        let path = try source.path(environment, common)
        var report = ScopeCheckReport(failOn: failOn.severity)
        do throws(ConfigurationErrors) {
            let requests = try read(path, environment, &report)
            guard let documents = report.documents else { return .badConfiguration }
            report.findings = ScopeCheck(ScopeModel(documents), requests: requests, now: environment.clock.now())
                .report()
        } catch {
            // A reader of annotations wants a mistake at its line too.
            report.mistakes = error.problems
            if format != .text, format != .json { write(report, format, environment) }
            let isRequest = error.problems.allSatisfy { report.requestFiles.contains($0.file) }
            throw isRequest ? CommandError(unreadableRequest: error) : CommandError(unreadable: error)
        }
        write(report, format, environment)
        return report.isFailed ? .findings : .success
    }

    /// Reads all there is, so that all mistakes are told at once.
    private func read(
        _ path: String,
        _ environment: ProgramEnvironment,
        _ report: inout ScopeCheckReport
    ) throws(ConfigurationErrors) -> [RequestedScopes] {
        report.requestFiles = requested.map { $0 == "-" ? StandardInput.name : $0 }
        var problems: [ConfigurationProblem] = []
        var requests: [RequestedScopes] = []
        do throws(ConfigurationErrors) {
            report.documents = try ScopeDirectory.read(path: path)
        } catch {
            problems += error.problems
        }
        for file in requested {
            do throws(ConfigurationErrors) {
                let asked: [RequestedScopes]
                if file == "-" {
                    let text = try StandardInput.text(environment.standardInput)
                    asked = try RequestedFile.parse(text, path: StandardInput.name, form: requestedForm)
                } else {
                    asked = try RequestedFile.read(path: file, form: requestedForm)
                }
                if asked.allSatisfy(\.scopes.isEmpty) {
                    report.filesWithoutScopes.append(file == "-" ? StandardInput.name : file)
                }
                requests += asked
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        return requests.map(context.completing)
    }

    private func write(_ report: ScopeCheckReport, _ format: Format, _ environment: ProgramEnvironment) {
        let console = Console(environment)
        switch format {
        case .text: report.text.forEach(console.line)
        case .json: console.json(report.json)
        case .sarif: console.json(report.sarif(RelativeNames()))
        case .junit: environment.output.write(Array(report.junit(RelativeNames()).utf8))
        case .github: report.annotations(RelativeNames()).forEach(console.line)
        }
    }
}

extension RequestedForm: ExpressibleByArgument {}

extension CommandError {
    /// Documents that are no configuration of ours, but are as bad.
    init(unreadable errors: ConfigurationErrors) {
        self.init(errors)
        code = "scopes"
        message = "the scope documents have \(Console.count(errors.problems.count, "mistake"))"
    }

    /// The documents are well, what is asked for is not.
    init(unreadableRequest errors: ConfigurationErrors) {
        self.init(unreadable: errors)
        status = .badData
        code = "requested"
        message = "what is asked for has \(Console.count(errors.problems.count, "mistake"))"
    }
}
