/// An authorization server as the configuration describes it.
package struct ProviderSettings: Hashable, Sendable {
    /// Who carries out an end.
    package enum Revocation: String, CaseIterable, Sendable {
        case provider
        /// Receivers of our events enforce; no call is made.
        case events
    }

    /// Whether ends by the clock need the server's word for the time.
    package enum Clock: String, CaseIterable, Sendable {
        /// They wait for a `Date` of it within five minutes of our clock.
        case checked
        /// It sends none, and our clock is known to be right.
        case trusted
    }

    package struct Limits: Hashable, Sendable {
        package var requestsPerSecond = 200
        package var inFlight = 32
        package var timeout = Duration.seconds(10)

        package init() {}
    }

    /// A token that is known to be good.
    package struct Canary: Hashable, Sendable {
        package enum Origin: Hashable, Sendable {
            /// An access token that our own client asks for (RFC 6749 §4.4).
            case clientCredentials(scope: String?, audience: String?)
            case token(SecretSource)
        }

        package var kind: TokenKind
        package var origin: Origin
        /// The client that the token was issued to; nil: unknown, and taken for our own.
        package var client: ClientID?

        package init(kind: TokenKind, origin: Origin, client: ClientID? = nil) {
            self.kind = kind
            self.origin = origin
            self.client = client
        }
    }

    package var id: ProviderID
    /// Exactly as the server names itself (RFC 8414 §3.3).
    package var issuer: String
    /// nil: discovered.
    package var introspectionEndpoint: String?
    package var revocationEndpoint: String?
    package var tokenEndpoint: String?
    package var client: ClientSettings
    package var limits = Limits()
    package var capabilities = ProviderCapabilities()
    package var canaries: [Canary] = []
    package var revocation = Revocation.provider
    /// Hosts beside the issuer's that discovered endpoints may be on, in lower case and without a port.
    package var endpointHosts: [String] = []
    package var clock = Clock.checked
    /// How long access tokens live at the most; nil: the longest that answers told, at least a day.
    package var accessTokenLifetime: Duration?
    /// Scopes that are no drift, though the provider tells them and the record does not.
    package var ignoredScopes = ScopeDrift.ignoredByDefault
    package var allowsInsecureHTTP = false
    package var proxy: String?
    package var caFile: String?

    package init(id: ProviderID, issuer: String, client: ClientSettings) {
        self.id = id
        self.issuer = issuer
        self.client = client
    }
}
