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
    static let sinceScopes = ScopeSet(["ticket.read"])

    static func configure(_ policy: inout PolicyValues, enforcesOwnEnd: Bool) {}

    static func capabilities(of world: World) -> ProviderCapabilities {
        var capabilities = ProviderCapabilities()
        capabilities.rotatesRefreshTokens = world.server == .rotating
        capabilities.revocationReaches = world.reachesSubject ? .clientSubject : .grant
        return capabilities
    }

    static func time(_ instant: Instant) -> Timestamp { Timestamp(milliseconds: instant) }
}

/// The old behaviours, one for each correction: played in place of the new ones, the oracle must notice each of them.
enum Mutant: String, CaseIterable {
    case keepsEverything = "keeps-everything"
}
