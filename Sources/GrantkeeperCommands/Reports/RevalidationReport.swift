internal import Grants
internal import Records
internal import RotationWorker

/// What the providers said in one revalidation, for scripts.
struct RevalidationReport {
    var run: Int64
    var mode: RotationPolicy.Mode
    var verdicts: VerdictReport
    var forecast: [RevalidationForecast]
    var seconds: Double

    func status(isByName: Bool) -> ExitStatus {
        if verdicts.providersAsked == 0, !verdicts.unreachable.isEmpty { return .unavailable }
        let hasFindings =
            !verdicts.held.isEmpty || !verdicts.unreachable.isEmpty || verdicts.pending > 0
            || verdicts.drifted > 0 || verdicts.resurfaced > 0
        // Asked and not one verdict: whoever ordered it has to know.
        let isFruitless = verdicts.asked > 0 && verdicts.active + verdicts.inactive == 0
        // It would be the same next time, and the grant unknown for ever.
        let isUnreadable = verdicts.unknown.contains { $0.key.isOfAnswer && $0.value > 0 }
        return hasFindings || isFruitless || isUnreadable || (isByName && verdicts.unknownCount > 0)
            ? .findings : .success
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        writer.member("dry_run", false)
        writer.member("mode", mode.rawValue)
        writer.object("counts") { writer in writer.member("revalidate", verdicts.asked) }
        RotationReport.write(verdicts, to: &writer)
        RotationReport.write(verdicts.surges, to: &writer)
        writer.member("pending", verdicts.pending)
        writer.member("scope_drift", verdicts.drifted)
        writer.member("resurfaced", verdicts.resurfaced)
        Forecasts.write(forecast, to: &writer)
        writer.array("grants") { writer in
            for line in verdicts.lines {
                writer.beginObject()
                writer.member("provider", line.key.provider.rawValue)
                writer.member("id", line.key.id)
                writer.member("verdict", line.verdict.name)
                writer.member("why", line.verdict.why?.rawValue)
                if let detail = line.detail { writer.member("detail", detail) }
                writer.endObject()
            }
        }
        writer.member("seconds", seconds)
        writer.member("peak_memory_bytes", PeakMemory.bytes)
        writer.endObject()
        return writer.bytes
    }
}
