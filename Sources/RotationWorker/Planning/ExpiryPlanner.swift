internal import Grants
internal import Scheduling

/// Walks what is due in key order and builds the plan: one snapshot, memory bounded by the partitions.
struct ExpiryPlanner {
    let settings: RotationSettings
    let policyHash: String
    let ownTokens: [Secret]
    let blackouts: BlackoutCalendar
    let selection: GrantSelection
    let isFull: Bool
    let now: Timestamp
    /// Asked at every row: a walk runs on a thread that cancellation does not reach.
    let isCancelled: @Sendable () -> Bool

    /// The plan of one snapshot.
    ///
    /// Rows that end with a due one without being due themselves belong to it too, in key order like all others: where
    /// a walk finds such, it is made once more with them.
    func plan(_ reading: any StoreReading, rows receiver: (any PlanRowReceiver)?) throws -> ExpiryPlan {
        var along: Set<Int64> = []
        while true {
            try receiver?.restart()
            let desk = PlanDesk(try PlanLedger(self, reading, receiver))
            let found = try desk.whileOpen { try walk(reading, scope(reading, along), desk) }
            if found.isSubset(of: along) { return try desk.close(reading) }
            along.formUnion(found)
        }
    }

    /// Judges one row after the other; returns the rows that end with a due one and are not due.
    private func walk(_ reading: any StoreReading, _ scope: GrantState, _ desk: PlanDesk) throws -> Set<Int64> {
        let assessor = try Assessor(reading, settings, ownTokens: ownTokens, now: now, remembers: true)
        var along: Set<Int64> = []
        try reading.forEach(scope, in: selection) { stored in
            guard !isCancelled() else { throw CancellationError() }
            let assessment = try assessor.assess(stored)
            try desk.take(assessment)
            guard scope != .live else { return }
            for member in assessment.group where !(member.stored.dueAt.map { $0 <= now } ?? false) {
                along.insert(member.stored.row)
            }
        }
        return along
    }

    /// What is due; all of it where the policy is not the one that the deadlines were made with.
    private func scope(_ reading: any StoreReading, _ along: Set<Int64>) throws -> GrantState {
        let known = try reading.setting(ExpiryJob.policySetting)
        if isFull || known != policyHash { return .live }
        return along.isEmpty ? .due(now) : .dueOr(now, rows: along.sorted())
    }
}
