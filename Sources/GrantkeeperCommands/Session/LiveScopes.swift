internal import Grants
internal import Scopes

/// Who holds what in a store, and who shares it.
struct LiveScopes: Sendable {
    var holdings: [HeldScopes] = []
    var shared: [SharedGrants] = []

    /// More pairs than that say no more about isolation.
    private static let pairs = 10_000

    static let none = LiveScopes()

    private init() {}

    init(_ reading: any StoreReading) throws {
        let live = try LiveHoldings(reading)
        holdings = live.all
        // Several holdings are one owner's.
        var counts: [Pair: Int] = [:]
        for pair in try reading.sharedHolders(limit: Self.pairs) {
            guard let first = live.places[pair.first], let second = live.places[pair.second] else { continue }
            let owners = [Self.owner(of: holdings[first]), Self.owner(of: holdings[second])].sorted()
            counts[Pair(link: pair.link, one: owners[0], other: owners[1]), default: 0] += pair.count
        }
        shared = counts.map { pair, count in
            SharedGrants(pair.link == .token ? .token : .family, pair.one, pair.other, count: count)
        }.sorted { ($0.one, $0.other, $0.kind.rawValue) < ($1.one, $1.other, $1.kind.rawValue) }
    }

    private struct Pair: Hashable {
        let link: SharedHolding.Link
        let one: SharedGrants.Owner
        let other: SharedGrants.Owner
    }

    private static func owner(of holding: HeldScopes) -> SharedGrants.Owner {
        SharedGrants.Owner(
            tenant: holding.tenant,
            client: ClientKey(provider: holding.provider, client: holding.client)
        )
    }

    var live: Int { holdings.reduce(0) { $0 + $1.live } }
}
