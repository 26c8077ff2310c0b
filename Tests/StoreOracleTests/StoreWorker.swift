import Grants
import RotationWorker

@testable import oracle

/// Plays the days of a world with the real jobs, as the schedules start them.
struct StoreWorker {
    let installation: Installation
    var gateway: Gateway
    /// The person who sees to what stands still.
    var person = Operator()
    /// The clock of the last run, as the restore guard keeps it outside of the store.
    private var mark: Timestamp
    private var isFrozenByGuard = false
    var frozenSince: Int?
    private var heldRuns = 0
    private var surgeSince: Int?
    /// Something went wrong in this night.
    var isDisturbed = false
    /// Every token that a record brought, by grant.
    var hadTokens: [String: Set<String>] = [:]

    var world: World { installation.world }
    var watch: Watch { installation.watch }
    var clock: WorldClock { installation.clock }

    init(_ world: World) async throws {
        installation = try await Installation(world)
        gateway = Gateway(world)
        mark = Core.time(world.begins - Span.day)
    }

    /// Until it is over, or something is wrong.
    mutating func play() async throws {
        try await recordLively()
        for day in 0..<world.days {
            let midnight = world.begins + Int64(day) * Span.day
            clock.move(to: midnight + 2 * Span.hour)
            try await settleNight(day)
            try await takeLog(day)
            clock.move(to: midnight + 3 * Span.hour)
            try await rotate(day)
            if world.runsTwice {
                clock.move(to: midnight + 15 * Span.hour)
                try await rotate(day)
            }
            clock.move(to: midnight + 22 * Span.hour)
            installation.server.refuse(with: nil)
            if day % world.exportDays == 0 { try await takeExport() }
            if watch.failure != nil { return }
        }
    }

    // MARK: Freezes

    /// In the morning a person thaws what was frozen in the night before, and the mode is what it was.
    private mutating func settleNight(_ day: Int) async throws {
        installation.mode.set(.enforce)
        watch.with { $0.isObserving = false }
        guard let since = frozenSince, day > since + day % 2, clock.offset == 0 else { return }
        frozenSince = nil
        try await thaw()
    }

    private func thaw() async throws {
        watch.setFrozen(false)
        _ = try await GateOrders(installation.environment).thaw(GrantSelection(), reason: "looked at")
        watch.restartNotices()
        watch.note("thawed")
    }

    /// The restore guard: a clock behind the outside mark, or far ahead of it, freezes until a person thaws.
    private mutating func guardStart() async throws {
        let now = clock.now()
        if now < mark || now > mark + .days(7), !isFrozenByGuard {
            isFrozenByGuard = true
            try await Self.freeze(installation, inFlight: 0)
        }
        if isFrozenByGuard, clock.offset == 0, frozenSince == nil {
            isFrozenByGuard = false
            mark = now
            try await thaw()
        }
        if !isFrozenByGuard { mark = max(mark, now) }
    }

    static func freeze(_ installation: Installation, inFlight: Int) async throws {
        try await GateOrders(installation.environment).freeze(GrantSelection(), reason: "seen to")
        installation.watch.setFrozen(true, inFlight: inFlight)
        installation.watch.note("freeze has returned")
    }

    // MARK: Runs

    /// `rotate`: plan, look, apply; the queue; what is due of questions; deliver.
    private mutating func rotate(_ day: Int) async throws {
        try await guardStart()
        isDisturbed = false
        if let disturbance = Disturbance.drawn(world, day: day, .before) { try await disturb(disturbance, day) }
        watch.beginRun()
        let approved = try await approvable()
        let (lock, run) = try await installation.begin(ExpiryJob.name)
        do {
            try await expire(run, lock, approving: approved, day)
        } catch let error as StoreError where isDisturbed && error.code == .other {
            // The run is broken off, as after any failure: its clock was set while it ran.
            watch.count("broken off")
            watch.note("broken off: \(error.message)")
            watch.enter(.intake)
            installation.server.before(nil)
            return try await installation.end(lock)
        }
        try await installation.end(lock)
        try await revoke(day)
        watch.enter(.questions)
        let installation = installation
        try await installation.locked(RevalidationJob.name) { lock, run in
            _ = try await RevalidationJob(
                installation.environment,
                scope: .due(GrantSelection()),
                run: run,
                lock: lock,
                randomToken: { Secret(TrueServer.madeUp) }
            ).perform()
        }
        try await approveSurge(day)
        watch.enter(.delivery)
        if day % (world.acknowledgesAfter + 1) == 0 {
            _ = try await installation.locked(DeliveryJob.name) { lock, _ in
                try await DeliveryJob(installation.environment, lock: lock).perform()
            }
        }
        watch.enter(.intake)
        if !isFrozenByGuard { mark = max(mark, clock.now()) }
        try await judgeRun()
    }

    private mutating func expire(_ run: Int64, _ lock: JobLock, approving hash: String?, _ day: Int) async throws {
        watch.enter(.prepare)
        try await ExpiryJob(installation.environment, selection: GrantSelection(), isFull: false)
            .prepare(run: run, lock: lock)
        var (job, plan, planned) = try await self.plan(lock)
        let hasWork = planned.values.contains { $0.decision.action != .keep } && plan.held.isEmpty
        let disturbance = hasWork ? Disturbance.drawn(world, day: day, .look) : nil
        if let disturbance {
            try await disturb(disturbance, day)
            if disturbance == .rightAtTheLook {
                clock.step(by: 6 * Span.day)
                (job, plan, planned) = try await self.plan(lock)
            }
            disturbLook(disturbance)
        }
        let approving = plan.held.contains { $0.hash == hash } ? hash : nil
        watch.with { $0.plan = planned }
        watch.enter(.apply, judgedBy: plan.asOf, approving: approving != nil)
        let applied = try await job.apply(plan, run: run, lock: lock, approving: approving)
        installation.server.before(nil)
        if approving != nil { watch.count("approved") }
        for held in plan.held + applied.held { watch.count("held: \(held.why)") }
        heldRuns = plan.held.contains { $0.why.hasPrefix("valve-") } ? heldRuns + 1 : 0
        if heldRuns > 0 { watch.with { $0.referee.held(at: $0.runAt) } }
    }

    private func plan(_ lock: JobLock) async throws -> (ExpiryJob, ExpiryPlan, [String: PlanRow]) {
        let job = ExpiryJob(installation.environment, selection: GrantSelection(), isFull: false)
        let rows = PlannedRows()
        let plan = try await job.plan(rows: rows, lock: lock)
        return (job, plan, rows.byID)
    }

    private mutating func revoke(_ day: Int) async throws {
        let installation = installation
        watch.enter(.queue)
        let queued = try await installation.everything().count { $0.grant.standing == .revoking }
        let disturbance = queued > 0 ? Disturbance.drawn(world, day: day, .queue, hasMore: queued > 1) : nil
        if let disturbance {
            try await disturb(disturbance, day)
            disturbQueue(disturbance, queued: queued)
        }
        let report = try await installation.locked(RevocationJob.name) { lock, run in
            try await RevocationJob(
                installation.environment,
                selection: GrantSelection(),
                run: run,
                lock: lock,
                randomToken: { Secret(TrueServer.madeUp) }
            ).perform()
        }
        installation.server.before(nil)
        for (gate, count) in report.stopped { watch.count("queue stopped: \(gate.rawValue)", count) }
        for (_, count) in report.waiting { watch.count("queue stopped: hold", count) }
    }

    // MARK: A person

    /// What the valve has held for two runs, if nothing else speaks against it.
    private func approvable() async throws -> String? {
        guard heldRuns >= 2, clock.offset == 0, !isFrozenByGuard, frozenSince == nil else { return nil }
        return try await installation.environment.store.read { reading in
            try reading.heldPlans().first { $0.why.hasPrefix("valve-") }?.hash
        }
    }

    /// Only what is truly gone is approved.
    private mutating func approveSurge(_ day: Int) async throws {
        let environment = installation.environment
        let held = try await environment.store.read { try $0.heldPlans() }.first { $0.isOfProvider }
        guard let held else {
            surgeSince = nil
            return
        }
        watch.count("held: \(held.why)")
        surgeSince = surgeSince ?? day
        guard day - (surgeSince ?? day) >= world.mendsAfter, clock.offset == 0 else { return }
        let pending = try await environment.store.read { reading in
            Set(
                try reading.pendingVerdicts(of: Core.provider).map(\.row).compactMap { try reading.grant(row: $0) }
                    .map(\.grant.key.id)
            )
        }
        let now = clock.truth
        let people = installation.events.people
        let isGone = try await installation.everything().filter { pending.contains($0.grant.key.id) }.allSatisfy {
            !people[$0.person].consents[$0.consent].isAlive(at: now)
        }
        guard isGone else { return }
        _ = try await GateOrders(environment).approveSurge(held, reason: "asked their owners")
    }

    // MARK: After a run

    /// (d) and (f).
    private func judgeRun() async throws {
        let stored = try await installation.everything()
        let people = installation.events.people
        let isHeld = try await installation.environment.store.read { try $0.heldProviders()[Core.provider] != nil }
        let isDisturbed = isDisturbed
        watch.with { state in
            let isQuiet = !isDisturbed && !isHeld && !state.isFrozen
            state.referee.endOfRun(stored, Array(stored.indices), people, at: state.runAt, isQuiet: isQuiet)
        }
    }
}
