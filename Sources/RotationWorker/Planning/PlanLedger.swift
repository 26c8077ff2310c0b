internal import Grants
internal import Records
internal import Scheduling

/// Writes a plan down, row after row: its numbers, its hashes, its spool.
struct PlanLedger {
    private let planner: ExpiryPlanner
    private let receiver: (any PlanRowReceiver)?
    private let gates: Gates
    private var plan: ExpiryPlan
    private var spool: PlanSpool.Writer
    private var digest: PlanDigest
    private var tallies: [ExpiryPlanner.Tally] = []
    private var tallyOfPartition: [Partition: Int] = [:]
    private var tallyOfCohort: [Int: Int] = [:]
    private var line = JSONWriter()
    private var kinds = DecisionCounts()
    private var unjudgedBefore = 0

    init(_ planner: ExpiryPlanner, _ reading: any StoreReading, _ receiver: (any PlanRowReceiver)?) throws {
        self.planner = planner
        self.receiver = receiver
        plan = ExpiryPlan(asOf: planner.now, policyHash: planner.policyHash, selection: planner.selection)
        plan.scopes = planner.scopes
        plan.freezes = try reading.freezes()
        plan.heldProviders = try reading.heldProviders()
        gates = Gates(
            mode: planner.settings.policy.mode,
            freezes: plan.freezes,
            heldProviders: Set(plan.heldProviders.keys),
            blackout: planner.blackouts.current(at: planner.now)
        )
        plan.blackout = planner.blackouts.stretch(at: planner.now)
        digest = PlanDigest(Array(planner.policyHash.utf8))
        spool = try PlanSpool.Writer()
    }

    mutating func take(_ assessment: Assessment) throws {
        let decision = assessment.decision
        kinds.count(decision)
        if assessment.stored.keptBy == .noEvidence { unjudgedBefore += 1 }
        let index = tally(for: assessment.stored)
        let gate = gates.closed(to: decision, on: assessment.stored.grant)
        let isKeep = decision.action == .keep
        if !isKeep {
            line.bytes.removeAll(keepingCapacity: true)
            PlanRow.write(assessment.stored.grant, decision, of: assessment.family, to: &line)
            line.newline()
            digest.add(line: line.bytes)
            tallies[index].add(decision, line: line.bytes, gate: gate, policyHash: planner.policyHash)
        }
        if let receiver, !isKeep || PlanRow.isListedKeep(decision) {
            try receiver.receive(
                PlanRow(grant: assessment.stored.grant, decision: decision, family: assessment.family)
            )
        }
        try spool.append(record(assessment, partition: index, gate: gate))
    }

    private mutating func tally(for stored: StoredGrant) -> Int {
        if let cohort = stored.cohort, let known = tallyOfCohort[cohort] { return known }
        let partition = Partition(of: stored.grant)
        let index = tallyOfPartition[partition] ?? tallies.count
        if index == tallies.count {
            tallies.append(ExpiryPlanner.Tally())
            tallyOfPartition[partition] = index
        }
        if let cohort = stored.cohort { tallyOfCohort[cohort] = index }
        return index
    }

    mutating func finish(_ reading: any StoreReading) throws -> ExpiryPlan {
        for (decision, number) in kinds.counted { plan.count(decision, number) }
        plan.spool = try spool.finish()
        plan.planHash = digest.hex
        plan.partitions = tallyOfPartition.sorted { $0.value < $1.value }.map(\.key)
        try planner.readValve(reading, tallyOfPartition.mapValues { tallies[$0] }, into: &plan)
        plan.toAsk = try reading.count(.toAsk(planner.now), in: planner.selection)
        plan.unjudgeable =
            try reading.unjudgeable(in: planner.selection) - unjudgedBefore + (plan.rules[.noEvidence] ?? 0)
        return plan
    }

    private func record(
        _ assessment: Assessment,
        partition: Int,
        gate: Gates.Gate?
    ) -> PlanSpool.Record {
        let decision = assessment.decision
        let deadline = assessment.deadline
        let kind: Int
        switch decision.action {
        case .keep: kind = 0
        case .reprieve, .restore: kind = 1
        case .notice, .quarantine, .end: kind = 2
        }
        return PlanSpool.Record(
            row: assessment.stored.row,
            oldDue: assessment.stored.dueAt?.milliseconds ?? PlanSpool.none,
            newDue: deadline.dueAt?.milliseconds ?? PlanSpool.none,
            partition: partition,
            kind: kind,
            rule: decision.rule.ordinal,
            gate: gate.flatMap { Gates.Gate.allCases.firstIndex(of: $0) }.map { $0 + 1 } ?? 0,
            valveHolds: Gates.valveHolds(decision),
            waits: deadline.waitsForEvidence,
            action: decision.action.ordinal
        )
    }
}

extension ExpiryPlan {
    fileprivate mutating func count(_ decision: Decision, _ number: Int) {
        examined += number
        actions[decision.action.name, default: 0] += number
        rules[decision.rule, default: 0] += number
        guard decision.action == .keep else { return }
        switch decision.rule {
        case .cannotRevoke, .collateral, .nobodyTold, .noEvidence:
            refused[decision.rule.rawValue, default: 0] += number
        default: break
        }
    }
}
