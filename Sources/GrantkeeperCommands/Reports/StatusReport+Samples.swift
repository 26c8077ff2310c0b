internal import ConfigurationFiles
internal import Grants
internal import Monitoring
internal import RotationWorker

extension StatusReport {
    /// Reasons that a plan can be held for, all of them shown, so that an alert sees 0 become 1.
    private static let reasonsToHold =
        ["observe", "frozen", "provider-held", "no-date", "surge", "creep", "scope-policy"]
        + ["share", "half", "max"].flatMap { why in ["", "-provider", "-store"].map { "valve-\(why)\($0)" } }

    /// More label sets than this, and grants are shown without their tenants.
    private static let mostPartitionSamples = 900

    /// What a scrape adds to what the worker counts; a store that cannot be read is a fact too.
    static func scrape(
        _ store: any GrantStore,
        _ configuration: Configuration,
        schedules: [Schedule],
        at now: Timestamp
    ) async -> [Sample] {
        let report = try? await read(store, configuration, schedules: schedules, at: now)
        return (report?.samples() ?? []) + aboutTheProgram(isReadable: report != nil)
    }

    static func aboutTheProgram(isReadable: Bool) -> [Sample] {
        [
            Sample(
                name: "grantkeeper_store_readable",
                help: "Whether the store could be read for this scrape.",
                value: isReadable ? 1 : 0
            ),
            Sample(
                name: "grantkeeper_build_info",
                help: "The program's version; always 1.",
                labels: ["version": Program.version],
                value: 1
            ),
        ]
    }

    /// How hard each provider is being asked at this moment.
    static func pressure(of providers: [ProviderID: (inFlight: Int, width: Int)]) -> [Sample] {
        providers.sorted { $0.key < $1.key }.flatMap { provider, pressure in
            [
                Sample(
                    name: "grantkeeper_provider_in_flight",
                    help: "Calls to a provider that are let in and not over.",
                    labels: ["provider": provider.rawValue],
                    value: Double(pressure.inFlight)
                ),
                Sample(
                    name: "grantkeeper_provider_in_flight_limit",
                    help: "How many calls to a provider may be in flight at this moment.",
                    labels: ["provider": provider.rawValue],
                    value: Double(pressure.width)
                ),
            ]
        }
    }

    /// The same numbers as gauges.
    func samples() -> [Sample] {
        grantSamples + workSamples + gateSamples + scheduleSamples + deliverySamples + storeSamples + needSamples
    }

    private var grantSamples: [Sample] {
        let help = "Grants by what was decided about them; without tenants where there are very many."
        let all = counts.flatMap { partition, counts in
            counts.standings.filter { $0.value > 0 }.map { (partition, $0.key, $0.value) }
        }
        guard all.count > Self.mostPartitionSamples else {
            return all.map { partition, standing, number in
                Sample(
                    name: "grantkeeper_grants",
                    help: help,
                    labels: [
                        "tenant": partition.tenant.rawValue, "provider": partition.provider.rawValue,
                        "standing": standing.rawValue,
                    ],
                    value: Double(number)
                )
            }
        }
        var sums: [[String: String]: Int] = [:]
        for (partition, standing, number) in all {
            sums[["provider": partition.provider.rawValue, "standing": standing.rawValue], default: 0] += number
        }
        return sums.map { Sample(name: "grantkeeper_grants", help: help, labels: $0.key, value: Double($0.value)) }
    }

    private var workSamples: [Sample] {
        let most = "at most \(StoreOverview.mostCounted) are counted"
        var samples = [
            gauge("due_grants", "Live grants whose decision may have changed; \(most).", overview.due),
            gauge("unjudgeable_grants", "Live grants that no usage evidence covers; \(most).", overview.unjudgeable),
            gauge("revocations_waiting", "Revocations decided and not done; \(most).", overview.revocations),
            gauge("revocations_retrying", "Waiting revocations that were tried before.", overview.retried),
        ]
        samples += time("due_oldest_timestamp_seconds", "Since when the oldest due grant waits.", overview.oldestDue)
        samples += time("revocation_next_try_timestamp_seconds", "When a revocation is tried next.", overview.nextTry)
        for provider in Set(providers).union(overview.questions.keys) {
            samples.append(
                gauge(
                    "questions_due",
                    "Live grants that the provider is to be asked about now; at most \(StoreOverview.mostQuestions) are counted.",
                    overview.questions[provider] ?? 0,
                    ["provider": provider.rawValue]
                )
            )
        }
        for provider in Set(providers).union(counts.keys.map(\.provider)) {
            samples.append(
                gauge(
                    "stuck_grants",
                    "Grants whose end is decided and that the provider does not end.",
                    stuck(at: provider),
                    ["provider": provider.rawValue]
                )
            )
        }
        for job in Set(Schedule.Job.allCases.map(\.rawValue)).union(overview.locks.map(\.job)) {
            let isHeld = overview.locks.contains { $0.job == job }
            samples.append(
                gauge("job_running", "Whether somebody runs the job now.", isHeld ? 1 : 0, ["job_name": job])
            )
        }
        return samples
    }

    private var gateSamples: [Sample] {
        var samples = [gauge("frozen", "How many freezes hold.", freezes.count)]
        for why in Set(Self.reasonsToHold).union(heldPlans.map(\.why)) {
            samples.append(
                gauge(
                    "held_plans",
                    "Plans that a gate holds, by reason; valve and surge wait for a person.",
                    heldPlans.count { $0.why == why },
                    ["why": why]
                )
            )
        }
        for provider in Set(providers).union(holds.keys) {
            let why = holds[provider]?.why
            samples.append(
                gauge(
                    "provider_held",
                    "Whether a provider's answers are not acted upon, and why.",
                    why == nil ? 0 : 1,
                    ["provider": provider.rawValue, "why": why ?? ""]
                )
            )
        }
        for provider in Set(providers).union(breakers.keys) {
            let breaker = breakers[provider]
            let labels = ["provider": provider.rawValue]
            let help = "Whether a provider is not asked because it does not answer."
            samples.append(gauge("breaker_open", help, breaker == nil ? 0 : 1, labels))
            samples += time(
                "breaker_retry_timestamp_seconds",
                "When a provider that does not answer is asked again.",
                breaker?.retryAt,
                labels
            )
        }
        return samples
    }

    private var scheduleSamples: [Sample] {
        schedules.flatMap { line -> [Sample] in
            guard let record = line.record else { return [] }
            let name = ["schedule": line.name]
            let labels = ["schedule": line.name, "job_name": line.job ?? ""]
            return time(
                "schedule_last_success_timestamp_seconds",
                "When a run of the schedule last succeeded.",
                record.succeededAt,
                labels
            )
                + time(
                    "schedule_since_timestamp_seconds",
                    "When the schedule was first seen, or changed.",
                    record.since,
                    labels
                )
                + [
                    gauge("schedule_failures", "Failed runs in a row.", record.failures, name),
                    gauge("schedule_paused", "Whether the schedule waits for a person.", record.isPaused ? 1 : 0, name),
                ]
        }
    }

    private var deliverySamples: [Sample] {
        var samples: [Sample] = []
        for sink in sinks {
            let labels = ["sink": sink.id]
            samples.append(
                gauge("event_lag_entries", "Events that the sink has not acknowledged.", sink.behind, labels)
            )
            samples.append(gauge("sink_failures", "Failed deliveries in a row.", sink.failures, labels))
            samples += time(
                "event_lag_oldest_timestamp_seconds",
                "When the oldest unacknowledged event was written.",
                sink.oldest,
                labels
            )
        }
        for feed in feeds {
            let labels = ["feed": feed.id]
            let help = "Whether nothing that the feed covers ends for disuse."
            samples.append(gauge("feed_stale", help, feed.isStale ? 1 : 0, labels))
            samples += time(
                "feed_observed_until_timestamp_seconds",
                "How far the feed has observed.",
                feed.observedUntil,
                labels
            )
        }
        return samples
    }

    /// What `status` says needs a person; all codes are shown, so that an alert sees 0 become 1.
    private var needSamples: [Sample] {
        let needs = needs
        return Need.codes.map { code in
            gauge(
                "needs",
                "What needs a person, by the code of 'status'.",
                needs.count { $0.code == code },
                ["code": code]
            )
        } + [gauge("resurfaced_grants", "Ended grants that show signs of life.", standstill.resurfaced)]
            + rooms.map { gauge("free_bytes", "Room where the program writes.", Int($0.free), ["path": $0.path]) }
    }

    private var storeSamples: [Sample] {
        files.map { gauge("store_bytes", "Size of the store's files.", Int($0.bytes), ["file": $0.name]) } + [
            gauge("journal_entries", "Entries that the journal holds.", overview.journalEntries)
        ]
    }

    // MARK: Parts

    private func gauge(_ name: String, _ help: String, _ value: Int, _ labels: [String: String] = [:]) -> Sample {
        Sample(name: "grantkeeper_\(name)", help: help, labels: labels, value: Double(value))
    }

    /// Nothing where there is no such instant.
    private func time(
        _ name: String,
        _ help: String,
        _ instant: Timestamp?,
        _ labels: [String: String] = [:]
    ) -> [Sample] {
        guard let instant else { return [] }
        return [
            Sample(
                name: "grantkeeper_\(name)",
                help: help,
                labels: labels,
                value: Double(instant.milliseconds) / 1_000
            )
        ]
    }
}

extension PrometheusRegistry {
    /// A registry that knows what the worker's metrics are about.
    static func forWorker() -> PrometheusRegistry {
        let registry = PrometheusRegistry()
        for metric in WorkerMetrics.descriptions {
            registry.describe(metric.name, help: metric.help, buckets: metric.buckets)
        }
        return registry
    }
}
