internal import Grants
internal import Scheduling

/// Decides the rows of a plan again, on what is stored now: only what is still as planned is applied.
struct RowJudge {
    /// What becomes of one row of the plan.
    enum Outcome: Sendable {
        /// It has gone, or was approved by a hash that does not cover it: nothing is to be done.
        case nothing
        /// It is kept, or stays as it is: judged again at its new deadline.
        case postponed(PlanSpool.Record)
        /// Why it is not as planned any more; with a deadline where it would else be forgotten.
        case skipped(String, family: Int64?, PlanSpool.Record?)
        /// The row's change, and those of the grants that it takes along.
        case changed(PlannedChange, group: [PlannedChange])
    }

    let batch: PlanBatch
    let reading: any StoreReading
    private let assessor: Assessor
    private let gates: Gates
    private let change: GrantChange

    /// `isStill`: the reading does not change while this lives.
    init(_ batch: PlanBatch, _ reading: any StoreReading, isStill: Bool) throws {
        let environment = batch.environment
        self.batch = batch
        self.reading = reading
        // Read again in every batch: a freeze or a hold typed elsewhere counts at once, and so do a blackout that begins
        // meanwhile and a mode that was reloaded.
        gates = Gates(
            mode: environment.mode.current,
            freezes: try reading.freezes(),
            heldProviders: Set(try reading.heldProviders().keys),
            blackout: environment.blackouts.current(at: environment.clock.now())
        )
        assessor = try Assessor(
            reading,
            environment.settings,
            ownTokens: environment.ownTokens,
            scopes: batch.plan.scopes,
            now: batch.now,
            remembers: isStill
        )
        change = GrantChange(
            actor: environment.actor,
            run: batch.run,
            now: batch.now,
            isApproved: batch.approved != nil
        )
    }

    func outcome(of record: PlanSpool.Record) throws -> Outcome {
        let rule = record.plannedRule
        if record.kind == 0 { return batch.approved == nil ? .postponed(record) : .nothing }
        guard batch.isReleased(record), !batch.isSkewed(record) else {
            return stayDue(record).map { .postponed($0) } ?? .nothing
        }
        guard let stored = try reading.grant(row: record.row) else { return .nothing }
        guard stored.grant.standing.isLive else {
            // A group ends with its first member: the others are found ended by the rule, as planned.
            return stored.grant.cause == rule ? .nothing : .skipped("ended-meanwhile", family: stored.grant.family, nil)
        }
        let family = stored.grant.family
        let assessment = try assessor.assess(stored)
        let group = assessment.group.isEmpty ? [] : try assessment.group.map { try assessor.judge($0.stored) }
        guard assessment.decision.action.ordinal == record.action, assessment.decision.rule == rule,
            Gates.valveHolds(assessment.decision) == record.valveHolds, group.allSatisfy(\.decision.isEnd)
        else { return .skipped("decision-changed", family: family, stayDue(record)) }
        guard gates.closed(to: assessment.decision, on: assessment.stored.grant) == nil else {
            return .skipped("held-meanwhile", family: family, stayDue(record))
        }
        let clock = batch.clock
        if clock.isClosed(to: assessment.decision, on: assessment.stored.grant)
            || group.contains(where: { clock.isClosed(to: $0.decision, on: $0.stored.grant) })
        {
            return stayDue(record).map { .postponed($0) } ?? .nothing
        }
        return .changed(change.planned(assessment), group: group.map { change.planned($0) })
    }

    /// What a doubtful own end of a live grant asks for.
    func attend(_ stored: StoredGrant, in writing: any StoreWriting) throws {
        let assessment = try assessor.judge(stored)
        let end = assessment.ownEnd
        guard assessment.attends(end), let doubtful = end.doubtful else { return }
        var stored = stored
        if assessment.isToBeAskedAtOnce(end) { stored.askAt = batch.now }
        if case .contradicted = end, stored.grant.contradictedEnd != doubtful {
            stored.grant.contradictedEnd = doubtful
            var event = Event(Event.Kind.grantContradicted, at: batch.now, about: stored.grant)
            event.reason = "its own end was \(doubtful), and a sign of life came later"
            event.rule = .contradicted
            event.run = batch.run
            event.actor = batch.environment.actor
            try writing.append(event, about: stored)
        }
        try writing.save(stored)
    }

    /// A row that was planned and not applied is planned again by the next run, whatever its deadline was.
    private func stayDue(_ record: PlanSpool.Record) -> PlanSpool.Record? {
        guard batch.approved == nil, record.oldDue == PlanSpool.none || record.oldDue > batch.now.milliseconds
        else { return nil }
        var again = record
        again.newDue = batch.now.milliseconds
        return again
    }
}

extension PlanSpool.Record {
    var plannedRule: Rule { Rule.allCases[rule] }
}
