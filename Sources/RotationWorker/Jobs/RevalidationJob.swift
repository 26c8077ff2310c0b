package import Grants

/// Asks the providers about grants and stores what they say; ends nothing.
///
/// The verdicts feed the next plan. All providers are asked at once; the others go on when one hangs or fails.
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
    /// nil: all that is due is asked.
    let budget: QuestionBudget?
    let randomToken: @Sendable () -> Secret

    package init(
        _ environment: RotationEnvironment,
        scope: Scope,
        run: Int64,
        lock: JobLock?,
        budget: QuestionBudget? = nil,
        randomToken: @escaping @Sendable () -> Secret
    ) {
        self.environment = environment
        self.scope = scope
        self.run = run
        self.lock = lock
        self.budget = budget
        self.randomToken = randomToken
    }

    package func perform() async throws -> VerdictReport {
        let progress = SharedProgress("asking", environment)
        let asked = environment.settings.providers.filter { environment.providers[$0.id] != nil }
        let reports = try await atEveryProvider(asked.map(\.id)) { [self] id in
            guard let settings = environment.settings(of: id), let client = environment.providers[id] else {
                return VerdictReport()
            }
            var round = ProviderRound(job: self, settings: settings, client: client, progress: progress)
            try await round.perform()
            var report = round.report
            report.byProvider[settings.id] = VerdictCounts(report)
            return report
        }
        return reports.reduce(into: VerdictReport()) { $0.add($1) }
    }

    var isByName: Bool { if case .grants = scope { true } else { false } }

    /// A person waits for the answers.
    var isByHand: Bool { if case .due = scope { false } else { true } }
}

extension VerdictReport {
    fileprivate mutating func add(_ other: VerdictReport) {
        active += other.active
        inactive += other.inactive
        unknown.merge(other.unknown, uniquingKeysWith: +)
        pending += other.pending
        drifted += other.drifted
        resurfaced += other.resurfaced
        lines += other.lines
        held.merge(other.held) { first, _ in first }
        recovered += other.recovered
        unreachable.merge(other.unreachable) { first, _ in first }
        asked += other.asked
        providersAsked += other.providersAsked
        surges += other.surges
        byProvider.merge(other.byProvider) { first, _ in first }
    }
}
