import Grants

/// What the program's shells do between the pure functions, in as few words as there are.
///
/// Kept apart from ``Worker``, which plays the days, so that a changed signature in `Grants` is met in one place.
enum Core {
    static let provider: ProviderID = "idp"
    static let tenant: TenantID = "acme"
    static let partition = Partition(provider: provider, tenant: tenant)
    static let clients: [ClientID] = ["portal", "mobile"]
    static let ownClient: ClientID = "grantkeeper"
    static let scopes = ScopeSet(["ticket.read"])

    static func configure(_ policy: inout PolicyValues, enforcesOwnEnd: Bool) { policy.enforcesOwnEnd = enforcesOwnEnd }

    static func capabilities(of world: World) -> ProviderCapabilities {
        var capabilities = ProviderCapabilities()
        capabilities.rotatesRefreshTokens = world.server == .rotating
        capabilities.revocationReaches = world.reachesSubject ? .clientSubject : .grant
        return capabilities
    }

    static func time(_ instant: Instant) -> Timestamp { Timestamp(milliseconds: instant) }
}
