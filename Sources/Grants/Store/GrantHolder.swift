/// Whose a grant is, which no record can change.
package struct GrantHolder: Hashable, Sendable {
    package var tenant: TenantID
    package var client: ClientID

    package init(tenant: TenantID, client: ClientID) {
        self.tenant = tenant
        self.client = client
    }

    package init(of grant: Grant) { self.init(tenant: grant.tenant, client: grant.client) }
}
