package import Scopes

extension ScopeDirectory {
    /// What the documents of a directory say, and their texts, from which ``read(_:of:)`` makes the same again.
    package static func readWithFiles(
        path: String
    ) throws(ConfigurationErrors) -> (documents: ScopeDocuments, files: [ScopeFile]) {
        var problems: [ConfigurationProblem] = []
        let files = try self.files(of: path, &problems)
        return (try read(files, missing: path, problems), files)
    }
}
