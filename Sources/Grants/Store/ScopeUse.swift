/// When a client was last seen to use a scope of its grants.
package struct ScopeUse: Hashable, Sendable {
    package var provider: ProviderID
    package var tenant: TenantID
    package var client: ClientID
    /// By the provider's own name.
    package var scope: String
    package var lastUsedAt: Timestamp

    package init(provider: ProviderID, tenant: TenantID, client: ClientID, scope: String, lastUsedAt: Timestamp) {
        self.provider = provider
        self.tenant = tenant
        self.client = client
        self.scope = scope
        self.lastUsedAt = lastUsedAt
    }
}
