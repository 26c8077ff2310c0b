internal import ArgumentParser
internal import ConfigurationFiles
internal import FoundationEssentials
internal import Scopes

/// Where the scope documents of a command are.
struct ScopeSource: ParsableArguments {
    @Option(
        name: .customLong("scopes"),
        help: ArgumentHelp("The directory of scope documents.", valueName: "directory")
    )
    var directory: String?

    /// What a directory of a repository is called where no configuration names one.
    static let repositoryDirectory = "etc/scopes"

    /// The directory: named by the option, by the configuration, else that of a repository.
    func path(_ environment: ProgramEnvironment, _ common: CommonOptions) throws -> String {
        if let directory { return Self.withoutSlash(directory) }
        guard common.config != nil || environment.variables["GRANTKEEPER_CONFIG"] != nil else {
            return Self.repositoryDirectory
        }
        let configuration = try Session.configuration(environment, common, checks: .none)
        guard let path = configuration.scopesPath else {
            throw CommandError(
                .badConfiguration,
                "no-scopes",
                "the configuration names no directory of scope documents, and there is no 'scopes' beside it",
                hint: "write 'scopes: DIRECTORY', or name one by --scopes"
            )
        }
        return Self.withoutSlash(path)
    }

    /// What the documents say.
    func documents(_ environment: ProgramEnvironment, _ common: CommonOptions) throws -> ScopeDocuments {
        try ScopeDirectory.read(path: try path(environment, common))
    }

    private static func withoutSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

/// Names of files as other programs want them: from the current directory, with slashes.
struct RelativeNames {
    private let base: String

    init(base: String = FileManager.default.currentDirectoryPath) {
        self.base = base.hasSuffix("/") ? base : base + "/"
    }

    /// The name from the current directory if the file is below it, else as it is.
    func name(of path: String) -> String {
        var path = path
        while path.hasPrefix("./") { path = String(path.dropFirst(2)) }
        return path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path
    }
}
