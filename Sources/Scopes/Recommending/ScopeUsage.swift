package import Grants

/// What is known of how a client uses its scopes.
package struct ScopeUsage: Sendable {
    /// What live grants hold, each word once.
    package var held: [String]
    /// By the provider's words; a scope that is not in it was not seen used.
    package var lastUsed: [String: Timestamp]
    /// The unbroken stretch in which use was observed; nil: none was.
    package var window: Window?
    /// The part of the client's live grants that the feeds cover, 0 to 1.
    package var coverage: Double

    package init(held: [String], lastUsed: [String: Timestamp], window: Window?, coverage: Double) {
        self.held = held
        self.lastUsed = lastUsed
        self.window = window
        self.coverage = coverage
    }
}
