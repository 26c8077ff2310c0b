internal import Glibc
package import Subprocess

/// The variables of a program that we start: few and named, because any other of ours may be a secret.
package struct ChildEnvironment: Sendable {
    /// What every program gets, where we have it.
    package static let always = ["PATH", "LANG", "HOME", "TZ"]

    /// By name.
    package let variables: [String: String]

    /// Reads them from our own environment; `names` are given besides.
    package init(adding names: [String] = []) {
        var variables: [String: String] = [:]
        for name in Self.always + names {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        self.variables = variables
    }
}

extension ChildEnvironment {
    /// The same for swift-subprocess.
    package var forSubprocess: Environment {
        .custom(
            variables.reduce(into: [:]) { custom, variable in
                if let key = Environment.Key(rawValue: variable.key) { custom[key] = variable.value }
            }
        )
    }
}
