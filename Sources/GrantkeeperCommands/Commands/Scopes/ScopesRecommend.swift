internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import Records
internal import Scopes

struct ScopesRecommend: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "For each client the smallest set of scopes that covers what it uses and what its steps need.",
        discussion: """
            What was used is read from the store: the 'scope' member of usage lines says it. A client of which no \
            feed ever named a scope has the confidence none: what was not observed is not known to be unused.

            --patch prints a change of the scope documents that 'git apply' takes: what clients are registered with. \
            Status 2 where a client has more than it needs.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @OptionGroup var selection: SelectionOptions
    @Option(help: "How far back use counts.")
    var window = "90d"
    @Flag(help: "Print a unified diff of the scope documents.")
    var patch = false
    @Option(help: "The least confidence with which --patch changes something.")
    var confidence = Recommendation.Confidence.medium

    func validate() throws {
        if common.json, patch { throw ValidationError("--json and --patch exclude each other") }
        guard let duration = Duration(typed: window), duration > .zero else {
            throw ValidationError("--window is a time such as 90d or 36h")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let path = try source.path(environment, common)
        let (documents, files) = try Self.read(path)
        let model = ScopeModel(documents)
        let now = environment.clock.now()
        let length = Duration(typed: window) ?? .days(90)
        let report = try await Session.run(environment, common, .read) { session in
            let evidence = try await session.store.read { try ScopeEvidence($0) }
            return RecommendationReport(
                model,
                evidence,
                feeds: session.configuration.settings.feeds,
                selection: try selection.plain,
                window: length,
                now: now
            )
        }
        return try write(report, documents, files, environment)
    }

    /// Kept out of what is asynchronous: the compiler (6.3.1, -O) fails on too much of it in one coroutine.
    @inline(never)
    private func write(
        _ report: RecommendationReport,
        _ documents: ScopeDocuments,
        _ files: [ScopeFile],
        _ environment: ProgramEnvironment
    ) throws -> ExitStatus {
        let console = Console(environment)
        guard !report.items.isEmpty else { throw nothing(in: documents) }
        if patch {
            let patch = RegistrationPatch(report.items.map(\.recommendation), documents, files, least: confidence)
            for note in patch.notes { console.note(note) }
            environment.output.write(Array(patch.text(RelativeNames()).utf8))
        } else if common.json {
            console.json(report.json)
        } else {
            report.show(on: console)
        }
        return report.items.allSatisfy(\.recommendation.isMinimal) ? .success : .findings
    }

    private static func read(_ path: String) throws -> (ScopeDocuments, [ScopeFile]) {
        do throws(ConfigurationErrors) {
            return try ScopeDirectory.readWithFiles(path: path)
        } catch {
            throw CommandError(unreadable: error)
        }
    }

    /// The selection has no client of the documents.
    private func nothing(in documents: ScopeDocuments) -> CommandError {
        for (word, what) in [
            (selection.client, "client"), (selection.tenant, "tenant"), (selection.provider, "provider"),
        ] {
            guard let word else { continue }
            let known = documents.names(of: what)
            guard !known.contains(word) else { continue }
            return CommandError(
                .usage,
                "unknown-\(what)",
                "no scope document has the \(what) '\(Console.printable(word))'",
                hint: nearestWord(to: word, in: known).map { "did you mean '\(Console.printable($0))'?" }
            )
        }
        return CommandError(
            .usage,
            "no-client",
            "the scope documents have no client of that tenant, provider and name",
            hint: "'grantkeeper scopes explain TENANT' lists the clients of a tenant"
        )
    }
}

extension Recommendation.Confidence: ExpressibleByArgument {}

extension ScopeDocuments {
    /// What an option of the name may be, in order.
    func names(of what: String) -> [String] {
        let clients = tenants.flatMap(\.clients)
        let names: [String] =
            switch what {
            case "client": clients.map(\.id.value.rawValue)
            case "tenant": tenants.map(\.id.value.rawValue)
            case "provider": clients.map(\.provider.value.rawValue)
            default: catalogue.scopes.map(\.name.value.rawValue) + catalogue.blankets.map(\.pattern.value.rawValue)
            }
        return Set(names).sorted()
    }
}
