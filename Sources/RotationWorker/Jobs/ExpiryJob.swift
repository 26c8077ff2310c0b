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
        /// What the providers' clocks held, which were looked at after the plan.
        package var held: [HeldPlan] = []
    }

    /// Looks at what no plan can know by itself, before one that is to be applied: whether providers that nobody looked
    /// at yet can revoke at all.
    package func prepare(run: Int64, lock: JobLock) async throws {
        let (environment, selection) = (environment, selection)
        let unknown = try await environment.store.read { reading in
            try environment.settings.providers.filter { provider in
                guard selection.provider == nil || selection.provider == provider.id else { return false }
                return try environment.providers[provider.id] != nil && RevocationEndpoints.isUnknown(provider, reading)
            }.map(\.id)
        }
        _ = try await ServerLook(environment: environment, run: run, lock: lock).look(at: Set(unknown))
    }

    /// Writes nothing and sends nothing, but for the lease of a lock that is held meanwhile.
    package func plan(rows receiver: (any PlanRowReceiver)? = nil, lock: JobLock? = nil) async throws -> ExpiryPlan {
        let cancellation = Cancellation()
        let planner = ExpiryPlanner(environment, selection, isFull: isFull, now: now) {
            [stop = environment.stop] in cancellation.isRequested || stop.isRequested
        }
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
        var applied = Applied()
        let clock = try await readClocks(plan, run: run, lock: lock, approving: hash)
        applied.held = plan.held(by: clock, approving: hash, at: now)
        try await record(plan, applied.held, run: run, lock: lock, approving: hash)
        guard let spool = plan.spool else { return applied }
        var index = 0
        while index < spool.count {
            try environment.stop.check()
            try refuseClockSetBack()
            let batch = PlanBatch(
                environment: environment,
                plan: plan,
                spool: spool,
                run: run,
                lock: lock,
                approved: hash,
                clock: clock,
                now: now,
                from: index
            )
            let done = try await environment.store.write(
                scouting: { reading in batch.decide(reading) },
                { writing in try batch.apply(writing) }
            )
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

    /// The clocks of all providers that something is applied to.
    private func readClocks(
        _ plan: ExpiryPlan,
        run: Int64,
        lock: JobLock,
        approving hash: String?
    ) async throws -> ClockGate {
        let providers = Set(plan.released(approving: hash).map(\.provider))
        let readings = try await ServerLook(environment: environment, run: run, lock: lock).look(at: providers)
        try refuseClockSetBack()
        let trusting = environment.settings.providers.filter { $0.clock == .trusted }.map(\.id)
        return ClockGate(readings, trusting: Set(trusting))
    }

    /// The providers' clocks are compared with ours as it is, and what is applied was decided by ours as it was.
    private func refuseClockSetBack() throws {
        let skew = now - environment.clock.now()
        guard skew > ServerClock.tolerance else { return }
        throw StoreError(
            .other,
            "the clock was set back by \(skew.components.seconds) s since the plan was made; the rest of it is not applied",
            hint: "run it again: it is planned by the clock as it is now"
        )
    }

    /// What is held is stored before anything is applied, so that it can be approved whatever happens next.
    private func record(
        _ plan: ExpiryPlan,
        _ heldByClock: [HeldPlan],
        run: Int64,
        lock: JobLock,
        approving hash: String?
    ) async throws {
        // What a person approved was planned by what is in force.
        guard hash == nil else { return }
        let (now, actor) = (now, environment.actor)
        try await environment.store.write { writing in
            try writing.renew(lock)
            try plan.scopes.enter(in: writing, run: run, actor: actor, at: now)
            let known = try writing.heldPlans()
            // A narrower run says nothing of what others hold, but for the scope policy, which every run looks at.
            let others = known.filter { held in
                held.isOfProvider
                    || (!plan.selection.isAll && held.selection != plan.selection && held.why != ScopeRuling.why)
            }
            let mine = plan.held + heldByClock
            try writing.setHeldPlans(mine + others)
            for held in mine where !known.contains(where: { $0.hash == held.hash }) {
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
}

extension ExpiryJob.Applied {
    mutating func countEnd(by change: PlannedChange) {
        guard case .end(let end) = change.decision.action else { return }
        if change.stored.grant.standing == .revoking { queued += 1 } else { ended[end.standing, default: 0] += 1 }
    }

    fileprivate mutating func add(_ other: Self) {
        actions.merge(other.actions, uniquingKeysWith: +)
        ended.merge(other.ended, uniquingKeysWith: +)
        queued += other.queued
        skipped.merge(other.skipped, uniquingKeysWith: +)
    }
}
