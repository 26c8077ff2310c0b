/// Where a secret is read from; the secret itself is in no configuration.
package enum SecretSource: Hashable, Sendable, CustomStringConvertible {
    case file(String)
    /// An environment variable.
    case environment(String)
    /// A name below `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`).
    case credential(String)

    package var description: String {
        switch self {
        case .file(let path): "file '\(path)'"
        case .environment(let name): "environment variable '\(name)'"
        case .credential(let name): "credential '\(name)'"
        }
    }
}
