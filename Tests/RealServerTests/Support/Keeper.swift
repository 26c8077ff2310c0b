import FoundationEssentials
import Glibc
import Records
import Subprocess
import SystemPackage
import Testing

/// The built program with a configuration and a store of its own.
struct Keeper: Sendable {
    typealias Child = Execution<NoInput, StringOutput<UTF8>, StringOutput<UTF8>>

    /// How the program ended, and what it said.
    struct Outcome: Sendable {
        var termination: TerminationStatus
        var output: String
        var errors: String

        var status: Int32? {
            if case .exited(let code) = termination { code } else { nil }
        }

        /// The one document of `--json`.
        var json: JSONObject {
            get throws {
                try #require(!output.isEmpty, "nothing on standard output; standard error: \(errors)")
                return try JSONObject(parsing: Array(output.utf8))
            }
        }

        var lines: [JSONObject] {
            get throws { try output.split(separator: "\n").map { try JSONObject(parsing: Array($0.utf8)) } }
        }
    }

    let folder: String

    /// Beside the test bundle, where one build puts both.
    private static let program: String = {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appending(path: "grantkeeper").path
    }()

    init(_ settings: KeeperSettings) throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/grantkeeper-real-XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { name in name.baseAddress.flatMap { mkdtemp($0) } != nil }
        try #require(isMade, "no directory for the test's files")
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try configure(settings)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: path(name)) }

    /// Writes the configuration and its secrets anew; the store stays.
    func configure(_ settings: KeeperSettings) throws {
        try write(settings.yaml, to: "grantkeeper.yaml")
        for (name, secret) in settings.secrets { try write(secret, to: name) }
    }

    /// Writes a schedule of this name.
    func schedule(_ name: String, _ yaml: String) throws {
        try FileManager.default.createDirectory(atPath: path("schedules"), withIntermediateDirectories: true)
        try write(yaml, to: "schedules/\(name).yaml")
    }

    func write(_ text: String, to name: String) throws {
        let isWritten = FileManager.default.createFile(
            atPath: path(name),
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        try #require(isWritten, "cannot write \(name)")
    }

    // MARK: Running

    @discardableResult
    func run(_ arguments: String...) async throws -> Outcome {
        try await run(arguments)
    }

    func run(_ arguments: [String]) async throws -> Outcome {
        try await start(arguments) { _ in }
    }

    /// Runs the program; the body has it while it runs, and its end is waited for afterwards.
    func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        _ body: (Child) async throws -> Void
    ) async throws -> Outcome {
        var variables: [Environment.Key: String?] = ["GRANTKEEPER_CONFIG": path("grantkeeper.yaml")]
        for (name, value) in environment { variables[Environment.Key(rawValue: name) ?? ""] = value }
        let result = try await Subprocess.run(
            .path(FilePath(Self.program)),
            arguments: Arguments(arguments),
            environment: .inherit.updating(variables),
            input: .none,
            output: .string(limit: 4 << 20),
            error: .string(limit: 1 << 20)
        ) { child in
            try await body(child)
        }
        return Outcome(
            termination: result.terminationStatus,
            output: result.standardOutput,
            errors: result.standardError
        )
    }

    /// Imports the grants; all of them must be good.
    func importGrants(_ grants: [GrantLine]) async throws {
        try write(grants.map { $0.json + "\n" }.joined(), to: "grants.ndjson")
        let outcome = try await run("grants", "import", path("grants.ndjson"), "--json")
        try #require(outcome.status == 0, "\(outcome.errors)")
        try #require(try outcome.json["added"]?.int64Value == Int64(grants.count))
    }

    // MARK: Reading

    func show(_ grant: String) async throws -> JSONObject {
        try await run("grants", "show", grant, "--json").json
    }

    func standing(of grant: String) async throws -> String? {
        try await show(grant)["standing"]?.stringValue
    }

    /// By grant, ended ones too.
    func standings() async throws -> [String: String] {
        try await run("grants", "list", "--all", "--json").lines.reduce(into: [:]) { standings, grant in
            standings[grant["id"]?.stringValue ?? ""] = grant["standing"]?.stringValue
        }
    }

    /// The verdict that asking about one grant gives now, with its reason.
    func verdict(on grant: String) async throws -> String {
        let report = try await run("revalidate", grant, "--json").json
        let line = try #require(report["grants"]?.arrayValue?.first?.objectValue)
        let verdict = line["verdict"]?.stringValue ?? ""
        return line["why"]?.stringValue.map { "\(verdict)(\($0))" } ?? verdict
    }

    /// Types of the grant's events, oldest first.
    func events(of grant: String) async throws -> [String] {
        try await run("events", "list", "--grant", grant, "--json").lines.compactMap { $0["type"]?.stringValue }
    }
}
