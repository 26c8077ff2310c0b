internal import Grants

/// The grants that a round asks a provider about, page by page; memory is a page and a place for each tenant.
struct QuestionPages: Sendable {
    /// Of the first page; of later ones ``BatchSize`` decides.
    static let size = BatchSize.smallest

    private enum Source: Sendable {
        /// In key order; nil: from the beginning.
        case all(GrantSelection, after: Grant.Key?)
        /// By tenant, fairly: first what confirms an inactive answer, then the longest overdue.
        case due(GrantSelection, urgent: FairQueue, others: FairQueue)
        case named([Grant.Key])
    }

    private let store: any GrantStore
    private let provider: ProviderID
    /// What becomes due later is the next run's: so a round ends, however often a grant is re-dated meanwhile.
    private let dueBy: Timestamp
    private var source: Source
    /// How many questions are left that confirm nothing; nil: no limit.
    private var budget: Int?

    static func of(
        _ job: RevalidationJob,
        at provider: ProviderID,
        now: Timestamp
    ) async throws -> QuestionPages? {
        let store = job.environment.store
        switch job.scope {
        case .all(let selection):
            guard let narrowed = selection.narrowed(to: provider) else { return nil }
            return QuestionPages(store, provider, now, .all(narrowed, after: nil), budget: nil)
        case .grants(let keys):
            let mine = keys.filter { $0.provider == provider }
            return QuestionPages(store, provider, now, .named(mine), budget: nil)
        case .due(let selection):
            guard let narrowed = selection.narrowed(to: provider) else { return nil }
            let (planned, every) = (job.budget, job.environment.settings.policy.shortestInterval)
            let (tenants, budget) = try await store.read { reading in
                let tenants = try reading.tenantsToAsk(at: provider, in: narrowed)
                guard let planned else { return (tenants, nil as Int?) }
                let counts = try reading.questionCounts(in: narrowed, dueBy: now)
                let live = counts.values.reduce(0) { $0 + $1.askable }
                return (tenants, planned.questions(live: live, every: every, batch: size))
            }
            let queue = FairQueue(tenants, turn: job.run)
            return QuestionPages(store, provider, now, .due(narrowed, urgent: queue, others: queue), budget: budget)
        }
    }

    private init(
        _ store: any GrantStore,
        _ provider: ProviderID,
        _ dueBy: Timestamp,
        _ source: Source,
        budget: Int?
    ) {
        self.store = store
        self.provider = provider
        self.dueBy = dueBy
        self.source = source
        self.budget = budget
    }

    /// More may be due of the living than this round may ask about.
    var isBudgetSpent: Bool { budget.map { $0 <= 0 } ?? false }

    /// The next page, of so many grants at the most; empty: there is no more.
    mutating func next(_ size: Int = size) async throws -> [StoredGrant] {
        let store = store
        switch source {
        case .named(let keys):
            source = .named([])
            return try await store.read { reading in
                try keys.compactMap { try reading.grant($0) }.filter { $0.grant.standing.isLive }
            }
        case .all(let selection, let key):
            let page = try await store.read { try $0.page(.live, in: selection, after: key, limit: size) }
            source = .all(selection, after: page.last?.grant.key ?? key)
            return page
        case .due(let selection, let urgent, let others):
            let (provider, dueBy) = (provider, dueBy)
            let limit = min(size, budget ?? size)
            let found = try await store.read { reading in
                var (urgent, others) = (urgent, others)
                func take(_ queue: inout FairQueue, _ limit: Int, isUrgent: Bool) throws -> [StoredGrant] {
                    try queue.page(limit: limit) { tenant, place, limit in
                        let query = QueueQuery(
                            provider: provider,
                            tenant: tenant,
                            client: selection.client,
                            isUrgent: isUrgent,
                            dueBy: dueBy,
                            after: place
                        )
                        return try reading.questions(query, limit: limit).map { stored in
                            (stored, .init(at: stored.askAt ?? dueBy, row: stored.row))
                        }
                    }
                }
                var page = try take(&urgent, size, isUrgent: true)
                let urgentCount = page.count
                page += try take(&others, min(limit, size - page.count), isUrgent: false)
                return (page: page, urgentCount: urgentCount, urgent: urgent, others: others)
            }
            source = .due(selection, urgent: found.urgent, others: found.others)
            budget = budget.map { $0 - (found.page.count - found.urgentCount) }
            return found.page
        }
    }
}

extension GrantSelection {
    /// The provider's share of it; nil: it has none.
    func narrowed(to provider: ProviderID) -> GrantSelection? {
        guard self.provider == nil || self.provider == provider else { return nil }
        var narrowed = self
        narrowed.provider = provider
        return narrowed
    }
}
