package import Grants

/// Live grants that are alike to the analyses, and how many they are.
///
/// The store counts them without reading every row: scope sets are interned there.
package struct Holding: Hashable, Sendable {
    package var provider: ProviderID
    package var tenant: TenantID
    package var client: ClientID
    /// As the grants' records name it; nil: they name none.
    package var role: RoleID?
    package var environment: EnvironmentID?
    /// By the provider's words.
    package var scopes: [String]
    /// How many grants.
    package var live: Int

    package init(
        provider: ProviderID,
        tenant: TenantID,
        client: ClientID,
        role: RoleID? = nil,
        environment: EnvironmentID? = nil,
        scopes: [String],
        live: Int
    ) {
        self.provider = provider
        self.tenant = tenant
        self.client = client
        self.role = role
        self.environment = environment
        self.scopes = scopes
        self.live = live
    }
}
