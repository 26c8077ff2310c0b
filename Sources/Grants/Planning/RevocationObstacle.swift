/// Why a grant cannot be revoked at its provider, however long one waits.
package enum RevocationObstacle: Sendable {
    /// The configuration does not name its provider.
    case unknownProvider
    /// No token of a kind that the provider revokes.
    case noToken
    /// Neither its client's credentials, nor a client of ours that revokes for others.
    case noCredentials
    /// The configuration gives no revocation endpoint, and the server's metadata names none.
    case noEndpoint

    /// What stands in the way, for a plan and for people.
    package var reason: String {
        switch self {
        case .unknownProvider: "its provider is not in the configuration"
        case .noToken: "no token that its provider revokes"
        case .noCredentials: "no credentials that its provider takes: add its client to clients"
        case .noEndpoint: "its provider has no revocation endpoint: give one, or set revocation: events"
        }
    }
}
