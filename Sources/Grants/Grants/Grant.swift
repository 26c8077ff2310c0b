internal import Records

/// What a subject allowed a client at a provider, with everything the planner needs to judge it.
///
/// Tokens themselves stay sealed in the store; here is only which of them there are.
package struct Grant: Hashable, Sendable {
    /// (provider, id): the key of a grant.
    package struct Key: Hashable, Comparable, Sendable, CustomStringConvertible {
        package let provider: ProviderID
        package let id: String

        package init(provider: ProviderID, id: String) {
            self.provider = provider
            self.id = id
        }

        package static func == (lhs: Key, rhs: Key) -> Bool {
            lhs.provider == rhs.provider && lhs.id.hasSameBytes(as: rhs.id)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(provider)
            id.hashBytes(into: &hasher)
        }

        package static func < (lhs: Key, rhs: Key) -> Bool {
            lhs.provider == rhs.provider
                ? lhs.id.utf8.lexicographicallyPrecedes(rhs.id.utf8) : lhs.provider < rhs.provider
        }

        package var description: String { "\(provider)/\(id)" }
    }

    package var key: Key
    package var tenant: TenantID
    package var client: ClientID
    /// The user or service that allowed it; nil where nobody recorded one.
    package var subject: String?
    package var scopes: ScopeSet
    package var role: String?
    package var environment: String?
    /// The store's number of the family; nil where the grant is a family of its own.
    package var family: Int64?
    package var providerGrantID: String?

    /// When the consent was given.
    package var issuedAt: Timestamp
    /// The end of the authorization itself, not of a token.
    package var expiresAt: Timestamp?
    package var accessTokenExpiresAt: Timestamp?
    package var refreshTokenExpiresAt: Timestamp?

    /// The latest use that any feed or record reported.
    package var lastUsedAt: Timestamp?
    /// The window of the pseudo-feed `import`, as the records gave it.
    package var observedFrom: Timestamp?
    package var observedUntil: Timestamp?

    package var holdsAccessToken = false
    package var holdsRefreshToken = false
    /// The record's `has_refresh_token`: there is one, though we may not hold it.
    package var claimsRefreshToken = false

    package var standing = Standing.active
    /// When it was announced; a quarantine keeps the time of the notice before it.
    package var announcedAt: Timestamp?
    /// The rule that announced or quarantined it, or that is ending it.
    package var cause: Rule?
    /// From when the notice or quarantine counts: the telling sink's acknowledgement; nil until then.
    package var clockFrom: Timestamp?
    package var validity = Validity()
    package var exemption: Exemption?
    package var proof: Proof?
    /// Until when an access token may stay usable although the grant has ended.
    package var residualUntil: Timestamp?

    /// The scopes that the provider told of the token; nil: none, or those of the record.
    package var toldScopes: ScopeSet?
    /// The kind of token that they were told of.
    package var toldScopesKind: TokenKind?
    /// The end for which `grant.contradicted` was given: one event for each end.
    package var contradictedEnd: Timestamp?
    /// When a sign of life was found after the end; nil: none, or it was settled.
    package var resurfacedAt: Timestamp?
    /// When a person closed such a finding, so that only what comes later is found again; nil: not since the last end.
    package var settledAt: Timestamp?
    /// When a new life of an ended grant was first seen: stands for `issuedAt` in rules 9 and 11.
    package var firstSeenAt: Timestamp?
    /// When a record first named it; nil: before that was kept, and so earlier than all others.
    package var firstRecordedAt: Timestamp?
    /// It is the successor of a member of its family that was superseded; it can be no other's.
    package var coversAnother = false

    package init(
        key: Key,
        tenant: TenantID,
        client: ClientID,
        subject: String? = nil,
        scopes: ScopeSet,
        issuedAt: Timestamp
    ) {
        self.key = key
        self.tenant = tenant
        self.client = client
        self.subject = subject
        self.scopes = scopes
        self.issuedAt = issuedAt
    }

    /// We ended it, or found it ended.
    package var hasEnded: Bool { standing == .expired || standing == .revoked }

    package var hasRefreshToken: Bool { holdsRefreshToken || claimsRefreshToken }

    /// Nothing but an access token carries it: past that token's end there is nothing left.
    package var isAccessTokenOnly: Bool {
        holdsAccessToken && !hasRefreshToken && providerGrantID == nil
    }
}
