package import Grants

/// Which roles the clients of a tenant have, as `tenants.yaml` says.
package struct TenantAssignment: Sendable {
    package var id: Placed<TenantID>
    package var party: Party
    /// nil: the tenant is a group of its own.
    package var isolationGroup: Placed<IsolationGroupID>?
    /// Of all its clients that name none.
    package var environment: Placed<EnvironmentID>?
    package var clients: [ClientAssignment]

    package init(id: Placed<TenantID>, party: Party, clients: [ClientAssignment] = []) {
        self.id = id
        self.party = party
        self.clients = clients
    }
}

/// The roles of one integration of a tenant.
package struct ClientAssignment: Sendable {
    /// What the client exists for.
    package enum Purpose: String, CaseIterable, Sendable {
        case procurement, other
    }

    package var id: Placed<ClientID>
    package var provider: Placed<ProviderID>
    package var roles: [Placed<RoleID>]
    /// nil: the tenant's.
    package var environment: Placed<EnvironmentID>?
    /// The scopes of its registration at the provider (RFC 7591 §2, `scope`); nil: not written down.
    package var registered: [Placed<ScopeName>]?
    package var purpose: Purpose

    package init(
        id: Placed<ClientID>,
        provider: Placed<ProviderID>,
        roles: [Placed<RoleID>],
        purpose: Purpose = .procurement
    ) {
        self.id = id
        self.provider = provider
        self.roles = roles
        self.purpose = purpose
    }
}
