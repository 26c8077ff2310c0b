package import Grants

/// The least scopes by which a role, or some steps of it, can be done at one provider.
package struct Grantable: Hashable, Sendable {
    /// A registration that does not have what its roles need, or has more.
    package struct Registration: Hashable, Sendable {
        package var client: ClientID
        package var place: SourcePlace
        /// By the provider's words, in both.
        package var missing: [String]
        package var excess: [String]
    }

    package var provider: ProviderID
    package var tenant: TenantID
    package var role: RoleID
    /// Ready for a request or a registration (RFC 7591 §2), by the provider's words.
    package var scopes: [String]
    /// Steps of the role, or of those that were asked for, that the tenant may not take, and why.
    package var refused: [Refused]
    /// Registrations of the tenant's clients with this role at this provider that fall behind.
    package var behind: [Registration]

    package struct Refused: Hashable, Sendable {
        package var step: StepID
        package var why: String
    }
}

/// Why there is nothing to grant.
package enum GrantableProblem: Error, Hashable, Sendable {
    /// With the nearest known name.
    case unknownTenant(TenantID, near: String?)
    case unknownRole(RoleID, near: String?)
    case unknownStep(StepID, near: String?)
    /// The role has no such step.
    case stepNotInRole(StepID, RoleID)
}
