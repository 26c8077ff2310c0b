package import Grants

/// Scopes that somebody wants to ask for, and for whom.
package struct RequestedScopes: Sendable {
    /// By the provider's words where a provider is known, else by the catalogue's names.
    package var scopes: [Placed<String>]
    /// The request as a whole.
    package var place: SourcePlace
    package var tenant: Placed<TenantID>?
    package var client: Placed<ClientID>?
    package var provider: Placed<ProviderID>?
    /// nil: all roles of the client.
    package var role: Placed<RoleID>?
    /// What is to be done with them; empty: all steps of the role.
    package var steps: [Placed<StepID>] = []
    package var environment: Placed<EnvironmentID>?

    package init(scopes: [Placed<String>], place: SourcePlace) {
        self.scopes = scopes
        self.place = place
    }
}
