internal import Grants
internal import Yams

extension YAMLValue {
    /// Where a secret is, in one of three ways; the secret itself is a mistake, and is not shown.
    func secretSource() -> SecretSource? {
        let ways = "{ file: PATH }, { env: NAME } or { credential: NAME }"
        guard case .mapping = node else {
            reportType(expected: ways, hint: "say where the secret is; it is never in this file")
            return nil
        }
        guard let members = members(Shape(known: ["file", "env", "credential"], isSecret: true)) else {
            return nil
        }
        let given = ["file", "env", "credential"].filter { members[$0] != nil }
        guard given.count == 1 else {
            report("'\(name)' must have exactly one of 'file', 'env' and 'credential'", hint: "write \(ways)")
            return nil
        }
        if let file = members["file"] {
            guard let path = file.path() else { return nil }
            if reading.checks == .secrets, FileBytes.kind(of: path) == .regular {
                return file.checked(.file(path))
            }
            if reading.checks != .none { file.checkFile(path) }
            return .file(path)
        }
        if let variable = members["env"] {
            guard let name = variable.text() else { return nil }
            guard SecretReader.isVariableName(name) else {
                variable.report("'\(variable.name)' is not the name of an environment variable")
                return nil
            }
            return variable.checked(.environment(name))
        }
        guard let credential = members["credential"], let name = credential.text() else { return nil }
        guard SecretReader.isCredentialName(name) else {
            credential.report(
                "'\(credential.name)' is not the name of a systemd credential",
                hint: "write the name alone, without a directory"
            )
            return nil
        }
        return credential.checked(.credential(name))
    }

    /// The source; where secrets are checked, one that cannot be read is reported.
    private func checked(_ source: SecretSource) -> SecretSource {
        guard reading.checks == .secrets else { return source }
        do {
            _ = try SecretReader.read(source)
        } catch {
            report("'\(name)' gives no secret: \(error.message)", hint: error.hint)
        }
        return source
    }

    /// Reports a file that is not there.
    func checkFile(_ path: String) {
        switch FileBytes.kind(of: path) {
        case .regular: break
        case nil:
            report(
                "'\(name)' names a file that does not exist: '\(path)'",
                hint: "create it or correct the path"
            )
        default: report("'\(name)' does not name a regular file: '\(path)'")
        }
    }

    /// Reports a directory that is not there.
    func checkDirectory(_ path: String) {
        switch FileBytes.kind(of: path) {
        case .directory: break
        case nil:
            report(
                "'\(name)' names a file in a directory that does not exist: '\(path)'",
                hint: "create the directory or correct the path"
            )
        default: report("'\(name)' names a file below something that is no directory: '\(path)'")
        }
    }
}
