/// What became of a use that was to be entered.
package enum NotedUse: Hashable, Sendable {
    /// There is no such grant.
    case unknown
    /// The grant was used then, or later; with what was known of it before.
    case noted(issuedAt: Timestamp, lastUsedAt: Timestamp?)
    /// Nothing was entered: when it was used decides something of this grant, or of others.
    case matters(row: Int64)
}
