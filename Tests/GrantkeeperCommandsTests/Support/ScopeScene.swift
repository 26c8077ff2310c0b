import Glibc
import GrantkeeperCommands
import Grants
import Testing

/// Scope documents in a folder of their own, and commands that read them.
///
/// The clock stands at 2026-06-01T08:00:00Z.
final class ScopeScene {
    let folder: String
    private let clock = TestClock()
    private var inputs = 0

    static let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    init(_ documents: [String: String] = [:]) throws {
        var template = Array("/tmp/grantkeeper-scopes-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }
        folder = String(cString: try #require(made))
        for directory in ["scopes", "scopes/tenants"] { try #require(mkdir("\(folder)/\(directory)", 0o700) == 0) }
        for (name, text) in documents { try write("scopes/\(name)", text) }
    }

    deinit {
        guard let listing = popen("rm -rf '\(folder)'", "r") else { return }
        pclose(listing)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = try #require(fopen(path(name), "w"))
        fputs(text, file)
        fclose(file)
        return path(name)
    }

    /// `scopes VERB` on the folder's documents.
    func run(_ verb: String, _ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await run([verb, "--scopes", path("scopes")] + arguments, input: input)
    }

    /// `scopes VERB` on the shipped documents.
    func runShipped(_ verb: String, _ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await run([verb, "--scopes", "\(Self.repository)/etc/scopes"] + arguments, input: input)
    }

    /// `scopes` with these arguments, and without the folder's name in what it says.
    func run(_ arguments: [String], variables: ProcessVariables = [:], input: String? = nil) async throws -> Outcome {
        var descriptor: Int32 = -1
        if let input {
            inputs += 1
            descriptor = open(try write("input-\(inputs)", input), O_RDONLY | O_CLOEXEC)
        }
        defer { if descriptor >= 0 { close(descriptor) } }
        let (output, errors) = (CapturedText(), CapturedText())
        let environment = ProgramEnvironment(
            clock: clock,
            variables: variables,
            standardInput: descriptor,
            output: output,
            errors: errors,
            showsProgress: false,
            isTerminal: false,
            actor: Actor(kind: .person, user: "tester", host: "test")
        )
        let status = await Program.run(["scopes"] + arguments, environment)
        return Outcome(status: status, output: relative(output.text), errors: relative(errors.text))
    }

    private func relative(_ text: String) -> String {
        text.replacing("file://\(folder)/", with: "").replacing("\(folder)/", with: "")
            .replacing("file://\(Self.repository)/", with: "").replacing("\(Self.repository)/", with: "")
    }
}
