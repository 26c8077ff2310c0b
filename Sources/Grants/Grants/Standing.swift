/// What we decided about a grant, apart from what the provider says (``Validity``).
package enum Standing: Int, CaseIterable, Sendable {
    case active = 0
    /// Announced: it will end unless something changes.
    case noticed = 1
    /// Receivers were told to refuse it; nothing is revoked yet.
    case quarantined = 2
    /// Decided; the provider has not done it yet.
    case revoking = 3
    /// The provider refuses or cannot; a person is needed.
    case stuck = 4
    /// Terminal: we ended it (unused, lifetime, its own end).
    case expired = 5
    /// Terminal: by hand, by policy, or gone at the provider.
    case revoked = 6

    package var name: String {
        switch self {
        case .active: "active"
        case .noticed: "noticed"
        case .quarantined: "quarantined"
        case .revoking: "revoking"
        case .stuck: "stuck"
        case .expired: "expired"
        case .revoked: "revoked"
        }
    }

    /// Still usable and not yet decided: what the planner judges and the valve calls `live`.
    package var isLive: Bool { self == .active || self == .noticed || self == .quarantined }

    package var isEnded: Bool { self == .expired || self == .revoked }

    package init?(name: String) {
        guard let match = Standing.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}
