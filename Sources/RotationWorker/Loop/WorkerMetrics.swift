package import CoreMetrics
package import Grants

/// What the worker counts while it works.
///
/// Labels are providers, jobs, schedules, sinks and words of this program: never a grant, a subject or a client.
/// What can be read from the store is not counted here.
package struct WorkerMetrics: Sendable {
    /// A metric's name, its help text, and for a histogram its upper bounds in seconds.
    package struct Description: Sendable {
        package var name: String
        package var help: String
        package var buckets: [Double]?
    }

    /// All that it counts, for whoever shows it.
    package static let descriptions: [Description] = [
        Description(name: "grantkeeper_runs_total", help: "Runs that have ended, by job, schedule and outcome."),
        Description(
            name: "grantkeeper_run_seconds",
            help: "How long runs took, by job.",
            buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400]
        ),
        Description(
            name: "grantkeeper_turn_seconds",
            help: "How long the worker took to look around for what is due.",
            buckets: [0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1, 5]
        ),
        Description(
            name: "grantkeeper_verdicts_total",
            help: "Verdicts on grants, by provider, and by reason where nothing is known."
        ),
        Description(
            name: "grantkeeper_grants_ended_total",
            help: "Grants that were ended, by their standing now and by the rule."
        ),
        Description(name: "grantkeeper_events_delivered_total", help: "Events that a sink has acknowledged."),
        Description(name: "grantkeeper_delivery_failures_total", help: "Deliveries that a sink did not take."),
        Description(
            name: "grantkeeper_provider_requests_total",
            help: "Requests to a provider, by the status of the answer, or by why there was none."
        ),
        Description(
            name: "grantkeeper_provider_request_seconds",
            help: "How long a provider took to answer.",
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
        ),
    ]

    private let factory: any MetricsFactory

    /// Without a factory nothing is counted.
    package init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.factory = factory
    }

    /// Counts a run and its time.
    ///
    /// `outcome` is the run's: `done`, `held`, `failed`. `schedule` is nil for a run that no schedule began.
    package func runEnded(job: String, schedule: String?, outcome: String, seconds: Double) {
        count("grantkeeper_runs_total", [("job_name", job), ("schedule", schedule ?? ""), ("outcome", outcome)])
        time("grantkeeper_run_seconds", [("job_name", job)], seconds)
    }

    /// Counts a look around for what is due.
    package func turned(in took: Duration) {
        time("grantkeeper_turn_seconds", [], took / .seconds(1))
    }

    /// The verdicts of one run on the grants of one provider.
    package func verdicts(_ provider: ProviderID, _ counts: VerdictCounts) {
        verdicts(provider, "active", counts.active)
        verdicts(provider, "inactive", counts.inactive)
        for (why, number) in counts.unknown { verdicts(provider, "unknown", number, why: why.rawValue) }
    }

    private func verdicts(_ provider: ProviderID, _ verdict: String, _ number: Int, why: String = "") {
        count(
            "grantkeeper_verdicts_total",
            [("provider", provider.rawValue), ("verdict", verdict), ("why", why)],
            by: number
        )
    }

    /// Grants that have left the live ones, by their standing now.
    package func ended(_ counts: [Standing: Int], rule: Rule? = nil) {
        for (standing, number) in counts {
            count(
                "grantkeeper_grants_ended_total",
                [("standing", standing.rawValue), ("rule", rule?.rawValue ?? "")],
                by: number
            )
        }
    }

    /// Events that a sink took, and whether it then refused one.
    package func delivered(sink: String, count: Int, failed: Bool) {
        self.count("grantkeeper_events_delivered_total", [("sink", sink)], by: count)
        self.count("grantkeeper_delivery_failures_total", [("sink", sink)], by: failed ? 1 : 0)
    }

    /// One request: `outcome` is the answer's status, or a stable word for why there was none.
    package func request(_ provider: ProviderID, outcome: String, seconds: Double) {
        count("grantkeeper_provider_requests_total", [("provider", provider.rawValue), ("outcome", outcome)])
        time("grantkeeper_provider_request_seconds", [("provider", provider.rawValue)], seconds)
    }

    func requestCounter(_ provider: ProviderID, outcome: String) -> Counter {
        let dimensions = [("provider", provider.rawValue), ("outcome", outcome)]
        return Counter(label: "grantkeeper_provider_requests_total", dimensions: dimensions, factory: factory)
    }

    func requestTimer(_ provider: ProviderID) -> Timer {
        let dimensions = [("provider", provider.rawValue)]
        return Timer(label: "grantkeeper_provider_request_seconds", dimensions: dimensions, factory: factory)
    }

    // MARK: Counting

    /// Counts nothing too: a series that begins at 0 shows its first increase.
    private func count(_ name: String, _ labels: [(String, String)], by number: Int = 1) {
        Counter(label: name, dimensions: labels, factory: factory).increment(by: max(number, 0))
    }

    private func time(_ name: String, _ labels: [(String, String)], _ seconds: Double) {
        Timer(label: name, dimensions: labels, factory: factory)
            .recordNanoseconds(Int64((min(max(seconds, 0), 1e9) * 1e9).rounded()))
    }
}
