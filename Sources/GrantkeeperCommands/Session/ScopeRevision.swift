internal import ConfigurationFiles
internal import FoundationEssentials
internal import Scopes
internal import Subprocess
internal import SystemPackage

/// The scope documents as they were in a revision of git, or as they are in a directory.
struct ScopeRevision {
    /// As the user wrote it.
    let name: String
    /// Where the documents are now, in whose repository a revision is looked up.
    let directory: String

    private static let limit = 64 << 20

    func documents() async throws -> ScopeDocuments {
        var isDirectory = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory), isDirectory {
            return try ScopeDirectory.read(path: name)
        }
        guard !name.hasPrefix("-"), !name.isEmpty else {
            throw CommandError(.usage, "revision", "'\(Console.printable(name))' is neither a directory nor a revision")
        }
        var files: [ScopeFile] = []
        for path in try await git("ls-tree", "-r", "-z", "--name-only", name).split(separator: "\0") {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count <= 2, let file = parts.last,
                let kind = ScopeDirectory.kind(of: file, in: parts.count == 2 ? parts[0] : nil).kind
            else { continue }
            guard parts.count == 1 || parts[0] == ScopeDirectory.tenantsFolder else { continue }
            files.append(
                ScopeFile(kind: kind, path: "\(name):\(path)", text: try await git("show", "\(name):./\(path)"))
            )
        }
        return try ScopeDirectory.read(files, of: "\(name):")
    }

    private func git(_ arguments: String...) async throws -> String {
        let failed = "'git \(arguments[0])' for '\(Console.printable(name))'"
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name("git"),
                arguments: Arguments(arguments),
                workingDirectory: FilePath(directory),
                input: .none,
                output: .string(limit: Self.limit),
                error: .string(limit: 1 << 16)
            )
        } catch {
            throw CommandError(.failed, "git", "\(failed) could not be run: \(error)", hint: "is git in PATH?")
        }
        guard result.terminationStatus.isSuccess else {
            let said = result.standardError.split(separator: "\n").first.map(String.init) ?? "no reason given"
            throw CommandError(
                .badData,
                "revision",
                "\(failed) failed: \(Console.printableLong(said))",
                hint: "name a revision of the repository that holds '\(Console.printable(directory))', or a directory"
            )
        }
        return result.standardOutput
    }
}
