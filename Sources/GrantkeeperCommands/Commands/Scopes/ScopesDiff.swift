internal import ArgumentParser
internal import ConfigurationFiles
internal import Records
internal import Scopes

struct ScopesDiff: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What a change of the scope documents means: who may do more or less than before.",
        discussion: """
            'scopes diff main' compares the documents with those of a revision of git, 'scopes diff v1 v2' two \
            revisions; what is a directory is read as one. Status 2 if they differ in meaning.
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, changelog
    }

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Argument(help: ArgumentHelp("What to compare with: a revision of git, or a directory.", valueName: "revision"))
    var old: String
    @Argument(help: ArgumentHelp("What is new; without it the documents as they are.", valueName: "new revision"))
    var new: String?
    @Option(help: "How differences are written.")
    var format: Format?

    func validate() throws {
        if common.json, let format, format != .json { throw ValidationError("--json and --format \(format) exclude") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let path = try source.path(environment, common)
        let before = ScopeModel(try await ScopeRevision(name: old, directory: path).documents())
        let after: ScopeModel
        if let new {
            after = ScopeModel(try await ScopeRevision(name: new, directory: path).documents())
        } else {
            after = ScopeModel(try ScopeDirectory.read(path: path))
        }
        let differences = before.differences(to: after)
        switch format ?? (common.json ? .json : .text) {
        case .text:
            for difference in differences.all { console.line("\(difference.kind.rawValue): \(difference.sentence)") }
            if differences.isEmpty { console.line("no difference in meaning") }
        case .changelog:
            for sentence in differences.changelog { console.line("- \(sentence)") }
        case .json:
            for difference in differences.all {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("kind", difference.kind.rawValue)
                writer.member("gained", difference.gained.map(\.rawValue))
                writer.member("lost", difference.lost.map(\.rawValue))
                writer.member("sentence", difference.sentence)
                writer.member("follows_from_others", difference.followsFromOthers)
                writer.endObject()
                console.json(writer.bytes)
            }
        }
        return differences.isEmpty ? .success : .findings
    }
}
