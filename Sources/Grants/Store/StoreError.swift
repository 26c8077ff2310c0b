/// Why the store could not do what it was asked; nothing was changed.
package struct StoreError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        case missing
        /// A file that is no database, or another program's.
        case notOurs = "not-ours"
        case newer
        case needsMigration = "needs-migration"
        case readOnly = "read-only"
        /// Another process held the database for longer than we wait.
        case busy
        case full
        case damaged
        /// A command needs tokens and there is no key.
        case noKey = "no-key"
        case wrongKey = "wrong-key"
        /// Another run holds the job's lock.
        case lockHeld = "lock-held"
        /// Our lease ran out and somebody else took over.
        case lockLost = "lock-lost"
        /// The grant changed since it was read, or ``Lifecycle`` does not know the transition.
        case conflict
        /// A name that neither configuration nor store knows.
        case unknownName = "unknown-name"
        case other
    }

    package var code: Code
    /// A sentence without a full stop, lower case; never a token.
    package var message: String
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// Whether the same call may well succeed later with nothing changed by a person.
    package var isTransient: Bool { code == .busy || code == .lockHeld }
}

extension StoreError: CustomStringConvertible {
    package var description: String { message }
}
