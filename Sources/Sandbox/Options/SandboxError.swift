/// Why the sandbox could not run.
package struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence without a full stop.
    package var message: String
    /// What to do about it.
    package var hint: String?

    package var description: String { message }
}
