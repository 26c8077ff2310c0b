internal import Grants

/// The due orders of one provider, page by page: those of people first, then every tenant in turn.
///
/// What comes while the job runs is taken too, once; what has failed in this run is the next one's.
struct OrderPages: Sendable {
    private let store: any GrantStore
    private let clock: any WallClock
    private let environment: RotationEnvironment
    private let provider: ProviderID
    private let selection: GrantSelection?
    private let startedAt: Timestamp
    /// Which queues: those of people first.
    private let urgencies: [Bool]
    /// Raised with every page, so that no tenant is always first.
    private var turn: Int64
    private var places: [Bool: [TenantID: QueueQuery.Place]] = [:]
    /// nil: whatever is due; else these, in order.
    private var rows: [Int64]?
    /// Due, and kept by the provider's hold: so many, at most a page.
    private(set) var kept = 0

    init(_ job: RevocationJob, at provider: ProviderID) {
        store = job.environment.store
        clock = job.environment.clock
        environment = job.environment
        self.provider = provider
        selection = job.selection.narrowed(to: provider)
        startedAt = job.environment.clock.now()
        urgencies = job.isByHandOnly ? [true] : [true, false]
        turn = job.run
        rows = job.rows?.sorted()
    }

    /// Empty: there is no more.
    mutating func next() async throws -> [RevocationJob.Work] {
        if let rows { return try await next(of: rows) }
        guard let selection else { return [] }
        let (provider, dueBy, now, turn, known, urgencies) = (provider, startedAt, clock.now(), turn, places, urgencies)
        self.turn += 1
        // What was decided before a blackout, or before the mode went back to observe, waits like what is decided now:
        // receivers would see it end. What a person ordered goes on.
        let isHeldBack = environment.holdsAutomaticEnds(at: now)
        let (work, places, kept) = try await store.read { reading in
            var places = known
            let tenants = try reading.tenantsToRevoke(at: provider, in: selection)
            let frozen = try reading.freezes().map(\.selection)
            let isHeld = try reading.heldProviders()[provider] != nil
            var orders: [RevocationOrder] = []
            var kept = 0
            for isUrgent in urgencies where isUrgent || !isHeldBack {
                if isHeld, kept < RevocationJob.batchSize {
                    for tenant in tenants {
                        let query = QueueQuery(
                            provider: provider,
                            tenant: tenant,
                            client: selection.client,
                            isUrgent: isUrgent,
                            dueBy: dueBy
                        )
                        let limit = RevocationJob.batchSize - kept
                        kept += try reading.orders(query, newUntil: now, frozen: frozen, limit: limit)
                            .count { !$0.whileHeld }
                    }
                }
                var queue = FairQueue(tenants, turn: turn, after: places[isUrgent] ?? [:])
                orders += try queue.page(limit: RevocationJob.batchSize - orders.count) { tenant, place, limit in
                    var query = QueueQuery(
                        provider: provider,
                        tenant: tenant,
                        client: selection.client,
                        isUrgent: isUrgent,
                        dueBy: dueBy,
                        after: place
                    )
                    query.isHeld = isHeld
                    let found = try reading.orders(query, newUntil: now, frozen: frozen, limit: limit)
                        .map { ($0, QueueQuery.Place(at: $0.nextTryAt ?? dueBy, row: $0.row)) }
                    if let last = found.last { places[isUrgent, default: [:]][tenant] = last.1 }
                    return found
                }
            }
            return (try orders.compactMap { try RevocationJob.Work($0, at: provider, reading) }, places, kept)
        }
        self.places = places
        self.kept = max(self.kept, kept)
        return work
    }

    private mutating func next(of rows: [Int64]) async throws -> [RevocationJob.Work] {
        let provider = provider
        let (work, left) = try await store.read { reading in
            var work: [RevocationJob.Work] = []
            var left = rows[...]
            while work.count < RevocationJob.batchSize, let row = left.popFirst() {
                guard let order = try reading.revocation(row: row) else { continue }
                if let found = try RevocationJob.Work(order, at: provider, reading) { work.append(found) }
            }
            return (work, Array(left))
        }
        self.rows = left
        return work
    }
}

extension RevocationJob.Work {
    /// nil: the grant is not the provider's.
    fileprivate init?(_ order: RevocationOrder, at provider: ProviderID, _ reading: any StoreReading) throws {
        guard let stored = try reading.grant(row: order.row), stored.grant.key.provider == provider else { return nil }
        // One token that does not open must not stop all others.
        self.init(order: order, stored: stored, tokens: try? reading.tokens(of: order.row))
    }
}
