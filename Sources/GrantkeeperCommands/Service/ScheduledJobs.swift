internal import Grants
internal import Logging
internal import RotationWorker
internal import Scheduling

/// Carries out the worker's starts with the jobs that the commands have: the same locks, runs and reports.
struct ScheduledJobs: StartRunner {
    let live: LiveSession
    let environment: ProgramEnvironment
    let logger: Logger
    let metrics: WorkerMetrics
    let guardWatch: GuardWatch

    func run(_ start: Start) async -> Ending {
        var logger = logger
        logger[metadataKey: "schedule"] = "\(start.schedule.name)"
        logger[metadataKey: "job"] = "\(start.schedule.job.rawValue)"
        let begun = environment.clock.now()
        let ending = await perform(start, live.current)
        let seconds = Double((environment.clock.now() - begun).milliseconds) / 1_000
        count(start, ending, seconds)
        switch ending {
        case .ran(let outcome):
            logger.info("run ended", metadata: ["outcome": "\(outcome)", "seconds": "\(seconds)"])
        case .failed(let why):
            logger.error("run failed", metadata: ["error": "\(why)", "seconds": "\(seconds)"])
        case .busy(let who):
            logger.notice("the job is taken, trying again", metadata: ["holder": "\(who)"])
        case .postponed(let why):
            logger.error("the run could not begin, trying again", metadata: ["error": "\(why)"])
        case .settled:
            logger.debug("another worker has done it")
        case .interrupted:
            logger.notice("run stopped where it was; what is left is taken up again")
        }
        return ending
    }

    private func count(_ start: Start, _ ending: Ending, _ seconds: Double) {
        let outcome: String
        switch ending {
        case .ran(let ran): outcome = ran
        case .failed: outcome = "failed"
        case .interrupted: outcome = "interrupted"
        case .busy, .postponed, .settled: return
        }
        let (job, schedule) = (start.schedule.job.rawValue, start.schedule.name)
        metrics.runEnded(job: job, schedule: schedule, outcome: outcome, seconds: seconds)
    }

    private func perform(_ start: Start, _ session: Session) async -> Ending {
        let store = session.store
        let lock: JobLock
        do {
            lock = try await store.lock(
                start.schedule.job.rawValue,
                owner: environment.actor,
                at: environment.clock.now()
            )
        } catch let error as StoreError where error.code == .lockHeld {
            return .busy(error.message)
        } catch {
            return notTakenUp(error)
        }
        let ending = await underLock(start, session, lock)
        await guardWatch.lookOrLog()
        do {
            try await store.unlock(lock)
        } catch {
            // The lease ends by itself.
            logger.warning("a lock could not be given back", metadata: ["error": "\(CommandError(error).message)"])
        }
        return ending
    }

    private func underLock(_ start: Start, _ session: Session, _ lock: JobLock) async -> Ending {
        let (store, now) = (session.store, environment.clock.now())
        let claim: StartBook.Claim
        do {
            try await guardWatch.look()
            let taken = try await store.write { writing in
                try writing.renew(lock)
                return try StartBook.claim(start, at: now, in: writing)
            }
            guard let taken else { return .settled }
            claim = taken
        } catch {
            return notTakenUp(error)
        }
        do {
            var outcome = "done"
            for selection in start.schedule.only.selections {
                let result = try await run(start, selection, session, lock, claim)
                if outcome == "done" || result == "unavailable" { outcome = result }
            }
            try await close(start, outcome, store, lock)
            return .ran(outcome: outcome)
        } catch is CancellationError {
            return .interrupted
        } catch {
            let failure = CommandError(error)
            try? await close(start, "failed", store, lock)
            return .failed(failure.message)
        }
    }

    private func notTakenUp(_ error: any Error) -> Ending {
        error is CancellationError ? .interrupted : .postponed(CommandError(error).message)
    }

    private func close(_ start: Start, _ outcome: String, _ store: any GrantStore, _ lock: JobLock) async throws {
        let now = environment.clock.now()
        try await store.write { writing in
            try writing.renew(lock)
            try StartBook.close(start, outcome: outcome, at: now, in: writing)
        }
    }

    /// One run, from its record to its summary.
    private func run(
        _ start: Start,
        _ selection: GrantSelection,
        _ session: Session,
        _ lock: JobLock,
        _ claim: StartBook.Claim
    ) async throws -> String {
        let (store, actor, begun) = (session.store, environment.actor, environment.clock.now())
        let job = start.schedule.job
        let run = try await store.write { writing in
            try writing.renew(lock)
            let run = try writing.beginRun(job: job.rawValue, actor: actor, at: begun)
            try writing.assign(lock, to: run)
            return run
        }
        do {
            let result = try await JobExecution(
                session: session,
                environment: environment,
                selection: selection,
                run: run,
                lock: lock,
                begun: begun,
                budget: budget(start, claim, at: begun),
                metrics: metrics
            ).perform(job)
            for warning in result.warnings { logger.warning("\(warning)", metadata: ["run": "\(run)"]) }
            let (summary, now) = (result.summary, environment.clock.now())
            try await store.write { try $0.endRun(run, outcome: result.outcome, summary: summary, at: now) }
            return result.outcome
        } catch is CancellationError {
            let now = environment.clock.now()
            try? await store.write {
                try $0.endRun(run, outcome: "interrupted", summary: Array("{}".utf8), at: now)
            }
            throw CancellationError()
        } catch {
            await RunLog(session, environment).fail(run, error)
            throw error
        }
    }
}

extension ScheduledJobs {
    /// A backlog of questions drains over an interval and not at once.
    private func budget(_ start: Start, _ claim: StartBook.Claim, at now: Timestamp) -> QuestionBudget? {
        guard start.schedule.job == .revalidate else { return nil }
        let cadence: Duration
        switch start.schedule.timing {
        case .every(let length): cadence = length
        case .cron:
            guard let times = try? ScheduleTimes(start.schedule), let next = times.next(after: now, since: now),
                let second = times.next(after: next, since: now)
            else { return nil }
            cadence = second - next
        }
        return QuestionBudget(lastRun: claim.previous, now: now, cadence: cadence)
    }
}

extension Schedule.Narrowing {
    /// Each tenant and client at each provider; all of what is not named.
    var selections: [GrantSelection] {
        let tenants: [TenantID?] = tenants.map { $0.map(Optional.some) } ?? [nil]
        let providers: [ProviderID?] = providers.map { $0.map(Optional.some) } ?? [nil]
        let clients: [ClientID?] = clients.map { $0.map(Optional.some) } ?? [nil]
        return tenants.flatMap { tenant in
            clients.flatMap { client in
                providers.map { GrantSelection(tenant: tenant, provider: $0, client: client) }
            }
        }
    }
}
