import Glibc
import GrantkeeperCommands
import Grants
import GrantsTestSupport
import Records
import Synchronization
import Testing

@testable import Sandbox

/// Runs whole command lines against a store in a folder of their own and a sandbox on loopback.
///
/// Time passes only by ``advance(_:)``. Whatever was shown or written is searched for tokens at the end.
func withScenario(
    _ configure: (inout Setup) -> Void = { _ in },
    _ body: (Scenario) async throws -> Void
) async throws {
    // As the executable does: a sink may end without reading.
    signal(SIGPIPE, SIG_IGN)
    var setup = Setup()
    configure(&setup)
    let clock = TestClock()
    let server = SandboxServer(options: setup.sandbox, clock: clock)
    let (ports, feed) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { feed.finish() }
            try await server.run { feed.yield($0) }
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let scenario = try await Scenario(setup, clock, port)
        defer { scenario.removeFolder() }
        try await body(scenario)
        try scenario.expectNoTokenShown()
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// A configuration, a store, a sandbox, a clock.
final class Scenario {
    let clock: TestClock
    let sandbox: SandboxAdministration
    let folder: String
    /// Of every grant that was issued, by id.
    private(set) var tokens: [String: IssuedTokens] = [:]
    private var shown: [(command: String, text: String)] = []
    private let random = Mutex(SplitMix64(seed: 17))
    private let port: Int
    private var importFiles = 0

    /// Written to the configuration file whenever it changes.
    private(set) var setup: Setup
    /// The machine on which the commands run.
    var machineID = "11111111111111111111111111111111"

    init(_ setup: Setup, _ clock: TestClock, _ port: Int) async throws {
        self.setup = setup
        self.clock = clock
        self.port = port
        sandbox = SandboxAdministration(port: port)
        var template = Array("/tmp/grantkeeper-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }
        folder = String(cString: try #require(made))
        try #require(mkdir(path("out"), 0o700) == 0)
        try write("store.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        for client in setup.clients { try write("\(client).secret", "\(client)-secret") }
        let canary = try await sandbox.issue([
            #"{"id":"canary","client":"canary-client","subject":"nobody","access_expires_in":null}"#
        ])
        for kind in TokenKind.allCases {
            try write("canary.\(kind.rawValue)", try #require(canary[0].text(kind.rawValue)))
        }
        try configure { _ in }
    }

    /// Changes the configuration file.
    func configure(_ change: (inout Setup) -> Void) throws {
        change(&setup)
        try write("grantkeeper.secret", setup.secret)
        try write("grantkeeper.yaml", setup.yaml(port: port))
    }

    var now: Timestamp { clock.now() }

    func advance(_ duration: Duration) { clock.advance(by: duration) }

    // MARK: Commands

    /// Runs one command line with the scenario's configuration.
    @discardableResult
    func run(_ arguments: String..., input: Int32 = -1) async -> Outcome {
        await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: Int32 = -1) async -> Outcome {
        let (output, errors) = (CapturedText(), CapturedText())
        let status = await Program.run(arguments, environment(output, errors, input: input))
        let command = arguments.joined(separator: " ")
        shown.append((command, output.text))
        shown.append((command, errors.text))
        return Outcome(status: status, output: output.text, errors: errors.text)
    }

    func environment(
        _ output: CapturedText,
        _ errors: CapturedText,
        input: Int32 = -1
    ) -> ProgramEnvironment {
        let generator = RandomBytes(seed: random.withLock { $0.next() })
        return ProgramEnvironment(
            clock: clock,
            variables: ["GRANTKEEPER_CONFIG": path("grantkeeper.yaml")],
            standardInput: input,
            output: output,
            errors: errors,
            showsProgress: false,
            isTerminal: false,
            actor: Actor(kind: .person, user: "tester", host: "test"),
            machineID: machineID,
            random: { generator.next($0) }
        )
    }

    /// The report of `rotate --json`, whose status has to be one of `statuses`.
    @discardableResult
    func rotate(
        _ more: String...,
        statuses: Set<Int32> = [0, 2],
        at location: SourceLocation = #_sourceLocation
    ) async throws -> JSONObject {
        let outcome = await run(["rotate", "--json"] + more)
        #expect(
            statuses.contains(outcome.status),
            "status \(outcome.status): \(outcome.errors)",
            sourceLocation: location
        )
        return try outcome.json
    }

    /// `grants show --json`.
    func show(_ id: String) async throws -> JSONObject {
        try await run("grants", "show", id, "--json").json
    }

    func standing(_ id: String) async throws -> String? { try await show(id).text("standing") }

    /// Every grant, ended ones too, by standing.
    func standings() async throws -> [String: Int] {
        try await run("grants", "list", "--all", "--json").lines
            .reduce(into: [:]) { $0[$1.text("standing") ?? "", default: 0] += 1 }
    }

    /// The events of a type, oldest first.
    func events(_ type: String) async throws -> [JSONObject] {
        try await run("events", "list", "--type", type, "--json").lines
    }

    // MARK: Grants and usage

    /// Issues the grants at the sandbox and imports them with their tokens.
    func grants(_ specs: [GrantSpec], at location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await importing(try await issue(specs))
        #expect(outcome.status == Self.status(ofImporting: specs), "\(outcome.errors)", sourceLocation: location)
    }

    /// Imports the grants as an inventory without tokens, which are never asked about.
    func inventory(_ specs: [GrantSpec], at location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await importing(specs.map { $0.record(nil, now: now) })
        #expect(outcome.status == Self.status(ofImporting: specs), "\(outcome.errors)", sourceLocation: location)
    }

    /// A record that names a provider's own client is a finding.
    private static func status(ofImporting specs: [GrantSpec]) -> Int32 {
        specs.contains { $0.client == "grantkeeper" } ? 2 : 0
    }

    /// Issues the grants and returns the lines of their import file.
    func issue(_ specs: [GrantSpec]) async throws -> [String] {
        let issued = try await sandbox.issue(specs.map(\.order))
        return try zip(specs, issued).map { spec, object in
            let mine = IssuedTokens(
                access: try #require(object.text("access_token")),
                refresh: object.text("refresh_token")
            )
            tokens[spec.id] = mine
            return spec.record(mine, now: now)
        }
    }

    func importing(_ lines: [String], _ more: String...) async throws -> Outcome {
        try await importing(text: lines.map { $0 + "\n" }.joined(), more)
    }

    func importing(text: String, _ more: [String] = []) async throws -> Outcome {
        await run(["grants", "import", try importFile(Array(text.utf8)), "--json"] + more)
    }

    func importFile(_ bytes: [UInt8]) throws -> String {
        importFiles += 1
        try write("import-\(importFiles).ndjson", bytes)
        return path("import-\(importFiles).ndjson")
    }

    /// Reads usage lines; `observedUntil` moves the feed after them.
    @discardableResult
    func ingest(_ uses: [String] = [], observedUntil: Timestamp? = nil) async throws -> Outcome {
        var lines = uses.map { #"{"feed":"gateway","at":"\#(now)","grant":"\#($0)"}"# }
        if let observedUntil { lines.append(#"{"feed":"gateway","observed_until":"\#(observedUntil)"}"#) }
        return await run("usage", "ingest", try importFile(Array(lines.map { $0 + "\n" }.joined().utf8)), "--json")
    }

    // MARK: At the server

    /// Whether the token that speaks for the grant lives there, past all faults.
    func lives(_ id: String) async throws -> Bool? {
        try await sandbox.lives(try #require(tokens[id]).speaking)
    }

    func revokeAtServer(_ id: String) async throws {
        try await sandbox.revoke(try #require(tokens[id]).speaking)
    }

    // MARK: Files

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            written += count
        }
    }

    /// Writes a schedule file.
    func schedule(_ name: String, _ text: String) throws {
        mkdir(path("schedules"), 0o700)
        try write("schedules/\(name).yaml", text)
    }

    /// Writes a scope document.
    func document(_ name: String, _ text: String) throws {
        mkdir(path("scopes"), 0o700)
        try write("scopes/\(name).yaml", text)
    }

    /// nil where there is no such file.
    func bytes(_ name: String) -> [UInt8]? {
        let descriptor = open(path(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The store's file and what belongs to it.
    func storeBytes() -> [[UInt8]] {
        ["grants.sqlite", "grants.sqlite-wal"].map { bytes($0) ?? [] }
    }

    func files(in name: String) -> [String] {
        guard let directory = opendir(path(name)) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !file.hasPrefix(".") { names.append("\(name)/\(file)") }
        }
        return names
    }

    // MARK: The end

    /// No token stands in anything that was shown, in the files under `out`, or in the store.
    func expectNoTokenShown() throws {
        for (command, text) in shown {
            #expect(!TokenSearch.finds(in: Array(text.utf8)), "a token is in what '\(command)' shows")
        }
        for file in files(in: "out") + ["grants.sqlite", "grants.sqlite-wal"] {
            #expect(!TokenSearch.finds(in: bytes(file) ?? []), "a token is in \(file)")
        }
    }

    func removeFolder() {
        for file in ["out", "schedules", "scopes"].flatMap(files(in:)) + files(in: ".").map({ String($0.dropFirst(2)) })
        {
            unlink(path(file))
        }
        rmdir(path("out"))
        rmdir(path("schedules"))
        rmdir(path("scopes"))
        rmdir(folder)
    }
}

/// Finds the sandbox's tokens, which begin with `at_` or `rt_` and 32 letters.
enum TokenSearch {
    static func finds(in bytes: [UInt8]) -> Bool {
        var run = 0
        for index in bytes.indices.reversed() {
            if run >= 34, bytes[index] == UInt8(ascii: "a") || bytes[index] == UInt8(ascii: "r"),
                bytes[index + 1] == UInt8(ascii: "t"), bytes[index + 2] == UInt8(ascii: "_")
            {
                return true
            }
            run = isTokenByte(bytes[index]) ? run + 1 : 0
        }
        return false
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Random bytes that a seed repeats.
private final class RandomBytes: Sendable {
    private let generator: Mutex<SplitMix64>

    init(seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }

    func next(_ count: Int) -> [UInt8] {
        generator.withLock { generator in (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
    }
}
