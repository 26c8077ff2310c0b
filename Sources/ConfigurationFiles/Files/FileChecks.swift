/// How far reading a configuration looks at what it names.
package enum FileChecks: Sendable {
    /// Not at all.
    case none
    /// The store's directory and the files of secrets and certificates must exist.
    case presence
    /// Each secret must be readable too, wherever it is.
    case secrets
}
