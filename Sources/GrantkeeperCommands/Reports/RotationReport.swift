internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker
internal import Scheduling

/// What a run did, for scripts and for people; the same for `rotate`, its dry run and `runs approve`.
struct RotationReport {
    var run: Int64?
    var isDryRun: Bool
    var mode: RotationPolicy.Mode
    var plan: ExpiryPlan
    var applied: ExpiryJob.Applied?
    var revocations: RevocationJob.Report?
    var verdicts: VerdictReport?
    var deliveries: [DeliveryJob.Line] = []
    /// As the run leaves it; of a dry run, as it finds it.
    var forecast: [RevalidationForecast] = []
    /// By standing, after the run.
    var standings: [Standing: Int]
    var seconds: Double
    /// Jobs that somebody else was doing.
    var leftOut: [String] = []

    var held: [HeldPlan] { plan.held + (applied?.held ?? []) + (verdicts?.surges ?? []) }
    /// Ends that wait for a look at their provider's clock, which a dry run does not take.
    var byClock: [HeldPlan] { isDryRun ? plan.openByClock : [] }
    var isFrozen: Bool { plan.isFrozen }

    var ended: [Standing: Int] {
        (applied?.ended ?? [:]).merging(revocations?.ended ?? [:], uniquingKeysWith: +)
    }

    var status: ExitStatus {
        if let verdicts, verdicts.providersAsked == 0, !verdicts.unreachable.isEmpty { return .unavailable }
        let failedSink = deliveries.contains { $0.failure != nil }
        let hasFindings =
            !held.isEmpty || !plan.warned.isEmpty || !plan.freezes.isEmpty || failedSink
            || !(revocations?.isDone ?? true)
            || !(verdicts?.held.isEmpty ?? true) || !(verdicts?.unreachable.isEmpty ?? true) || !leftOut.isEmpty
            || !plan.heldProviders.isEmpty
            || !(applied?.skipped.isEmpty ?? true)
            || (plan.scopeCounts?.alerting ?? 0) > 0 || plan.scopesUnreadable != nil
            || plan.scopesOutdated
        return hasFindings ? .findings : .success
    }

    // MARK: JSON

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        writer.member("dry_run", isDryRun)
        writer.member("frozen", isFrozen)
        writer.member("mode", mode.rawValue)
        writer.member("plan_hash", plan.planHash)
        writer.object("counts") { writer in
            writer.member("examined", plan.examined)
            for action in ["keep", "notice", "reprieve", "quarantine", "restore", "end"] {
                writer.member(action, plan.actions[action] ?? 0)
            }
            writer.member("revalidate", plan.toAsk)
        }
        writer.numbers("rules", plan.rules.map { ($0.key.rawValue, $0.value) })
        writer.numbers("skipped", Array(applied?.skipped ?? [:]).map { ($0.key, $0.value) })
        writer.numbers("refused", plan.refused.map { ($0.key, $0.value) })
        writer.object("standings") { writer in
            for standing in Standing.allCases { writer.member(standing.rawValue, standings[standing] ?? 0) }
        }
        writer.member("live", standings.reduce(0) { $1.key.isLive ? $0 + $1.value : $0 })
        writer.member("unjudgeable", plan.unjudgeable)
        writeScopes(to: &writer)
        writer.object("ended") { writer in
            writer.member("expired", ended[.expired] ?? 0)
            writer.member("revoked", ended[.revoked] ?? 0)
        }
        Self.write(verdicts ?? VerdictReport(), to: &writer)
        writer.numbers("notes", plan.notes.map { ($0.key.rawValue, $0.value) })
        if let revocations { Self.write(revocations, to: &writer) }
        Self.write(held, to: &writer)
        if !byClock.isEmpty { Self.write(byClock, to: &writer, as: "open_gates") }
        writer.array("warned") { writer in
            for partition in plan.warned {
                writer.beginObject()
                writer.member("tenant", partition.tenant.rawValue)
                writer.member("provider", partition.provider.rawValue)
                writer.endObject()
            }
        }
        if let blackout = plan.blackout {
            writer.object("blackout") { writer in
                writer.member("reason", blackout.blackout.reason)
                writer.member("since", time: blackout.start.milliseconds)
                writer.member("until", time: blackout.end?.milliseconds)
            }
        }
        Forecasts.write(forecast, to: &writer)
        if !deliveries.isEmpty { Deliveries.write(deliveries, to: &writer) }
        if !leftOut.isEmpty { writer.member("left_out", leftOut) }
        writer.member("seconds", seconds)
        writer.member("peak_memory_bytes", PeakMemory.bytes)
        writer.endObject()
        return writer.bytes
    }

    /// Left out where no scope policy is in force and none is to come.
    private func writeScopes(to writer: inout JSONWriter) {
        guard plan.scopeCounts != nil || plan.scopeChange != nil else { return }
        writer.member("out_of_policy", plan.scopeCounts?.outOfPolicy ?? 0)
        writer.member("no_policy", plan.scopeCounts?.noPolicy ?? 0)
        writer.object("scope_policy") { writer in
            writer.member("revision", plan.scopeRevision)
            writer.member("alerting", plan.scopeCounts?.alerting ?? 0)
            if plan.scopesOutdated { writer.member("outdated", true) }
            guard let change = plan.scopeChange else { return }
            writer.object("change") { writer in
                writer.member("from", change.from?.revision)
                writer.member("to", change.to?.revision)
                writer.member("touched", change.grantsTouched)
                writer.member("out_of_policy", change.grantsOutside.values.reduce(0, +))
                writer.member("held", held.contains { $0.why == ScopePolicyOrders.why })
            }
        }
    }

    static func write(_ verdicts: VerdictReport, to writer: inout JSONWriter) {
        writer.object("verdicts") { writer in
            writer.member("active", verdicts.active)
            writer.member("inactive", verdicts.inactive)
            writer.member("unknown", verdicts.unknownCount)
        }
        writer.numbers("unknown", verdicts.unknown.map { ($0.key.rawValue, $0.value) })
        writer.array("held_providers") { writer in
            for (provider, why) in verdicts.held.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.member("provider", provider.rawValue)
                writer.member("why", why)
                writer.endObject()
            }
        }
        writer.array("unreachable") { writer in
            for (provider, why) in verdicts.unreachable.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.member("provider", provider.rawValue)
                writer.member("why", why)
                writer.endObject()
            }
        }
    }

    static func write(_ report: RevocationJob.Report, to writer: inout JSONWriter) {
        writer.object("revocations") { writer in
            writer.numbers("proofs", report.proofs.map { ($0.key.rawValue, $0.value) })
            writer.numbers("stuck", report.stuck.map { ($0.key, $0.value) })
            writer.member("retrying", report.retrying)
            writer.numbers("waiting", report.waiting.map { ($0.key.rawValue, $0.value) })
            writer.numbers("stopped", report.stopped.map { ($0.key.rawValue, $0.value) })
            writer.member("may_live_on", report.livingOn)
            writer.member("backing_off", report.backingOff.count)
            writer.member("next_try_at", time: report.backingOff.firstTryAt?.milliseconds)
            writer.array("unreachable") { writer in
                for (provider, why) in report.unreachable.sorted(by: { $0.key < $1.key }) {
                    writer.beginObject()
                    writer.member("provider", provider.rawValue)
                    writer.member("why", why)
                    writer.endObject()
                }
            }
        }
    }

    static func write(_ held: [HeldPlan], to writer: inout JSONWriter, as name: String = "held") {
        writer.array(name) { writer in
            for plan in held {
                writer.beginObject()
                HeldPlans.write(plan, to: &writer)
                writer.endObject()
            }
        }
    }
}

extension JSONWriter {
    /// An object of names and numbers, sorted by name.
    mutating func numbers(_ name: String, _ values: [(String, Int)]) {
        object(name) { writer in
            for (name, value) in values.sorted(by: { $0.0 < $1.0 }) { writer.member(name, value) }
        }
    }
}

/// The most memory that was resident so far (`getrusage`).
enum PeakMemory {
    static var bytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1_024
    }
}
