internal import Grants
internal import Scopes

/// What the store knows of how clients use their scopes.
struct ScopeEvidence: Sendable {
    private var held: [SharedGrants.Owner: Set<String>] = [:]
    private var live: [SharedGrants.Owner: Int] = [:]
    private var lastUsed: [SharedGrants.Owner: [String: Timestamp]] = [:]
    private let feeds: [String: FeedRecord]

    init(_ reading: any StoreReading) throws {
        feeds = try reading.feeds()
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
        let window = uses.isEmpty ? nil : observed(by: covering, owner, length: length, now: now)
        return ScopeUsage(
            held: (held[owner] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            lastUsed: uses,
            window: window,
            coverage: window == nil ? 0 : 1
        )
    }

    /// The last stretch of that length that all of them have observed; nil: one has not, or is behind.
    private func observed(
        by covering: [FeedSettings],
        _ owner: SharedGrants.Owner,
        length: Duration,
        now: Timestamp
    ) -> Window? {
        var common: Window?
        for feed in covering {
            let (client, provider) = (owner.client.client, owner.client.provider)
            let observed = feeds[feed.id]?.window(of: client, tenant: owner.tenant, at: provider)
            guard let window = observed?.ended(by: now), now - window.until <= feed.maxAge else { return nil }
            guard let joined = common.map({ $0.intersection(window) }) ?? window else { return nil }
            common = joined
        }
        return common.map { Window(from: max($0.from, $0.until - length), until: $0.until) }
    }
}
