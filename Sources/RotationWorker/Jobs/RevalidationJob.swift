package import Grants

/// Asks the providers about grants and stores what they say; ends nothing.
///
/// The verdicts feed the next plan. Other providers go on when one fails.
package struct RevalidationJob: Sendable {
    package static let name = "revalidate"

    /// What to ask about.
    package enum Scope: Sendable {
        case due(GrantSelection)
        case all(GrantSelection)
        /// By hand: these grants, each with a line in the report.
        case grants([Grant.Key])
    }

    let environment: RotationEnvironment
    let scope: Scope
    let run: Int64
    /// nil: a few grants by hand need no lock.
    let lock: JobLock?
    let randomToken: @Sendable () -> Secret

    package init(
        _ environment: RotationEnvironment,
        scope: Scope,
        run: Int64,
        lock: JobLock?,
        randomToken: @escaping @Sendable () -> Secret
    ) {
        self.environment = environment
        self.scope = scope
        self.run = run
        self.lock = lock
        self.randomToken = randomToken
    }

    package func perform() async throws -> VerdictReport {
        var report = VerdictReport()
        for settings in environment.settings.providers {
            guard let client = environment.providers[settings.id] else { continue }
            var round = ProviderRound(job: self, settings: settings, client: client)
            try await round.perform()
            report.add(round.report)
            report.byProvider[settings.id, default: VerdictCounts()].add(VerdictCounts(round.report))
        }
        return report
    }

    /// The next grants of a provider to ask about.
    func page(of provider: ProviderID, after key: Grant.Key?, now: Timestamp) async throws -> [StoredGrant] {
        switch scope {
        case .due(let selection), .all(let selection):
            guard selection.provider == nil || selection.provider == provider else { return [] }
            var narrowed = selection
            narrowed.provider = provider
            let state: GrantState = if case .due = scope { .toAsk(now) } else { .live }
            let wanted = narrowed
            return try await environment.store.read { reading in
                try reading.page(state, in: wanted, after: key, limit: ProviderRound.batchSize)
            }
        case .grants(let keys):
            guard key == nil else { return [] }
            let mine = keys.filter { $0.provider == provider }
            return try await environment.store.read { reading in
                try mine.compactMap { try reading.grant($0) }.filter { $0.grant.standing.isLive }
            }
        }
    }

    var isByName: Bool { if case .grants = scope { true } else { false } }
}

extension VerdictReport {
    fileprivate mutating func add(_ other: VerdictReport) {
        active += other.active
        inactive += other.inactive
        unknown.merge(other.unknown, uniquingKeysWith: +)
        pending += other.pending
        lines += other.lines
        held.merge(other.held) { first, _ in first }
        recovered += other.recovered
        unreachable.merge(other.unreachable) { first, _ in first }
        asked += other.asked
        providersAsked += other.providersAsked
        surges += other.surges
    }
}
