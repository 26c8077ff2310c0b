internal import ArgumentParser
internal import Grants
internal import Scopes

struct ScopesDiff: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What is different between two states of the scope documents, by what it means.",
        discussion: """
            FROM and TO are directories, and where there is no such directory revisions of git (gitrevisions(7)) of \
            the directory of scope documents. Without TO it is compared with the documents as they are now.

            Two sets that are worded otherwise and mean the same do not differ. --live reads the store and says what \
            the change means for the grants in it; nothing is written. Status 0 whether they differ or not; with \
            --exit-code 2 where they do.
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, changelog, json
    }

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Argument(help: "The documents before: a revision, or a directory.")
    var from: String
    @Argument(help: "The documents after.")
    var to: String?
    @Flag(help: "Also say what it means for the grants in the store.")
    var live = false
    @Option(help: "How differences are written.")
    var format: Format?
    @Flag(help: "End with status 2 where something differs.")
    var exitCode = false

    func validate() throws {
        if common.json, let format, format != .json { throw ValidationError("--json and --format \(format) exclude") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let path = try source.path(environment, common)
        let revision = ScopeRevision(directory: path)
        // Both at once: large documents take their time.
        async let before = model(ScopeRevision.Name(from), revision, console)
        async let after = model(ScopeRevision.Name(to ?? path), revision, console)
        let (old, new) = try await (before, after)
        var report = ScopeDiffReport(differences: old.differences(to: new))
        if live {
            let differences = report.differences
            report.live = try await Session.run(environment, common, .read) { session in
                try await session.store.read { reading in
                    old.meaning(of: differences, to: new, for: try LiveHoldings(reading).all)
                }
            }
        }
        switch format ?? (common.json ? .json : .text) {
        case .text: for line in report.text { console.line(line) }
        case .changelog: for line in report.changelog { console.line(line) }
        case .json: console.json(report.json)
        }
        return exitCode && !report.differences.isEmpty ? .findings : .success
    }

    /// Of a directory that was not there yet all is new.
    private nonisolated func model(
        _ name: ScopeRevision.Name,
        _ revision: ScopeRevision,
        _ console: Console
    ) async throws -> ScopeModel {
        try await Self.elsewhere {
            guard let documents = try await revision.documents(name) else {
                console.note("there are no scope documents in '\(Console.printable(name.word))': all is new")
                return ScopeModel(ScopeDocuments())
            }
            return ScopeModel(documents)
        }
    }

    /// On a thread that is not the caller's.
    @concurrent
    private static func elsewhere(_ body: @Sendable () async throws -> ScopeModel) async throws -> ScopeModel {
        try await body()
    }
}
