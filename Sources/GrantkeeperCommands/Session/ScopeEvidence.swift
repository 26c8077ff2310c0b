internal import Grants
internal import Scopes

/// What the store knows of how clients use their scopes.
struct ScopeEvidence: Sendable {
    private var held: [SharedGrants.Owner: Set<String>] = [:]
    private var live: [SharedGrants.Owner: Int] = [:]
    private var lastUsed: [SharedGrants.Owner: [String: Timestamp]] = [:]
    private let windows: [String: Window]

    init(_ reading: any StoreReading) throws {
        windows = try reading.feeds().compactMapValues(\.window)
        for use in try reading.scopeUses(in: GrantSelection()) {
            let owner = SharedGrants.Owner(
                tenant: use.tenant,
                client: ClientKey(provider: use.provider, client: use.client)
            )
            lastUsed[owner, default: [:]][use.scope] = use.lastUsedAt
        }
        try reading.forEachHolding { holding in
            let owner = SharedGrants.Owner(
                tenant: holding.tenant,
                client: ClientKey(provider: holding.provider, client: holding.client)
            )
            held[owner, default: []].formUnion(holding.scopes.names)
            live[owner, default: 0] += holding.live
        }
    }

    /// All that have live grants.
    var owners: Set<SharedGrants.Owner> { Set(live.keys) }

    func liveGrants(of owner: SharedGrants.Owner) -> Int { live[owner] ?? 0 }

    /// A feed that never named a scope of the client's has not observed which it uses: it covers nothing here.
    func usage(
        of owner: SharedGrants.Owner,
        feeds: [FeedSettings],
        window length: Duration,
        now: Timestamp
    ) -> ScopeUsage {
        let uses = lastUsed[owner] ?? [:]
        let covering = feeds.filter { feed in
            feed.covers.contains { $0.includes(owner.client.provider, owner.tenant, owner.client.client) }
        }
        var window: Window?
        if !covering.isEmpty, !uses.isEmpty {
            window = Window(from: now - length, until: now)
            for feed in covering { window = windows[feed.id].flatMap { window?.intersection($0) } }
        }
        return ScopeUsage(
            held: (held[owner] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            lastUsed: uses,
            window: window,
            coverage: window == nil ? 0 : 1
        )
    }
}
