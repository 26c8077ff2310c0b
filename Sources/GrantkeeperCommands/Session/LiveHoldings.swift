internal import Grants
internal import Scopes

/// The live grants of a store as the analyses take them: counted by what they have in common.
struct LiveHoldings: Sendable {
    /// In the order of the store's numbers.
    private(set) var all: [HeldScopes] = []
    /// Where a number of the store stands in ``all``.
    private(set) var places: [Int64: Int] = [:]

    init(_ reading: any StoreReading) throws {
        try reading.forEachHolding { holding in
            places[holding.number] = all.count
            all.append(
                HeldScopes(
                    provider: holding.provider,
                    tenant: holding.tenant,
                    client: holding.client,
                    role: holding.role.map { RoleID($0) },
                    environment: holding.environment.map { EnvironmentID($0) },
                    scopes: holding.scopes.names,
                    live: holding.live
                )
            )
        }
    }

    var live: Int { all.reduce(0) { $0 + $1.live } }
}
