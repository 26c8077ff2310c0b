/// Whether a grant's scopes are within what the documents allow its client.
package enum ScopeVerdict: Hashable, Sendable {
    /// Why there is nothing to judge by, which is never a reason to end a grant.
    package enum WhyNoPolicy: Hashable, Sendable {
        case unknownTenant
        case unknownClient
        /// The provider's word, as the grant has it.
        case unknownScope(String)
        case noRole
        /// The grant's record names a role that the client does not have.
        case roleNotGiven(String)
        /// A role names a step, a scope or a narrowing that does not exist, so what it lacks proves nothing.
        case uncertainRole
        /// The scopes are bound to environments, and the client has none.
        case noEnvironment
        /// The grant's record names another environment than the client's document, and its scopes depend on it.
        case otherEnvironment(String)
    }

    case allowed
    /// Those that are not allowed, in the grant's order, by the provider's words.
    case outside([String])
    case noPolicy(WhyNoPolicy)
}

extension ScopeVerdict.WhyNoPolicy: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownTenant: "no scope document knows the tenant"
        case .unknownClient: "the tenant's document does not know the client"
        case .unknownScope(let word): "the catalogue does not know the scope '\(word)'"
        case .noRole: "the client has no role"
        case .roleNotGiven(let role): "the tenant's document does not give the client the role '\(role)'"
        case .uncertainRole: "a role of the client names what no document defines"
        case .noEnvironment: "the client has no environment, and the scopes are bound to some"
        case .otherEnvironment(let name):
            "its record says '\(name)', where its scopes are others than where its client is"
        }
    }
}
