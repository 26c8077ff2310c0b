import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

/// The program as a job of CI runs it, in a checkout.
@Suite("Scopes in a repository")
struct ScopesTests {
    private static let program: String = {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appending(path: "grantkeeper").path
    }()
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private func run(_ arguments: [String], in directory: String, input: String) async throws -> (Int32?, String) {
        let result = try await Subprocess.run(
            .path(FilePath(Self.program)),
            arguments: Arguments(["scopes", "check"] + arguments),
            environment: .inherit.updating(["GRANTKEEPER_CONFIG": nil]),
            workingDirectory: FilePath(directory),
            input: .string(input),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        var status: Int32?
        if case .exited(let code) = result.terminationStatus { status = code }
        return (status, result.standardOutput + result.standardError)
    }

    @Test func `etc/scopes of the current directory is checked, and named from there`() async throws {
        let (clean, text) = try await run(["--fail-on", "note"], in: Self.repository, input: "")
        #expect(clean == 0 && text.hasPrefix("ok: "), "\(text)")
        let arguments = ["--requested", "-", "--tenant", "acme", "--client", "supplier-portal", "--format", "github"]
        let (status, found) = try await run(arguments, in: Self.repository, input: "# wanted\nticket.* order.raed\n")
        #expect(status == 2)
        #expect(found.contains("::error file=standard input,line=2,col=1,title=blanket-scope::"))
        #expect(found.contains("title=unknown-scope::the scope 'order.raed' is not in the catalogue%0A"))
        #expect(found.contains("did you mean 'order.read'?"))
    }

    @Test func `where there is no etc/scopes the status is 78`() async throws {
        let (status, text) = try await run([], in: "/", input: "")
        #expect(status == 78 && text.contains("etc/scopes: the directory of scope documents cannot be read"))
    }
}
