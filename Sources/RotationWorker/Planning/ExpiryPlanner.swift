internal import Grants
internal import Scheduling

/// Walks what is due in key order and builds the plan: one snapshot, memory bounded by the partitions.
struct ExpiryPlanner {
    let settings: RotationSettings
    let policies: ScopePolicies
    /// The hash of the settings alone.
    let settingsHash: String
    let ownTokens: [Secret]
    let blackouts: BlackoutCalendar
    let selection: GrantSelection
    let isFull: Bool
    let now: Timestamp
    /// Asked at every row: a walk runs on a thread that cancellation does not reach.
    let isCancelled: @Sendable () -> Bool
    private(set) var scopes = ScopeRuling.none
    /// Of all that can change a decision.
    private(set) var policyHash = ""

    init(
        _ environment: RotationEnvironment,
        _ selection: GrantSelection,
        isFull: Bool,
        now: Timestamp,
        isCancelled: @escaping @Sendable () -> Bool
    ) {
        settings = environment.settings
        policies = environment.scopePolicies
        settingsHash = environment.policyHash
        ownTokens = environment.ownTokens
        blackouts = environment.blackouts
        self.selection = selection
        self.isFull = isFull
        self.now = now
        self.isCancelled = isCancelled
    }

    /// The plan of one snapshot.
    ///
    /// Rows that end with a due one without being due themselves belong to it too, in key order like all others: where
    /// a walk finds such, it is made once more with them.
    func plan(_ reading: any StoreReading, rows receiver: (any PlanRowReceiver)?) throws -> ExpiryPlan {
        var planner = self
        planner.scopes = try ScopeRuling(reading, policies, settings, now: now)
        planner.policyHash = planner.scopes.hash(with: settingsHash)
        var along: Set<Int64> = []
        while true {
            try receiver?.restart()
            let desk = PlanDesk(try PlanLedger(planner, reading, receiver))
            let found = try desk.whileOpen { try planner.walk(reading, planner.scope(reading, along), desk) }
            if found.isSubset(of: along) { return try desk.close(reading) }
            along.formUnion(found)
        }
    }

    /// Judges one row after the other; returns the rows that end with a due one and are not due.
    private func walk(_ reading: any StoreReading, _ scope: GrantState, _ desk: PlanDesk) throws -> Set<Int64> {
        let assessor = try Assessor(reading, settings, ownTokens: ownTokens, scopes: scopes, now: now, remembers: true)
        let touched = scopes.rejudged
        var along: Set<Int64> = []
        try reading.forEach(scope, in: selection) { read in
            guard !isCancelled() else { throw CancellationError() }
            let assessment: Assessment
            if touched.contains(read.holding) {
                var stored = read
                // As it will be when it was made due.
                stored.dueAt = now
                assessment = try assessor.assess(stored)
            } else {
                assessment = try assessor.assess(read)
            }
            try desk.take(assessment)
            guard scope != .live else { return }
            for member in assessment.group
            where !(member.stored.dueAt.map { $0 <= now } ?? false) && !touched.contains(member.stored.holding) {
                along.insert(member.stored.row)
            }
        }
        return along
    }

    /// What is due; all of it where the policy is not the one that the deadlines were made with.
    private func scope(_ reading: any StoreReading, _ along: Set<Int64>) throws -> GrantState {
        let known = try reading.setting(ExpiryJob.policySetting)
        if isFull || known != settingsHash { return .live }
        let touched = scopes.rejudged
        return along.isEmpty && touched.isEmpty
            ? .due(now) : .dueOr(now, rows: along.sorted(), holdings: touched.sorted())
    }
}
