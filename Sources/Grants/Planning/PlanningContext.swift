/// What the planner must know beyond the grant and its family.
package struct PlanningContext: Sendable {
    /// Whether the scopes are within what tenant × role allows.
    package enum ScopeJudgement: Hashable, Sendable {
        /// No scope policy is in force.
        case notJudged
        case allowed
        case outside([String])
        /// No role, an unknown tenant or an unknown scope: unknown is no reason to end.
        case noPolicy
    }

    /// Whether grantkeeper lives on it, by its token or by its client.
    package var ownership = Ownership.none
    package var scopes = ScopeJudgement.notJudged
    /// The revision of the scope policy that put the scopes outside; nil: they were so from the start.
    package var scopesChangedIn: String?
    /// Why its provider would not revoke it for us; nil: it would, or receivers enforce.
    package var obstacle: RevocationObstacle?
    /// Scopes that mean nothing where the provider tells them beyond the record.
    package var ignoredScopes = ScopeDrift.ignoredByDefault
    /// A sink with `notifies: true` exists.
    package var someoneIsTold = true
    /// Whether the provider could be asked about this grant at all.
    package var canBeAsked = true

    package init() {}

    package var isOurs: Bool { ownership.isOurs }
    package var canRevoke: Bool { obstacle == nil }
}
