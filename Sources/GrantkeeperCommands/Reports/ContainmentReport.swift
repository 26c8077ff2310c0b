internal import Grants
internal import Records
internal import RotationWorker

/// What `contain` shows: the plan, why it is not carried out, or how far it has come.
struct ContainmentReport {
    /// Whether a sink has what it must know at once.
    struct Told {
        var sink: String
        var isTold: Bool
        var error: String?
    }

    var plan: ContainmentPlan
    var sinks: [String]
    var isDryRun = false
    var isRehearsal = false
    var run: Int64?
    /// Why nothing was changed; nil: nothing stood in the way.
    var refused: String?
    var ordered: Containment.Ordered?
    var outcome: ContainmentOutcome?
    var told: [Told] = []
    /// What this rehearsal measured.
    var rehearsed: RehearsalRecord?
    var seconds = 0.0

    init(_ plan: ContainmentPlan, sinks: [SinkSettings]) {
        self.plan = plan
        self.sinks = sinks.map(\.id)
    }

    var status: ExitStatus {
        if refused != nil { return .findings }
        if let rehearsed {
            let isSound = !rehearsed.providers.contains(where: \.hasFindings) && !plan.leavesSome
            return isSound && plan.collateralHash == nil && plan.frozen.count == 0 ? .success : .findings
        }
        let isSpared = plan.selfProtected.count > 0 || plan.shielded.count > 0
        guard let outcome else { return isSpared ? .findings : .success }
        return outcome.isComplete && !isSpared && told.allSatisfy(\.isTold) ? .success : .findings
    }

    // MARK: JSON

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        writer.member("dry_run", isDryRun)
        writer.member("rehearsal", isRehearsal)
        writer.member("refused", refused)
        writer.object("order") { writer in
            writer.member("supplier", plan.selection.tenant?.rawValue)
            writer.member("client", plan.selection.client?.rawValue)
            writer.member("provider", plan.selection.provider?.rawValue)
        }
        writePlan(to: &writer)
        writer.name("outcome")
        if let outcome, let ordered { write(outcome, ordered, to: &writer) } else { writer.null() }
        writer.name("rehearsed")
        if let record = rehearsed ?? plan.rehearsal { record.write(to: &writer) } else { writer.null() }
        writer.member("seconds", seconds)
        writer.member("peak_memory_bytes", PeakMemory.bytes)
        writer.endObject()
        return writer.bytes
    }

    private func writePlan(to writer: inout JSONWriter) {
        writer.member("as_of", time: plan.asOf.milliseconds)
        writer.member("hash", plan.hash)
        writer.member("collateral_hash", plan.collateralHash)
        writer.member("with_collateral", plan.takesAlong)
        writer.object("counts") { writer in
            writer.member("grants", plan.total)
            writer.member("live", plan.count(\.isLive))
            writer.member("revoking", plan.count { $0 == .revoking })
            writer.member("stuck", plan.count { $0 == .stuck })
        }
        writer.array("shares") { writer in
            for (share, number) in plan.counts.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.member("provider", share.provider.rawValue)
                writer.member("tenant", share.tenant.rawValue)
                writer.member("client", share.client.rawValue)
                writer.member("standing", share.standing.rawValue)
                writer.member("grants", number)
                writer.endObject()
            }
        }
        for (name, listed) in [
            ("collateral", plan.collateral), ("self_protected", plan.selfProtected), ("shielded", plan.shielded),
            ("frozen", plan.frozen), ("without_credentials", plan.withoutCredentials),
            ("yielding", plan.yielding), ("resurfaced", plan.resurfaced),
        ] {
            writer.object(name) { writer in
                writer.member("count", listed.count)
                writer.member("grants", listed.first.map(\.description))
            }
        }
        writer.member("even_own_hash", plan.evenOwnHash)
        writer.member("unlisted_bundles", plan.cutBundles)
        for (name, obstacles) in [("held_providers", plan.held), ("silent_providers", plan.silent)] {
            writer.array(name) { writer in
                for (provider, obstacle) in obstacles.sorted(by: { $0.key < $1.key }) {
                    writer.beginObject()
                    writer.member("provider", provider.rawValue)
                    writer.member("why", obstacle.why)
                    writer.member("until", time: obstacle.until?.milliseconds)
                    writer.endObject()
                }
            }
        }
        writer.numbers("events", plan.events.map { ($0.key, $0.value) })
        writer.member("sinks", sinks)
        writer.array("forecast") { writer in
            for forecast in plan.forecasts {
                writer.beginObject()
                writer.member("provider", forecast.provider.rawValue)
                writer.member("grants", forecast.work.grants)
                writer.member("requests", forecast.work.requests)
                writer.member("requests_per_second", forecast.requestsPerSecond)
                writer.member("first_seconds", seconds: forecast.firstSeconds)
                writer.member("last_seconds", seconds: forecast.lastSeconds)
                writer.endObject()
            }
        }
    }

    private func write(_ outcome: ContainmentOutcome, _ ordered: Containment.Ordered, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("ordered_at", time: outcome.orderedAt.milliseconds)
        writer.member("ordered", ordered.count)
        writer.member("frozen_meanwhile", ordered.frozen)
        writer.member("gone_meanwhile", ordered.gone)
        writer.member("came_meanwhile", outcome.cameMeanwhile)
        write(outcome.all, outcome, to: &writer)
        writer.array("providers") { writer in
            for (provider, share) in outcome.providers.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.member("provider", provider.rawValue)
                write(share, outcome, to: &writer)
                writer.endObject()
            }
        }
        writer.array("told") { writer in
            for sink in told {
                writer.beginObject()
                writer.member("sink", sink.sink)
                writer.member("told", sink.isTold)
                writer.member("error", sink.error)
                writer.endObject()
            }
        }
        writer.endObject()
    }

    private func write(_ share: ContainmentOutcome.Share, _ outcome: ContainmentOutcome, to writer: inout JSONWriter) {
        writer.member("ended", share.ended)
        writer.member("remaining", share.remaining)
        writer.member("first_seconds", seconds: outcome.seconds(to: share.firstEndedAt))
        writer.member("last_seconds", seconds: outcome.seconds(to: share.lastEndedAt))
        writer.numbers("proofs", share.proofs.map { ($0.key.rawValue, $0.value) })
        writer.numbers("stuck", share.stuck.map { ($0.key, $0.value) })
        writer.numbers("queued", share.queued.map { ($0.key, $0.value) })
        writer.numbers("not_ordered", share.notOrdered.map { ($0.key, $0.value) })
        writer.member("may_live_on", share.livingOn)
        writer.member("residual", share.residual)
        writer.member("residual_until", time: share.residualUntil?.milliseconds)
    }
}

extension JSONWriter {
    /// nil: nobody can say.
    fileprivate mutating func member(_ name: String, seconds: Double?) {
        self.name(name)
        if let seconds { double(seconds) } else { null() }
    }
}
