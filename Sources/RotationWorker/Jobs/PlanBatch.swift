internal import Dispatch
internal import Grants

/// The rows of a plan that one transaction applies: as many as 200 ms take.
///
/// Two threads work on them. ``decide(_:)`` judges row after row on a snapshot of what the transaction began with, and
/// ``apply(_:)`` writes what it says. Nobody else writes meanwhile; so what was decided there is what would be decided
/// here, but for rows that the transaction itself has had its hand in: those are judged once more where they are
/// written.
struct PlanBatch: Sendable {
    private static let length: UInt64 = 200_000_000
    /// Rows that are handed over at once, and how often that is ahead: what is decided in vain at a transaction's end.
    private static let (step, ahead) = (128, 4)

    let environment: RotationEnvironment
    let plan: ExpiryPlan
    let spool: PlanSpool
    let run: Int64
    let lock: JobLock
    /// The hash that a person approved; only its rows are applied.
    let approved: String?
    /// What the providers' clocks hold.
    let clock: ClockGate
    let now: Timestamp
    let from: Int
    private let decided = Handover<(PlanSpool.Record, RowJudge.Outcome)>(capacity: ahead)

    init(
        environment: RotationEnvironment,
        plan: ExpiryPlan,
        spool: PlanSpool,
        run: Int64,
        lock: JobLock,
        approved: String?,
        clock: ClockGate,
        now: Timestamp,
        from: Int
    ) {
        self.environment = environment
        self.plan = plan
        self.spool = spool
        self.run = run
        self.lock = lock
        self.approved = approved
        self.clock = clock
        self.now = now
        self.from = from
    }

    /// Decides until there is no more, or nobody asks for more.
    func decide(_ reading: Result<any StoreReading, any Error>) {
        do {
            let judge = try RowJudge(self, reading.get(), isStill: true)
            var index = from
            while true {
                let records = try spool.read(from: index, limit: Self.step)
                if records.isEmpty { break }
                guard try decided.give(records.map { ($0, try judge.outcome(of: $0)) }) else { return }
                index += records.count
            }
            decided.close()
        } catch {
            decided.close(failure: error)
        }
    }

    /// Writes what was decided; returns where the next transaction begins, and what was done.
    func apply(_ writing: any StoreWriting) throws -> (next: Int, applied: ExpiryJob.Applied) {
        defer { decided.abandon() }
        try writing.renew(lock)
        var hand = Hand(batch: self, writing: writing)
        var index = from
        let end = DispatchTime.now().uptimeNanoseconds + Self.length
        while DispatchTime.now().uptimeNanoseconds < end, let rows = try decided.take() {
            for (record, outcome) in rows { try hand.write(outcome, of: record) }
            index += rows.count
        }
        return (index, hand.applied)
    }

    /// Whether every gate is open, or a person opened it.
    func isReleased(_ record: PlanSpool.Record) -> Bool {
        if record.kind == 1 { return approved == nil }
        guard record.gate == 0 else { return false }
        let hash = record.valveHolds ? plan.valveHeld[plan.partitions[record.partition]] : nil
        return hash == approved
    }

    /// Whether the clock of its provider is not ours: nothing of it is applied.
    func isSkewed(_ record: PlanSpool.Record) -> Bool {
        record.kind == 2 && clock.skewed.contains(plan.partitions[record.partition].provider)
    }

    /// Writes outcomes, and knows which rows this transaction has changed.
    struct Hand {
        let batch: PlanBatch
        let writing: any StoreWriting
        /// All but the numbers of the actions, which are in ``actions``.
        private var done = ExpiryJob.Applied()
        private var actions = DecisionCounts()
        /// Rows that ended with others, and so were not changed by their own record, of which there is one a row.
        private var changedAlong: Set<Int64> = []
        private var changedRows: Set<Int64> = []
        /// Not yet in ``changedRows``: mostly nobody asks.
        private var changedLately: [Int64] = []
        private var changedFamilies: Set<Int64> = []
        private var judge: RowJudge?

        init(batch: PlanBatch, writing: any StoreWriting) {
            self.batch = batch
            self.writing = writing
        }

        mutating func write(_ outcome: RowJudge.Outcome, of record: PlanSpool.Record) throws {
            if hasTouched(outcome, record) {
                // What was decided beside us did not see what this transaction did.
                let judge = try self.judge ?? RowJudge(batch, writing, isStill: false)
                self.judge = judge
                try carryOut(judge.outcome(of: record))
            } else {
                try carryOut(outcome)
            }
            if record.attends, batch.approved == nil { try attend(record.row) }
        }

        /// Asks at once about an end that is in doubt, and tells a contradiction, once for each end.
        private mutating func attend(_ row: Int64) throws {
            guard let stored = try writing.grant(row: row), stored.grant.standing.isLive else { return }
            let judge = try self.judge ?? RowJudge(batch, writing, isStill: false)
            self.judge = judge
            try judge.attend(stored, in: writing)
            // Judged beside us, the grant was read before this.
            changedLately.append(row)
        }

        private mutating func hasTouched(_ outcome: RowJudge.Outcome, _ record: PlanSpool.Record) -> Bool {
            switch outcome {
            case .nothing, .postponed: return false
            case .skipped(_, let family, _):
                return changedAlong.contains(record.row) || hasTouched(family)
            case .changed(let change, let group):
                if changedAlong.contains(record.row) || hasTouched(change.stored.grant.family) { return true }
                if group.isEmpty { return false }
                changedRows.formUnion(changedLately)
                changedLately.removeAll(keepingCapacity: true)
                return group.contains { changedRows.contains($0.stored.row) || hasTouched($0.stored.grant.family) }
            }
        }

        private func hasTouched(_ family: Int64?) -> Bool { family.map(changedFamilies.contains) ?? false }

        mutating func carryOut(_ outcome: RowJudge.Outcome) throws {
            switch outcome {
            case .nothing:
                break
            case .postponed(let record):
                try postpone(record)
            case .skipped(let why, _, let record):
                done.skipped[why, default: 0] += 1
                if let record { try postpone(record) }
            case .changed(let change, let group):
                try write(change, group)
            }
        }

        private mutating func write(_ change: PlannedChange, _ group: [PlannedChange]) throws {
            try write(change)
            for member in group {
                try write(member)
                changedAlong.insert(member.stored.row)
            }
        }

        private mutating func write(_ change: PlannedChange) throws {
            try change.write(to: writing)
            actions.count(change.decision)
            done.countEnd(by: change)
            changedLately.append(change.stored.row)
            if let family = change.stored.grant.family { changedFamilies.insert(family) }
        }

        /// What was done.
        var applied: ExpiryJob.Applied {
            var applied = done
            for (decision, number) in actions.counted { applied.actions[decision.action.name, default: 0] += number }
            return applied
        }

        private func postpone(_ record: PlanSpool.Record) throws {
            func time(_ value: Int64) -> Timestamp? {
                value == PlanSpool.none ? nil : Timestamp(milliseconds: value)
            }
            try writing.postpone(
                row: record.row,
                from: time(record.oldDue),
                to: Deadline(dueAt: time(record.newDue), waitsForEvidence: record.waits),
                keptBy: record.plannedRule
            )
        }
    }
}
