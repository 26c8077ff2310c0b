internal import Dispatch
package import Grants
internal import Scheduling

/// Plans what the rules say of the stored grants, passes it through the gates, and applies what is left.
package struct ExpiryJob: Sendable {
    /// The policy that the stored deadlines were made with.
    static let policySetting = "policy_hash"
    package static let name = "expire"

    private let environment: RotationEnvironment
    private let selection: GrantSelection
    private let isFull: Bool
    private let now: Timestamp

    package init(_ environment: RotationEnvironment, selection: GrantSelection, isFull: Bool) {
        self.environment = environment
        self.selection = selection
        self.isFull = isFull
        now = environment.clock.now()
    }

    /// What was done with a plan.
    package struct Applied: Sendable {
        /// By the action's name.
        package var actions: [String: Int] = [:]
        /// Ended at once, without a call: `expired`, `revoked`.
        package var ended: [Standing: Int] = [:]
        package var queued = 0
        /// Why → number: rows of the plan that were no longer as planned.
        package var skipped: [String: Int] = [:]
    }

    /// Writes nothing and sends nothing, but for the lease of a lock that is held meanwhile.
    package func plan(rows receiver: (any PlanRowReceiver)? = nil, lock: JobLock? = nil) async throws -> ExpiryPlan {
        let cancellation = Cancellation()
        let planner = ExpiryPlanner(
            settings: environment.settings,
            policyHash: environment.policyHash,
            ownTokens: environment.ownTokens,
            blackouts: environment.blackouts,
            selection: selection,
            isFull: isFull,
            now: now
        ) { [stop = environment.stop] in cancellation.isRequested || stop.isRequested }
        return try await withTaskCancellationHandler {
            try await LeaseHeartbeat.keeping(lock, environment.store) {
                try await environment.store.read { reading in try planner.plan(reading, rows: receiver) }
            }
        } onCancel: {
            cancellation.request()
        }
    }

    /// Applies the rows that no gate holds; with `approving`, only those of that held entry.
    package func apply(
        _ plan: ExpiryPlan,
        run: Int64,
        lock: JobLock,
        approving hash: String? = nil
    ) async throws -> Applied {
        try await record(plan, run: run, lock: lock, approving: hash)
        var applied = Applied()
        guard let spool = plan.spool else { return applied }
        var index = 0
        while index < spool.count {
            try environment.stop.check()
            let batch = Batch(job: self, plan: plan, spool: spool, run: run, lock: lock, approved: hash, from: index)
            let done = try await environment.store.write { writing in try batch.apply(writing) }
            index = done.next
            applied.add(done.applied)
            environment.progress(.init(step: "applying", done: index, total: spool.count))
            // Others get in between two batches.
            try await Task.sleep(for: .milliseconds(5))
        }
        if selection.isAll, hash == nil {
            let (policyHash, shortest, now) = (
                environment.policyHash, environment.settings.policy.shortestInterval, now
            )
            try await environment.store.write { writing in
                try writing.renew(lock)
                guard try writing.setting(Self.policySetting) != policyHash else { return }
                try writing.setSetting(Self.policySetting, policyHash)
                try writing.hastenQuestions(every: shortest, at: now)
            }
        }
        return applied
    }

    /// What is held is stored before anything is applied, so that it can be approved whatever happens next.
    private func record(_ plan: ExpiryPlan, run: Int64, lock: JobLock, approving hash: String?) async throws {
        guard hash == nil else { return }
        let (now, actor) = (now, environment.actor)
        try await environment.store.write { writing in
            try writing.renew(lock)
            let known = try writing.heldPlans()
            // A narrower run says nothing of what others hold.
            let others = known.filter { held in
                held.why == "surge" || (!plan.selection.isAll && held.selection != plan.selection)
            }
            try writing.setHeldPlans(plan.held + others)
            for held in plan.held where !known.contains(where: { $0.hash == held.hash }) {
                var event = Event(Event.Kind.runHeld, at: now)
                event.tenant = held.tenant
                event.provider = held.provider
                event.reason = held.why
                event.run = run
                event.actor = actor
                event.details = [
                    "hash": .string(held.hash), "would_end": .number(Int64(held.wouldEnd)),
                    "live": .number(Int64(held.live)),
                ]
                try writing.append(event, about: nil)
            }
            for partition in plan.warned {
                var event = Event(Event.Kind.runWarned, at: now)
                event.tenant = partition.tenant
                event.provider = partition.provider
                event.reason = "more notices than the valve would let end"
                event.run = run
                event.actor = actor
                try writing.append(event, about: nil)
            }
        }
    }

    /// The rows of one transaction: as many as 200 ms take.
    private struct Batch: Sendable {
        let job: ExpiryJob
        let plan: ExpiryPlan
        let spool: PlanSpool
        let run: Int64
        let lock: JobLock
        let approved: String?
        let from: Int

        func apply(_ writing: any StoreWriting) throws -> (next: Int, applied: Applied) {
            try writing.renew(lock)
            let environment = job.environment
            // Read again in every batch: a freeze or a hold typed elsewhere counts at once, and so does a blackout
            // that begins meanwhile.
            let gates = Gates(
                mode: environment.settings.policy.mode,
                freezes: try writing.freezes(),
                heldProviders: Set(try writing.heldProviders().keys),
                blackout: environment.blackouts.current(at: environment.clock.now())
            )
            let assessor = try Assessor(
                writing,
                environment.settings,
                ownTokens: environment.ownTokens,
                now: job.now
            )
            let change = GrantChange(
                settings: environment.settings,
                actor: environment.actor,
                run: run,
                now: job.now,
                isApproved: approved != nil
            )
            var applied = Applied()
            var index = from
            let end = DispatchTime.now().uptimeNanoseconds + 200_000_000
            while DispatchTime.now().uptimeNanoseconds < end {
                let records = try spool.read(from: index, limit: 256)
                if records.isEmpty { break }
                for record in records {
                    try apply(record, writing, assessor, gates, change, &applied)
                }
                index += records.count
            }
            return (index, applied)
        }

        private func apply(
            _ record: PlanSpool.Record,
            _ writing: any StoreWriting,
            _ assessor: Assessor,
            _ gates: Gates,
            _ change: GrantChange,
            _ applied: inout Applied
        ) throws {
            let rule = Rule.allCases[record.rule]
            if record.kind == 0 {
                if approved == nil { try postpone(record, rule, writing) }
                return
            }
            guard isReleased(record) else { return try stayDue(record, rule, writing) }
            guard let stored = try writing.grant(row: record.row) else { return }
            guard stored.grant.standing.isLive else {
                // A group ends with its first member: the others are found ended by the rule, as planned.
                if stored.grant.cause != rule { applied.skipped["ended-meanwhile", default: 0] += 1 }
                return
            }
            let assessment = try assessor.assess(stored)
            let group = try assessment.group.map { try assessor.judge($0.stored) }
            guard assessment.decision.action.ordinal == record.action, assessment.decision.rule == rule,
                Gates.valveHolds(assessment.decision) == record.valveHolds, group.allSatisfy(\.decision.isEnd)
            else {
                applied.skipped["decision-changed", default: 0] += 1
                return try stayDue(record, rule, writing)
            }
            guard gates.closed(to: assessment.decision, on: stored.grant) == nil else {
                applied.skipped["held-meanwhile", default: 0] += 1
                return try stayDue(record, rule, writing)
            }
            try change.apply(assessment, in: writing)
            applied.count(assessment.decision, change, stored.grant)
            for member in group {
                try change.apply(member, in: writing)
                applied.count(member.decision, change, member.stored.grant)
            }
        }

        /// A row that was planned and not applied is planned again by the next run, whatever its deadline was.
        private func stayDue(
            _ record: PlanSpool.Record,
            _ rule: Rule,
            _ writing: any StoreWriting
        ) throws {
            guard approved == nil, record.oldDue == PlanSpool.none || record.oldDue > job.now.milliseconds
            else { return }
            var again = record
            again.newDue = job.now.milliseconds
            try postpone(again, rule, writing)
        }

        private func postpone(_ record: PlanSpool.Record, _ rule: Rule, _ writing: any StoreWriting) throws {
            func time(_ value: Int64) -> Timestamp? {
                value == PlanSpool.none ? nil : Timestamp(milliseconds: value)
            }
            try writing.postpone(
                row: record.row,
                from: time(record.oldDue),
                to: Deadline(dueAt: time(record.newDue), waitsForEvidence: record.waits),
                keptBy: rule
            )
        }

        /// Whether every gate is open, or a person opened it.
        private func isReleased(_ record: PlanSpool.Record) -> Bool {
            if record.kind == 1 { return approved == nil }
            guard record.gate == 0 else { return false }
            let hash = record.valveHolds ? plan.valveHeld[plan.partitions[record.partition]] : nil
            return hash == approved
        }
    }
}

extension ExpiryJob.Applied {
    fileprivate mutating func count(_ decision: Decision, _ change: GrantChange, _ before: Grant) {
        actions[decision.action.name, default: 0] += 1
        guard case .end(let end) = decision.action else { return }
        let announces =
            change.settings.providers.first { $0.id == before.key.provider }?.revocation == .events
        if end.needsCall, !announces { queued += 1 } else { ended[end.standing, default: 0] += 1 }
    }

    fileprivate mutating func add(_ other: Self) {
        actions.merge(other.actions, uniquingKeysWith: +)
        ended.merge(other.ended, uniquingKeysWith: +)
        queued += other.queued
        skipped.merge(other.skipped, uniquingKeysWith: +)
    }
}
