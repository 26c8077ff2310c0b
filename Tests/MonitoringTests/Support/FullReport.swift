import Grants
import Monitoring
import RotationWorker

@testable import GrantkeeperCommands

/// A status and a worker's counts in which every metric has a value.
enum FullReport {
    static let now = Timestamp(milliseconds: 1_795_770_001_123)

    static func status() -> StatusReport {
        var overview = StoreOverview()
        overview.due = 12
        overview.oldestDue = now - .hours(2)
        overview.questions = ["idp": 7]
        overview.unjudgeable = 3
        overview.revocations = 2
        overview.retried = 1
        overview.nextTry = now + .minutes(5)
        overview.journalEntries = 344
        overview.locks = [JobLock(job: "expire", owner: Actor(kind: .schedule), pid: 1, term: 1, since: now)]
        var counts = PartitionCounts()
        counts.standings = [.active: 20, .stuck: 3, .expired: 9]
        var record = ScheduleRecord(name: "nightly", definition: "", since: now - .days(9))
        record.succeededAt = now - .hours(6)
        record.failures = 1
        return StatusReport(
            at: now,
            mode: .enforce,
            providers: ["idp"],
            counts: [Partition(provider: "idp", tenant: "ac\"me\\\n"): counts],
            overview: overview,
            heldPlans: [],
            freezes: [Freeze(selection: GrantSelection(), reason: "drill", since: now)],
            holds: ["idp": ProviderHold(why: "credentials", since: now)],
            breakers: [
                "idp": BreakerRecord(failures: 4, openedAt: now, retryAt: now + .minutes(1), lastError: "timeout")
            ],
            sinks: [.init(id: "siem", behind: 5, oldest: now - .hours(3), failures: 4, lastError: "no room")],
            feeds: [.init(id: "gateway", observedUntil: now - .days(9), isStale: true)],
            schedules: [.init(name: "nightly", job: "expire", record: record)],
            files: [("database", 4_096), ("wal", 0)],
            rooms: [("/var/lib/grantkeeper", 1 << 30)]
        )
    }

    /// What a scrape of a worker that has done everything once says.
    static func text() -> String {
        let registry = PrometheusRegistry.forWorker()
        let metrics = WorkerMetrics(registry)
        metrics.runEnded(job: "expire", schedule: "nightly", outcome: "done", seconds: 12.5)
        metrics.runEnded(job: "revoke", schedule: nil, outcome: "failed", seconds: 0.25)
        metrics.turned(in: .milliseconds(1))
        var verdicts = VerdictCounts()
        verdicts.active = 5
        verdicts.unknown = [.timeout: 2]
        metrics.verdicts("idp", verdicts)
        metrics.ended([.expired: 4], rule: .unused)
        metrics.delivered(sink: "siem", count: 40, failed: true)
        metrics.request("idp", outcome: "200", seconds: 0.02)
        let pressure = StatusReport.pressure(of: ["idp": (inFlight: 3, width: 16)])
        return registry.text(status().samples() + pressure + StatusReport.aboutTheProgram(isReadable: true))
    }
}
