/// A source of "this grant was used" that the operator declares to see *every* use of what it covers.
package struct FeedSettings: Hashable, Sendable {
    /// A part of the grants; nil lists mean all of the provider's.
    package struct Cover: Hashable, Sendable {
        package var provider: ProviderID
        package var tenants: [TenantID]?
        package var clients: [ClientID]?

        package init(provider: ProviderID, tenants: [TenantID]? = nil, clients: [ClientID]? = nil) {
            self.provider = provider
            self.tenants = tenants
            self.clients = clients
        }

        package func includes(_ provider: ProviderID, _ tenant: TenantID, _ client: ClientID) -> Bool {
            provider == self.provider && (tenants?.contains(tenant) ?? true) && (clients?.contains(client) ?? true)
        }
    }

    /// What becomes of a feed with more unreadable lines than ``maxUnreadable``.
    package enum UnreadableLines: String, CaseIterable, Sendable {
        /// It does not move until a person accepts them.
        case stop
        /// Its window begins anew behind them.
        case gap
    }

    package var id: String
    package var covers: [Cover]
    /// How much later than it happened a use may still arrive.
    package var late = Duration.hours(1)
    package var maxAge = Duration.days(3)
    /// In hundredths of the lines since its last move: more lines of clients that the store does not know stop it.
    package var maxUnmappedPercent: Double = 20
    /// More lines since its last move that cannot be read stop it: each may be anybody's use.
    package var maxUnreadable = 0
    package var onUnreadable = UnreadableLines.stop
    /// Lines of these subjects are neither uses nor unmapped.
    package var ignoredSubjects: [String] = []

    package init(id: String, covers: [Cover]) {
        self.id = id
        self.covers = covers
    }

    package func covers(_ grant: Grant) -> Bool {
        covers.contains { $0.includes(grant.key.provider, grant.tenant, grant.client) }
    }
}
