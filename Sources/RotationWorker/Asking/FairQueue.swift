internal import Grants

/// Takes from many tenants in turn, so that one with a million due grants does not keep another's ten waiting.
///
/// Holds a place for each tenant, and nothing of what waits.
struct FairQueue: Sendable {
    private struct Lane: Sendable {
        let tenant: TenantID
        var after: QueueQuery.Place?
    }

    private var lanes: [Lane]
    private var next: Int

    /// `turn` decides who is first: another number, another one, so that a limit does not always hit the same.
    init(_ tenants: [TenantID], turn: Int64, after places: [TenantID: QueueQuery.Place] = [:]) {
        lanes = tenants.map { Lane(tenant: $0, after: places[$0]) }
        let count = Duration.milliseconds(tenants.count)
        next = Int(StableJitter.delay("turn \(turn)", upTo: count).milliseconds)
    }

    /// The next `limit` of all, the same number of each tenant as far as it has so many.
    ///
    /// `fetch` gets a tenant, the place after which to go on, and how many; fewer mean that it has no more.
    mutating func page<Item>(
        limit: Int,
        _ fetch: (TenantID, QueueQuery.Place?, Int) throws -> [(item: Item, place: QueueQuery.Place)]
    ) rethrows -> [Item] {
        var page: [Item] = []
        while page.count < limit, !lanes.isEmpty {
            let quota = max(1, (limit - page.count) / lanes.count)
            for _ in lanes.indices where page.count < limit {
                if next >= lanes.count { next = 0 }
                let wanted = min(quota, limit - page.count)
                let found = try fetch(lanes[next].tenant, lanes[next].after, wanted)
                page += found.map(\.item)
                if found.count < wanted {
                    lanes.remove(at: next)
                } else {
                    lanes[next].after = found.last?.place
                    next += 1
                }
            }
        }
        return page
    }
}
