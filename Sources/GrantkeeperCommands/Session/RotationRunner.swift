internal import Grants
internal import Records
internal import RotationWorker

/// The jobs of one `rotate`, in their order, each under its lock.
struct RotationRunner {
    let session: Session
    let environment: ProgramEnvironment
    let selection: GrantSelection
    let isFull: Bool
    let wait: Duration?
    /// When the command began.
    let started: Timestamp

    private var rotation: RotationEnvironment { session.rotation }
    private var store: any GrantStore { session.store }

    func dryRun(planOut: String?) async throws -> RotationReport {
        let (plan, _) = try await self.plan(planOut, nil)
        var report = RotationReport(
            run: nil,
            isDryRun: true,
            mode: rotation.settings.policy.mode,
            plan: plan,
            standings: plan.standings,
            seconds: Double((environment.clock.now() - started).milliseconds) / 1_000
        )
        report.forecast = try await Forecaster(rotation).forecasts(in: selection)
        return report
    }

    /// One real run; if a person saw a plan with `hash`, another one now is refused, and nothing is applied.
    func run(planOut: String?, expecting hash: String?) async throws -> RotationReport {
        try await recorded("rotate") { run, lock in
            try await ExpiryJob(rotation, selection: selection, isFull: isFull).prepare(run: run, lock: lock)
            let (plan, job) = try await self.plan(planOut, lock)
            if let hash, hash != plan.planHash {
                throw CommandError(
                    .badData,
                    "plan-changed",
                    "the plan is no longer the one in the file: "
                        + "\(plan.planHash.prefix(12))… instead of \(hash.prefix(12))…",
                    hint: "make a new one with 'rotate --dry-run --plan-out FILE'"
                )
            }
            return (plan, try await job.apply(plan, run: run, lock: lock))
        }
    }

    /// Carries out one held plan that a person approved; its rows must still be what they were.
    func approve(_ held: HeldPlan, reason: String) async throws -> RotationReport {
        try await recorded("approve", revalidates: false) { run, lock in
            var (plan, job) = try await self.plan(nil, lock)
            guard plan.held.contains(where: { $0.hash == held.hash }) else {
                throw CommandError(
                    .badData,
                    "superseded",
                    "the held plan is superseded: other rows are planned now",
                    hint: "'grantkeeper rotate' holds the present one; 'runs list' shows its hash"
                )
            }
            try await tell(held, reason, run)
            let applied = try await job.apply(plan, run: run, lock: lock, approving: held.hash)
            plan.held.removeAll { $0.hash == held.hash }
            try await store.write { writing in
                try writing.setHeldPlans(try writing.heldPlans().filter { $0.hash != held.hash })
            }
            return (plan, applied)
        }
    }

    /// One run from its record to its report: the expiry under its lock, then the queue, the questions, the events;
    /// what fails is recorded as failed.
    private func recorded(
        _ name: String,
        revalidates: Bool = true,
        _ expiry: (Int64, JobLock) async throws -> (ExpiryPlan, ExpiryJob.Applied)
    ) async throws -> RotationReport {
        let lock = try await JobLocks(session, environment).take(ExpiryJob.name, wait: wait)
        var run: Int64?
        do {
            let id = try await begin(name, lock)
            run = id
            let (plan, applied) = try await expiry(id, lock)
            try await store.unlock(lock)
            var report = RotationReport(
                run: id,
                isDryRun: false,
                mode: rotation.settings.policy.mode,
                plan: plan,
                standings: [:],
                seconds: 0
            )
            report.applied = applied
            try await work(id, &report, revalidates: revalidates)
            try await finish(id, &report)
            return report
        } catch {
            try? await store.unlock(lock)
            if let run { await RunLog(session, environment).fail(run, error) }
            throw error
        }
    }

    private func tell(_ held: HeldPlan, _ reason: String, _ run: Int64) async throws {
        let (now, actor) = (environment.clock.now(), environment.actor)
        try await store.write { writing in
            var event = Event(Event.Kind.runApproved, at: now)
            event.tenant = held.tenant
            event.provider = held.provider
            event.reason = reason
            event.run = run
            event.actor = actor
            event.details = [
                "hash": .string(held.hash), "why": .string(held.why), "would_end": .number(Int64(held.wouldEnd)),
            ]
            try writing.append(event, about: nil)
        }
    }

    // MARK: Steps

    private func plan(_ planOut: String?, _ lock: JobLock?) async throws -> (ExpiryPlan, ExpiryJob) {
        let job = ExpiryJob(rotation, selection: selection, isFull: isFull)
        guard let planOut else { return (try await job.plan(lock: lock), job) }
        let file = try PlanFile(planOut)
        let plan = try await job.plan(rows: file, lock: lock)
        try file.finish(plan, isFull: isFull)
        return (plan, job)
    }

    private func begin(_ job: String, _ lock: JobLock) async throws -> Int64 {
        let (now, actor) = (environment.clock.now(), environment.actor)
        return try await store.write { writing in
            try writing.renew(lock)
            let run = try writing.beginRun(job: job, actor: actor, at: now)
            try writing.assign(lock, to: run)
            return run
        }
    }

    /// The queue, the questions, the events; a job that somebody else does is left out and said so.
    private func work(_ run: Int64, _ report: inout RotationReport, revalidates: Bool) async throws {
        let locks = JobLocks(session, environment)
        report.revocations = try await locks.with(RevocationJob.name, for: run, leftOut: &report.leftOut) { lock in
            try await RevocationJob(
                rotation,
                selection: selection,
                run: run,
                lock: lock,
                randomToken: environment.madeUpToken
            ).perform()
        }
        if revalidates {
            report.verdicts = try await locks.with(RevalidationJob.name, for: run, leftOut: &report.leftOut) { lock in
                try await RevalidationJob(
                    rotation,
                    scope: .due(selection),
                    run: run,
                    lock: lock,
                    randomToken: environment.madeUpToken
                ).perform()
            }
        }
        if !rotation.sinks.isEmpty {
            report.deliveries =
                try await locks.with(DeliveryJob.name, for: run, leftOut: &report.leftOut) { lock in
                    try await DeliveryJob(rotation, lock: lock).perform()
                } ?? []
        }
    }

    private func finish(_ run: Int64, _ report: inout RotationReport) async throws {
        try await report.finish(selection, since: started, session, environment)
        let (outcome, summary) = (report.status.runOutcome, report.json())
        let now = environment.clock.now()
        try await store.write { try $0.endRun(run, outcome: outcome, summary: summary, at: now) }
    }
}

extension RotationReport {
    /// How the grants stand now, and how long it took.
    mutating func finish(
        _ selection: GrantSelection,
        since started: Timestamp,
        _ session: Session,
        _ environment: ProgramEnvironment
    ) async throws {
        let now = environment.clock.now()
        standings = try await session.store.read { reading in
            try reading.counts(endsSince: now).filter { entry in
                (selection.provider == nil || entry.key.provider == selection.provider)
                    && (selection.tenant == nil || entry.key.tenant == selection.tenant)
            }.reduce(into: [:]) { sums, entry in
                for (standing, number) in entry.value.standings { sums[standing, default: 0] += number }
            }
        }
        forecast = try await Forecaster(session.rotation).forecasts(in: selection)
        seconds = Double((now - started).milliseconds) / 1_000
    }
}

/// Takes the locks of jobs, waiting as long as a person said.
struct JobLocks {
    private let session: Session
    private let environment: ProgramEnvironment

    init(_ session: Session, _ environment: ProgramEnvironment) {
        self.session = session
        self.environment = environment
    }

    func take(_ job: String, wait: Duration?) async throws -> JobLock {
        let end = environment.clock.now() + (wait ?? .zero)
        while true {
            do {
                return try await session.store.lock(job, owner: environment.actor, at: environment.clock.now())
            } catch let error as StoreError where error.code == .lockHeld && environment.clock.now() < end {
                try await environment.sleep(.seconds(1))
            }
        }
    }

    /// Runs the body under the job's lock, for `run` if there is one; nil: another process has the lock.
    func with<Result>(
        _ job: String,
        for run: Int64? = nil,
        leftOut: inout [String],
        _ body: (JobLock) async throws -> Result
    ) async throws -> Result? {
        let lock: JobLock
        do {
            lock = try await take(job, wait: nil)
        } catch let error as StoreError where error.code == .lockHeld {
            leftOut.append(job)
            return nil
        }
        do {
            if let run { try await session.store.write { try $0.assign(lock, to: run) } }
            let result = try await body(lock)
            try await session.store.unlock(lock)
            return result
        } catch {
            try? await session.store.unlock(lock)
            throw error
        }
    }
}
