/// How a grant comes to have fewer scopes, and what that really changes.
package enum NarrowingWay: String, CaseIterable, Hashable, Sendable {
    /// A new authorization for fewer scopes, then the end of the old grant.
    case reconsent = "re-consent"
    /// `grant_management_action=replace` of Grant Management for OAuth 2.0 §5.2.
    case replace
    /// `scope` in a refresh request (RFC 6749 §6).
    case refreshNarrower = "refresh-narrower"

    /// Whether the grant itself has fewer scopes afterwards.
    package var shrinksGrant: Bool { self != .refreshNarrower }

    package var explanation: String {
        switch self {
        case .reconsent:
            "ask again for the smaller set, then revoke the old grant: until that, both live; the user must consent"
        case .replace:
            "authorize with grant_management_action=replace and the grant_id: the grant itself has the smaller set, and"
                + " its old refresh tokens are invalid; confidential clients only, the provider must offer it"
        case .refreshNarrower:
            "send the smaller scope with each refresh: only the access token has fewer scopes; the refresh token and"
                + " the grant keep them all, so whoever has the refresh token has them, too"
        }
    }
}
