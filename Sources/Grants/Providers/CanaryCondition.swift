/// In which condition a provider's refresh canary is: some servers call a living refresh token inactive once its access
/// token is over, so a canary that was just renewed says nothing about a grant that was not.
package enum CanaryCondition: Hashable, Sendable {
    /// The same token was seen active for longer than any access token lives: it speaks for all.
    case old
    /// It speaks only for grants whose access token is known to be alive.
    case young

    /// No access token is taken to live for less, unless the configuration says so.
    package static let shortestLifetime = Duration.hours(24)

    /// The condition of a token that was first seen active at `firstActiveAt`; nil: only now.
    ///
    /// `configured` is `access_token_lifetime`, and wins; else `longestSeen`, the longest lifetime that answers told.
    package init(firstActiveAt: Timestamp?, configured: Duration?, longestSeen: Duration?, now: Timestamp) {
        let lifetime = configured ?? max(longestSeen ?? .zero, Self.shortestLifetime)
        self = firstActiveAt.map { now - $0 >= lifetime } == true ? .old : .young
    }

    /// What a canary and its control group say together: each must have seen what the other has.
    package func with(_ control: CanaryCondition) -> CanaryCondition { self == .old && control == .old ? .old : .young }
}
