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
    private var notes = [Int](repeating: 0, count: GrantNotes.Word.allCases.count)
    private let valves: RotationSettings.Valves
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
        valves = RotationSettings.Valves(planner.settings)
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
            tallies[index].add(
                decision,
                on: assessment.stored.grant,
                group: assessment.group,
                line: line.bytes,
                gate: gate,
                at: planner.now,
                policyHash: planner.policyHash
            )
        }
        let ownEnd = assessment.ownEnd
        let notes = assessment.notes(ownEnd)
        if !notes.isEmpty { count(notes) }
        if let receiver, !isKeep || PlanRow.isListedKeep(decision, notes) {
            try receiver.receive(
                PlanRow(grant: assessment.stored.grant, decision: decision, family: assessment.family, notes: notes)
            )
        }
        try spool.append(record(assessment, ownEnd, partition: index, gate: gate))
    }

    private mutating func count(_ found: GrantNotes) {
        for (index, word) in GrantNotes.Word.allCases.enumerated() where found.contains(GrantNotes(word)) {
            notes[index] += 1
        }
    }

    private mutating func tally(for stored: StoredGrant) -> Int {
        if let cohort = stored.cohort, let known = tallyOfCohort[cohort] { return known }
        let partition = Partition(of: stored.grant)
        let index = tallyOfPartition[partition] ?? tallies.count
        if index == tallies.count {
            let now = planner.now
            tallies.append(
                ExpiryPlanner.Tally(
                    window: now + valves.valve(of: partition).window,
                    totalWindow: now + valves.total.window
                )
            )
            tallyOfPartition[partition] = index
        }
        if let cohort = stored.cohort { tallyOfCohort[cohort] = index }
        return index
    }

    mutating func finish(_ reading: any StoreReading) throws -> ExpiryPlan {
        for (decision, number) in kinds.counted { plan.count(decision, number) }
        for (word, number) in zip(GrantNotes.Word.allCases, notes) where number > 0 { plan.notes[word] = number }
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
        _ ownEnd: OwnEnd,
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
            action: decision.action.ordinal,
            attends: assessment.attends(ownEnd)
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
