import Glibc
import Subprocess
import SystemPackage
import Testing

/// The python of `Scripts/django-rig-setup`, which has other people's readers of our documents and reports.
enum RigPython {
    private static let package = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")
    private static let python =
        getenv("GRANTKEEPER_RIG_PYTHON").map { String(cString: $0) } ?? "\(package)/.build/rigs/django-venv/bin/python"

    /// Runs a script of `Tests/Corpora`; its status and all that it says.
    static func run(_ script: String, _ arguments: String..., input: String = "") async throws -> (Int32?, String) {
        try #require(
            access(python, X_OK) == 0,
            "there is no \(python): 'make test' makes it, or Scripts/django-rig-setup"
        )
        let result = try await Subprocess.run(
            .path(FilePath(python)),
            arguments: Arguments(["-B", "\(package)/Tests/Corpora/\(script)"] + arguments),
            input: .string(input),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        var status: Int32?
        if case .exited(let code) = result.terminationStatus { status = code }
        return (status, result.standardOutput + result.standardError)
    }
}
