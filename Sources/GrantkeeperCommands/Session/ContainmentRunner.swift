internal import Grants
internal import RotationWorker

/// One containment from its record to its report: the ends are decided, the events leave, the queue is worked.
struct ContainmentRunner {
    let session: Session
    let environment: ProgramEnvironment
    let reason: String
    let reference: String?
    let options: OrderOptions

    func perform(_ planned: ContainmentReport) async throws -> ContainmentReport {
        let (store, now, actor) = (session.store, environment.clock.now(), environment.actor)
        let run = try await store.write { try $0.beginRun(job: "contain", actor: actor, at: now) }
        return try await RunLog(session, environment).watching(run) {
            var report = planned
            report.run = run
            try await carryOut(&report, run)
            let end = environment.clock.now()
            report.seconds = Double((end - now).milliseconds) / 1_000
            let (outcome, summary) = (report.status.runOutcome, report.json())
            try await store.write { try $0.endRun(run, outcome: outcome, summary: summary, at: end) }
            return report
        }
    }

    private func carryOut(_ report: inout ContainmentReport, _ run: Int64) async throws {
        let (plan, outlet) = (report.plan, EventOutlet(session, environment))
        let rotation = rotation(waking: outlet)
        async let delivered = outlet.run()
        let ordered: Containment.Ordered
        do {
            let containment = Containment(
                rotation,
                run: run,
                reason: reason,
                reference: reference,
                options: options
            )
            ordered = try await containment.order(plan) { _ in outlet.wake() }
            // All that people ordered, in whatever run: what waits there is as urgent as this.
            _ = try await RevocationJob(
                rotation,
                selection: GrantSelection(),
                isByHandOnly: true,
                run: run,
                lock: nil,
                randomToken: environment.madeUpToken
            ).perform()
        } catch {
            outlet.finish()
            _ = await delivered
            throw error
        }
        outlet.finish()
        let lines = await delivered
        report.ordered = ordered
        report.outcome = try await ContainmentOutcome.read(plan, orderedAt: ordered.at, rotation)
        report.told = try await told(ordered, lines)
    }

    /// The events of each batch leave as soon as it is stored.
    private func rotation(waking outlet: EventOutlet) -> RotationEnvironment {
        var rotation = session.rotation
        let show = rotation.progress
        rotation.progress = { progress in
            show(progress)
            outlet.wake()
        }
        return rotation
    }

    /// Which sinks have acknowledged that the grants are being revoked, whoever delivered.
    private func told(
        _ ordered: Containment.Ordered,
        _ lines: [DeliveryJob.Line]
    ) async throws -> [ContainmentReport.Told] {
        let sinks = session.rotation.sinks.map(\.settings.id)
        return try await session.store.read { reading in
            try sinks.map { id in
                let cursor = try reading.sinkCursor(id)
                let failure = lines.first { $0.sink == id }?.failure?.message
                return ContainmentReport.Told(
                    sink: id,
                    isTold: (cursor?.seq ?? 0) >= ordered.lastSeq,
                    error: failure ?? cursor?.lastError
                )
            }
        }
    }
}
