/// What grants of one provider, tenant, client, role, environment and scope set are to a policy: all alike.
package struct Holding: Hashable, Sendable {
    /// The store's number of it, from 1; it stays the same as long as the store lives.
    package var number: Int64
    package var provider: ProviderID
    package var tenant: TenantID
    package var client: ClientID
    package var role: String?
    package var environment: String?
    package var scopes: ScopeSet
    /// How many live grants there are of it.
    package var live: Int

    package init(
        number: Int64,
        provider: ProviderID,
        tenant: TenantID,
        client: ClientID,
        role: String? = nil,
        environment: String? = nil,
        scopes: ScopeSet,
        live: Int
    ) {
        self.number = number
        self.provider = provider
        self.tenant = tenant
        self.client = client
        self.role = role
        self.environment = environment
        self.scopes = scopes
        self.live = live
    }

    package var partition: Partition { Partition(provider: provider, tenant: tenant) }
}

/// Two holdings of different holders whose grants share a token or a family: who has one has the other.
///
/// Holders differ by provider, tenant or client.
package struct SharedHolding: Hashable, Sendable {
    package enum Link: String, CaseIterable, Sendable {
        case token
        case family
    }

    /// The lower of the two numbers.
    package var first: Int64
    package var second: Int64
    package var link: Link
    /// How many tokens or families they share.
    package var count: Int

    package init(first: Int64, second: Int64, link: Link, count: Int) {
        self.first = min(first, second)
        self.second = max(first, second)
        self.link = link
        self.count = count
    }
}

/// What is asked of a snapshot about who holds what.
package protocol HoldingReading: AnyObject {
    /// The holdings of live grants, in the order of their numbers; costs what they are, however many grants they have.
    ///
    /// The grants of some of them are ``GrantState/ofHoldings(_:)``.
    func forEachHolding(_ body: (Holding) throws -> Void) throws
    /// The tenants that have live grants of a client at a provider, at most `limit` of them.
    func tenants(of client: ClientID, at provider: ProviderID, limit: Int) throws -> [TenantID]
    /// Pairs of holdings that share tokens or families of live grants, at most `limit` of them.
    func sharedHolders(limit: Int) throws -> [SharedHolding]
    /// The last use of each scope by each client, in key order of provider, tenant, client, scope.
    func scopeUses(in selection: GrantSelection) throws -> [ScopeUse]
    /// The scope policy that is in force; nil: none.
    func scopePolicy() throws -> KeptScopePolicy?
    /// The revision whose coming in force put a holding out of policy, by its number; few of all have one.
    func scopeChanges() throws -> [Int64: String]
}

extension HoldingReading {
    package func holdings() throws -> [Holding] {
        var all: [Holding] = []
        try forEachHolding { all.append($0) }
        return all
    }
}
