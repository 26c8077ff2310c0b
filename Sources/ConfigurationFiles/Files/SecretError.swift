package import Grants

/// Why a secret could not be read; it never holds any of it.
package struct SecretError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of mistake; stable, to switch on.
    package enum Code: String, CaseIterable, Sendable {
        case missing
        case empty
        /// Others than the owner may read or write the file.
        case exposed
        case notRegular = "not_regular"
        case unreadable
        case tooLong = "too_long"
        case badName = "bad_name"
    }

    package var code: Code
    package var source: SecretSource
    /// A sentence without a full stop, beginning with the source.
    package var message: String
    /// What to do about it, if that is known.
    package var hint: String?

    /// The message without the hint.
    package var description: String { message }

    init(_ code: Code, _ source: SecretSource, _ predicate: String, hint: String? = nil) {
        self.code = code
        self.source = source
        message = "the secret in \(source) \(predicate)"
        self.hint = hint
    }
}
