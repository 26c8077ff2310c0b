internal import Grants

/// Questions wait for what people ordered to be ended: the provider's limits are for that first.
extension ProviderRound {
    /// Orders older than this keep nobody waiting: whoever was to work them has gone.
    static let givesWayFor = Duration.minutes(15)

    /// Whether a person's order that nobody has tried yet waits at the provider.
    ///
    /// Not where it is held: answers are what lifts a hold. What was not asked stays due.
    func mustGiveWay() async throws -> Bool {
        guard !job.isByHand, hold == nil else { return false }
        let (provider, now) = (settings.id, environment.clock.now())
        return try await environment.store.read { reading in
            // What a freeze keeps would only be waited for.
            let frozen = try reading.freezes().map(\.selection)
            let fresh = QueueQuery.Place(at: now - Self.givesWayFor, row: 0)
            return try reading.tenantsToRevoke(at: provider, in: GrantSelection()).contains { tenant in
                let query = QueueQuery(
                    provider: provider,
                    tenant: tenant,
                    client: nil,
                    isUrgent: true,
                    // Nothing that was tried: only what is new counts.
                    dueBy: fresh.at,
                    after: fresh
                )
                return try !reading.orders(query, newUntil: now, frozen: frozen, limit: 1).isEmpty
            }
        }
    }
}
