internal import Glibc
internal import Records
internal import Scheduling
package import Scopes

/// Reads the directory of scope documents (`docs/scopes.md`).
package enum ScopeDirectory {
    /// What all documents of a directory say; throws the mistakes of all files at once.
    ///
    /// `catalogue.yaml` must be there. What ends neither in `.yaml` nor in `.yml` and what is hidden is no document;
    /// every other name that is none of a document's is a mistake, so that none is left out by a slip.
    package static func read(path: String) throws(ConfigurationErrors) -> ScopeDocuments {
        var problems: [ConfigurationProblem] = []
        let files = try self.files(of: path, &problems)
        return try read(files, missing: path, problems)
    }

    /// What documents say that were read elsewhere, such as in a revision of git.
    ///
    /// `path` is the directory that is said to lack a catalogue.
    package static func read(_ files: [ScopeFile], of path: String) throws(ConfigurationErrors) -> ScopeDocuments {
        try read(files, missing: path, [])
    }

    /// The document that a path below the directory names; nil where none is looked for there.
    ///
    /// `problem` is what is wrong with a name that was hardly meant to be left out.
    package static func kind(of name: String, in folder: String?) -> (
        kind: ScopeFile.Kind?, problem: String?, hint: String?
    ) {
        guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { return (nil, nil, nil) }
        if folder == tenantsFolder {
            if name.hasSuffix(".yaml") { return (.tenants, nil, nil) }
            return (nil, "a document's name must end in '.yaml'", "rename it, or remove it")
        }
        if let kind = ScopeFile.Kind.allCases.first(where: { $0.fileName == name }) { return (kind, nil, nil) }
        let known = ScopeFile.Kind.allCases.map(\.fileName)
        let near = nearestWord(to: name, in: known)
        return (
            nil, "no scope document has this name",
            near.map { "did you mean '\($0)'?" }
                ?? "known are \(known.joined(separator: ", ")) and \(tenantsFolder)/*.yaml"
        )
    }

    /// The directory of further documents of tenants.
    package static let tenantsFolder = "tenants"

    /// Documents are written by machines too.
    private static let mebibytes = 64

    static func read(
        _ files: [ScopeFile],
        missing path: String,
        _ found: [ConfigurationProblem]
    ) throws(ConfigurationErrors) -> ScopeDocuments {
        var problems = found
        var documents = ScopeDocuments()
        for file in files {
            problems += documents.take(file)
        }
        // A catalogue that cannot be read is there all the same.
        let name = ScopeFile.Kind.catalogue.fileName
        let catalogue = joined(path, name)
        if !files.contains(where: { $0.kind == .catalogue }), !problems.contains(where: { $0.file == catalogue }) {
            problems.insert(
                ConfigurationProblem(
                    file: catalogue,
                    line: 0,
                    column: 0,
                    message: "there is no catalogue",
                    hint: "write the known scopes there, or name another directory"
                ),
                at: 0
            )
        }
        problems += documents.duplicates()
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        return documents
    }

    /// `meanwhile` is called when all of them are read and none is looked at again.
    static func files(
        of path: String,
        _ problems: inout [ConfigurationProblem],
        meanwhile: () -> Void = {}
    ) throws(ConfigurationErrors) -> [ScopeFile] {
        let before = try looks(at: path)
        let files = try readFiles(of: path, &problems)
        meanwhile()
        guard try looks(at: path) == before else {
            let problem = unplaced(path, "changed while it was read", "try again")
            throw ConfigurationErrors(problems: [problem])
        }
        return files
    }

    /// How the directory and all in it look to the system: half of an edit is no state of the documents.
    private static func looks(at path: String) throws(ConfigurationErrors) -> [String: FileBytes.Look] {
        var looks = [path: FileBytes.look(at: path)]
        for name in try names(of: path) {
            let whole = joined(path, name)
            looks[whole] = FileBytes.look(at: whole)
            guard name == tenantsFolder, FileBytes.kind(of: whole) == .directory else { continue }
            for inner in try names(of: whole) {
                let whole = joined(whole, inner)
                looks[whole] = FileBytes.look(at: whole)
            }
        }
        return looks.compactMapValues { $0 }
    }

    private static func readFiles(
        of path: String,
        _ problems: inout [ConfigurationProblem]
    ) throws(ConfigurationErrors) -> [ScopeFile] {
        var files: [ScopeFile] = []
        for name in try names(of: path) {
            let whole = joined(path, name)
            if FileBytes.kind(of: whole) == .directory {
                if name == tenantsFolder {
                    for inner in try names(of: whole) {
                        take(inner, at: joined(whole, inner), in: name, &files, &problems)
                    }
                } else if nearestWord(to: name, in: [tenantsFolder]) != nil {
                    problems.append(
                        unplaced(whole, "no directory of this name is read", "did you mean '\(tenantsFolder)'?")
                    )
                }
            } else {
                take(name, at: whole, in: nil, &files, &problems)
            }
        }
        return files
    }

    private static func take(
        _ name: String,
        at path: String,
        in folder: String?,
        _ files: inout [ScopeFile],
        _ problems: inout [ConfigurationProblem]
    ) {
        let (kind, problem, hint) = kind(of: name, in: folder)
        if let problem { problems.append(unplaced(path, problem, hint)) }
        guard let kind else { return }
        do throws(ConfigurationErrors) {
            files.append(
                ScopeFile(kind: kind, path: path, text: try TextFile.read(path, mebibytes: mebibytes, isRegular: true))
            )
        } catch {
            problems += error.problems
        }
    }

    private static func names(of path: String) throws(ConfigurationErrors) -> [String] {
        do throws(FileBytes.Failure) {
            return try DirectoryEntries.names(of: path)
        } catch {
            var reason = ""
            if case .system(let number) = error { reason = ": \(FileBytes.message(for: number))" }
            let problem = unplaced(
                path,
                "the directory of scope documents cannot be read\(reason)",
                "check the path, and that this user may read the directory"
            )
            throw ConfigurationErrors(problems: [problem])
        }
    }

    private static func unplaced(_ path: String, _ message: String, _ hint: String?) -> ConfigurationProblem {
        ConfigurationProblem(file: path, line: 0, column: 0, message: message, hint: hint)
    }

    private static func joined(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }
}
