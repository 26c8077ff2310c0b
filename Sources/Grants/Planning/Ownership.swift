/// Whether grantkeeper itself lives on a grant, and how that is known.
package enum Ownership: Int, Comparable, Sendable {
    case none
    /// The record names the provider's own client, and its token is not known to be another's.
    case byClient
    /// It carries a token of ours, as its fingerprint shows.
    case byToken

    /// `toldClients` are those that the provider named in the last countable active answer about each of its tokens;
    /// they are asked for only where the record names our own client.
    package init(
        carriesOurToken: Bool,
        namesOurClient: Bool,
        ourClient: ClientID?,
        toldClients: () throws -> [ClientID]
    ) rethrows {
        if carriesOurToken {
            self = .byToken
        } else if namesOurClient {
            let told = try toldClients()
            // Whose a token is unknown, or one of them is ours: unknown is no reason to end what we may live on.
            self = told.isEmpty || told.contains { $0 == ourClient } ? .byClient : .none
        } else {
            self = .none
        }
    }

    package var isOurs: Bool { self != .none }

    /// Whether a person may go past it (`--even-own`): never past a token of ours, nor past our client where the
    /// provider lets it revoke for all others.
    package func yieldsToPerson(at provider: ProviderCapabilities?) -> Bool {
        switch self {
        case .none: true
        case .byClient: provider?.revokesForeign != true
        case .byToken: false
        }
    }

    package static func < (lhs: Ownership, rhs: Ownership) -> Bool { lhs.rawValue < rhs.rawValue }
}
