internal import ConfigurationFiles
internal import Grants
internal import Records
internal import RotationWorker

/// One run of one job, under its lock, as the commands would do it.
struct JobExecution {
    let session: Session
    let environment: ProgramEnvironment
    let selection: GrantSelection
    let run: Int64
    let lock: JobLock
    let begun: Timestamp
    /// How much a revalidation may ask; nil: all that is due.
    let budget: QuestionBudget?
    let metrics: WorkerMetrics

    struct Result {
        /// `done`, `held`, or `unavailable` where no provider could be asked.
        var outcome: String
        /// The JSON document that the command would print.
        var summary: [UInt8]
        /// For the log.
        var warnings: [String] = []

        init(_ status: ExitStatus, _ summary: [UInt8]) {
            outcome = status.runOutcome
            self.summary = summary
        }
    }

    private var rotation: RotationEnvironment { session.rotation }

    func perform(_ job: Schedule.Job) async throws -> Result {
        switch job {
        case .expire: try await expire()
        case .revalidate: try await revalidate()
        case .revoke: try await revoke()
        case .deliver: try await deliver()
        case .auditCheckpoint: try await checkpoint()
        case .purge: try await purge()
        case .rehearse: try await rehearse()
        }
    }

    private func expire() async throws -> Result {
        // Read again: the files of tokens that we live on, and what may be held, may have changed since the worker began.
        var rotation = rotation
        rotation.ownTokens = try Session.ownTokens(rotation.settings)
        rotation.scopePolicies = try ScopePolicyDocuments.policies(
            of: session.configuration,
            at: environment.clock.now()
        )
        let job = ExpiryJob(rotation, selection: selection, isFull: false)
        try await job.prepare(run: run, lock: lock)
        let plan = try await job.plan(lock: lock)
        var report = RotationReport(
            run: run,
            isDryRun: false,
            mode: rotation.settings.policy.mode,
            plan: plan,
            standings: [:],
            seconds: 0
        )
        report.applied = try await job.apply(plan, run: run, lock: lock)
        metrics.ended(report.applied?.ended ?? [:])
        try await report.finish(selection, since: begun, session, environment)
        var result = Result(report.status, report.json())
        result.warnings += HeldPlans.warnings(plan.held)
        if plan.scopesOutdated {
            result.warnings.append("the scope documents were changed elsewhere; SIGHUP reads them anew")
        }
        return result
    }

    private func revalidate() async throws -> Result {
        let verdicts = try await RevalidationJob(
            rotation,
            scope: .due(selection),
            run: run,
            lock: lock,
            budget: budget,
            randomToken: environment.madeUpToken
        ).perform()
        for (provider, counts) in verdicts.byProvider { metrics.verdicts(provider, counts) }
        let report = RevalidationReport(
            run: run,
            mode: rotation.settings.policy.mode,
            verdicts: verdicts,
            forecast: try await Forecaster(rotation).forecasts(in: selection),
            seconds: seconds
        )
        return Result(report.status(isByName: false), report.json())
    }

    private func revoke() async throws -> Result {
        let report = try await RevocationJob(
            rotation,
            selection: selection,
            run: run,
            lock: lock,
            randomToken: environment.madeUpToken
        ).perform()
        metrics.ended(report.ended)
        let hasFindings = !report.isDone
        return Result(hasFindings ? .findings : .success, summary { RotationReport.write(report, to: &$0) })
    }

    private func deliver() async throws -> Result {
        let lines = try await DeliveryJob(rotation, lock: lock).perform()
        for line in lines {
            metrics.delivered(sink: line.sink, count: line.delivered, failed: line.failure != nil)
        }
        let hasFindings = lines.contains { $0.failure != nil }
        return Result(hasFindings ? .findings : .success, summary { Deliveries.write(lines, to: &$0) })
    }

    private func checkpoint() async throws -> Result {
        let report = try await AuditCheckpointJob(rotation, lock: lock).perform()
        return Result(report.status, report.json())
    }

    private func purge() async throws -> Result {
        let retention = session.configuration.retention
        let report = try await PurgeJob(rotation, retention: retention, lock: lock, run: run).perform()
        return Result(report.status, report.json())
    }

    private func rehearse() async throws -> Result {
        if let tenant = selection.tenant {
            try ContainmentTarget.check(supplier: tenant, session.configuration.settings)
        }
        var rotation = rotation
        rotation.ownTokens = try Session.ownTokens(rotation.settings)
        let plan = try await ContainmentPlanner(rotation).plan(selection, takesAlong: false)
        let report = try await ContainmentReport(plan, sinks: rotation.settings.sinks)
            .rehearsing(run, rotation, isByHand: false, environment)
        return Result(report.status, report.json())
    }

    private var seconds: Double { Double((environment.clock.now() - begun).milliseconds) / 1_000 }

    private func summary(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        body(&writer)
        writer.member("seconds", seconds)
        writer.endObject()
        return writer.bytes
    }
}
