internal import ConfigurationFiles
internal import Glibc
internal import Grants
internal import Scopes

/// Reads scope documents as a directory has them, or as a revision of git has them.
struct ScopeRevision {
    /// The directory that the revision is asked about; it is there now.
    let directory: String

    /// What a directory is, and everything else is a revision (`gitrevisions(7)`).
    enum Name {
        case directory(String)
        case revision(String)

        init(_ word: String) {
            var entry = stat()
            let isDirectory = stat(word, &entry) == 0 && entry.st_mode & S_IFMT == S_IFDIR
            self = isDirectory ? .directory(word) : .revision(word)
        }

        var word: String {
            switch self {
            case .directory(let word), .revision(let word): word
            }
        }
    }

    /// nil: the revision has no such directory.
    func documents(_ name: Name) async throws -> ScopeDocuments? {
        switch name {
        case .directory(let path):
            return try Self.reading { () throws(ConfigurationErrors) in
                try ScopeDirectory.read(path: path)
            }
        case .revision(let revision):
            guard let tree = try await tree(of: revision) else { return nil }
            let (files, problems) = try await files(of: tree, in: revision)
            guard problems.isEmpty else { throw CommandError(unreadable: ConfigurationErrors(problems: problems)) }
            guard !files.isEmpty else { return nil }
            return try Self.reading { () throws(ConfigurationErrors) in
                try ScopeDirectory.read(files, of: "\(revision):\(directory)")
            }
        }
    }

    private static func reading(
        _ body: () throws(ConfigurationErrors) -> ScopeDocuments
    ) throws -> ScopeDocuments {
        do throws(ConfigurationErrors) { return try body() } catch { throw CommandError(unreadable: error) }
    }

    // MARK: git

    private struct Entry {
        var object: String
        var size: Int
        var kind: ScopeFile.Kind
        var path: String
    }

    /// The object that the directory is in the revision; nil: it has none there.
    private func tree(of revision: String) async throws -> String? {
        switch try await git(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{commit}"]) {
        case .success: break
        case .missing: throw Self.noGit
        case .failure(let why):
            // Without a word from git it knows the directory, but not the revision.
            let isRepository = !why.hasPrefix("fatal: not a git repository")
            throw CommandError(
                .usage,
                "unknown-revision",
                isRepository
                    ? "'\(Console.printable(revision))' is neither a directory nor a revision that git knows"
                    : "'\(Console.printable(revision))' is no directory, and '\(directory)' is in no git repository",
                hint: isRepository
                    ? "'git log --oneline -- \(directory)' lists the revisions" : "name a directory of scope documents"
            )
        }
        guard
            case .success(let bytes) = try await git(
                ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision):./"]
            )
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }

    private func files(
        of tree: String,
        in revision: String
    ) async throws -> ([ScopeFile], [ConfigurationProblem]) {
        let listing = try await text(["ls-tree", "-r", "-l", "-z", "--full-tree", tree])
        var entries: [Entry] = []
        var problems: [ConfigurationProblem] = []
        for line in listing.split(separator: "\0") {
            // <mode> SP <type> SP <object> SP <size, padded> TAB <path>
            guard let tab = line.firstIndex(of: "\t") else { continue }
            let fields = line[..<tab].split(separator: " ")
            guard fields.count == 4, fields[1] == "blob", let size = Int(fields[3]) else { continue }
            let path = String(line[line.index(after: tab)...])
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard let last = parts.last, !last.hasPrefix("."), parts.count == 1 || parts.count == 2 else { continue }
            guard parts.count == 1 || parts[0] == ScopeDirectory.tenantsFolder else { continue }
            let (kind, problem, hint) = ScopeDirectory.kind(of: last, in: parts.count == 2 ? parts[0] : nil)
            let whole = "\(revision):\(directory)/\(path)"
            if let problem {
                problems.append(ConfigurationProblem(file: whole, line: 0, column: 0, message: problem, hint: hint))
            }
            guard let kind else { continue }
            entries.append(Entry(object: String(fields[2]), size: size, kind: kind, path: whole))
        }
        return (try await contents(of: entries), problems)
    }

    /// git writes objects one after the other; their sizes tell where each ends.
    private func contents(of entries: [Entry]) async throws -> [ScopeFile] {
        var sizes: [String: Int] = [:]
        let distinct = entries.filter { sizes.updateValue($0.size, forKey: $0.object) == nil }.map(\.object)
        var texts: [String: String] = [:]
        var start = 0
        while start < distinct.count {
            let part = distinct[start..<min(start + 500, distinct.count)]
            let bytes = try await bytes(["show", "--no-textconv"] + part)
            var offset = 0
            for object in part {
                let end = offset + (sizes[object] ?? 0)
                guard end <= bytes.count else { break }
                texts[object] = String(decoding: bytes[offset..<end], as: UTF8.self)
                offset = end
            }
            guard offset == bytes.count else {
                throw CommandError(.failed, "git", "git has written other than what it listed")
            }
            start += part.count
        }
        return try entries.map { entry in
            guard let text = texts[entry.object] else {
                throw CommandError(.failed, "git", "git has written less than what it listed")
            }
            return ScopeFile(kind: entry.kind, path: entry.path, text: text)
        }
    }

    private func text(_ arguments: [String]) async throws -> String {
        String(decoding: try await bytes(arguments), as: UTF8.self)
    }

    private func bytes(_ arguments: [String]) async throws -> [UInt8] {
        switch try await git(arguments) {
        case .success(let bytes): return bytes
        case .failure(let why): throw CommandError(.failed, "git", "git could not read the scope documents: \(why)")
        case .missing: throw Self.noGit
        }
    }

    private func git(_ arguments: [String]) async throws -> OtherProgram.Outcome {
        // No lock is taken, no hook and no pager is run.
        try await OtherProgram(name: "git").run(
            ["--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-C", directory] + arguments
        )
    }

    private static var noGit: CommandError {
        CommandError(
            .failed,
            "no-git",
            "there is no program 'git' to read the revision with",
            hint: "install git, or name a directory of scope documents"
        )
    }
}
