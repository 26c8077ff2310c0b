/// What we decided about a grant, apart from what the provider says (``Validity``).
package enum Standing: String, CaseIterable, Sendable {
    case active
    /// Announced: it will end unless something changes.
    case noticed
    /// Receivers were told to refuse it; nothing is revoked yet.
    case quarantined
    /// Decided; the provider has not done it yet.
    case revoking
    /// The provider refuses or cannot; a person is needed.
    case stuck
    /// Terminal: we ended it (unused, lifetime, its own end).
    case expired
    /// Terminal: by hand, by policy, or gone at the provider.
    case revoked

    /// Its place among all cases.
    package var ordinal: Int {
        switch self {
        case .active: 0
        case .noticed: 1
        case .quarantined: 2
        case .revoking: 3
        case .stuck: 4
        case .expired: 5
        case .revoked: 6
        }
    }

    /// Still usable and not yet decided: what the planner judges and the valve calls `live`.
    package var isLive: Bool { self == .active || self == .noticed || self == .quarantined }
}
