internal import Grants

/// What is the same for all grants of one provider, tenant, client, role and environment.
final class Circumstances: Sendable {
    let subject: PolicySubject
    let planner: Planner
    /// nil: the configuration does not know the provider.
    let judge: VerdictJudge?
    /// The provider's own client, and the scopes that say nothing of a grant there; nil: it is unknown.
    let ourClient: ClientID?
    let ignoredScopes: ScopeSet?
    /// The feeds that cover them, as far as they were read.
    let feeds: [UseEvidence.Feed]
    /// The client is the provider's own.
    let isOurs: Bool
    /// The provider would take credentials that we have for the client.
    let holdsCredentials: Bool
    /// Receivers enforce what we announce, so no call is made.
    let announces: Bool
    /// There is nowhere to revoke at, as far as configuration and metadata say.
    private let lacksEndpoint: Bool
    private let revokesRefreshTokens: Bool
    private let revokesAccessTokens: Bool

    init(
        of grant: Grant,
        _ subject: PolicySubject,
        _ settings: RotationSettings,
        feeds records: [String: FeedRecord],
        lackingEndpoint: Set<ProviderID>,
        now: Timestamp
    ) {
        self.subject = subject
        planner = Planner(policy: settings.policy.values(for: subject).values, now: now)
        let provider = settings.providers.first { $0.id == grant.key.provider }
        judge = provider.map { VerdictJudge(capabilities: $0.capabilities, now: now) }
        feeds = settings.feeds.filter { $0.covers(grant) }
            .map { UseEvidence.Feed($0, records[$0.id], of: grant) }
        ourClient = provider?.client.id
        ignoredScopes = provider?.ignoredScopes
        isOurs = provider?.client.id == grant.client
        let id = grant.key.provider
        holdsCredentials =
            provider?.capabilities.revokesForeign == true
            || settings.clients.contains { $0.provider == id && $0.id == grant.client }
        announces = provider?.revocation == .events
        lacksEndpoint = lackingEndpoint.contains(id)
        let kinds = provider?.capabilities.revokes ?? []
        revokesRefreshTokens = kinds.contains(.refreshToken)
        revokesAccessTokens = kinds.contains(.accessToken)
    }

    /// Whether they are those of this grant; the texts are mostly the same ones, which is seen at once.
    func are(of grant: Grant) -> Bool {
        grant.tenant == subject.tenant && grant.client == subject.client && grant.key.provider == subject.provider
            && Self.isSame(grant.role, subject.role) && Self.isSame(grant.environment, subject.environment)
    }

    /// By bytes.
    private static func isSame(_ one: String?, _ other: String?) -> Bool {
        one.map(ExactText.init) == other.map(ExactText.init)
    }

    /// Why its provider would not revoke it for us; nil: it would, or receivers enforce.
    func obstacle(to grant: Grant) -> RevocationObstacle? {
        guard judge != nil else { return .unknownProvider }
        if announces { return nil }
        let holdsOne =
            (grant.holdsRefreshToken && revokesRefreshTokens)
            || (grant.holdsAccessToken && revokesAccessTokens && !grant.hasRefreshToken)
        guard holdsOne else { return .noToken }
        guard holdsCredentials else { return .noCredentials }
        return lacksEndpoint ? .noEndpoint : nil
    }
}
