internal import Grants

extension StatusReport {
    private static let mostPartitions = 20

    /// The verdict, what to do, then what there is.
    func show(on console: Console) {
        console.line(verdict)
        for need in needs { console.line("  \(need.message)\n    -> \(need.hint)") }
        showGrants(on: console)
        section("WORK", work, console)
        section("PROVIDERS", providerLines, console)
        section("SCHEDULES", scheduleLines, console)
        section("WORKING", overview.locks.map { [$0.job, "since \($0.since), by \($0.owner.words)"] }, console)
        section("RUNS", runLines, console)
        section("SINKS", sinkLines, console)
        section("FEEDS", feeds.map { [$0.id, Self.feed($0)] }, console)
        section("STORE", storeLines, console)
    }

    var verdict: String {
        let needs = needs
        if needs.isEmpty { return "healthy: \(Console.count(live, "live grant")), nothing needs a person" }
        return "\(Console.count(needs.count, "thing")) \(needs.count == 1 ? "needs" : "need") a person"
    }

    private func section(_ title: String, _ rows: [[String]], _ console: Console) {
        guard !rows.isEmpty else { return }
        console.line()
        console.table([title], [])
        var widths: [Int] = []
        let rows = rows.map { $0.map(Console.printableLong) }
        for column in 0..<(rows.first?.count ?? 0) { widths.append(rows.map { $0[column].count }.max() ?? 0) }
        for row in rows {
            let padded = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            console.line("  " + padded.joined())
        }
    }

    private func showGrants(on console: Console) {
        guard !counts.isEmpty else {
            console.line()
            console.line("no grants yet: 'grantkeeper grants import' brings them")
            return
        }
        let shown = counts.sorted { ($1.value.live, $0.key) < ($0.value.live, $1.key) }.prefix(Self.mostPartitions)
        console.line()
        console.table(
            ["TENANT", "PROVIDER", "ACTIVE", "NOTICED", "QUARANTINED", "REVOKING", "STUCK", "ENDED"],
            shown.sorted { $0.key < $1.key }.map { partition, counts in
                let numbers = [Standing.active, .noticed, .quarantined, .revoking, .stuck].map {
                    counts.standings[$0] ?? 0
                }
                let ended = (counts.standings[.expired] ?? 0) + (counts.standings[.revoked] ?? 0)
                return [Console.printable(partition.tenant.rawValue), Console.printable(partition.provider.rawValue)]
                    + (numbers + [ended]).map(Console.figure)
            }
        )
        if counts.count > shown.count {
            console.line(
                "and \(Console.figure(counts.count - shown.count)) more with fewer live grants; --json has all"
            )
        }
    }

    private var work: [[String]] {
        let questions = overview.questions.values.reduce(0, +)
        return [
            ["mode", mode == .enforce ? "enforce" : "observe: nothing is announced or ended"],
            ["due now", Self.atLeast(overview.due) + Self.since(overview.oldestDue)],
            [
                "to ask now",
                Self.atLeast(questions, of: StoreOverview.mostQuestions) + Self.since(overview.oldestQuestion),
            ],
            ["not to judge", "\(Self.atLeast(overview.unjudgeable)): no feed covers them, or it stands still"],
            [
                "revocations",
                "\(Self.atLeast(overview.revocations)) waiting, \(Console.figure(overview.retried)) tried before"
                    + (overview.nextTry.map { ", next try at \($0)" } ?? ""),
            ],
            ["unknown", "\(Console.figure(standstill.unknown.reduce(0) { $0 + $1.count })) for long"],
            ["resurfaced", Console.figure(standstill.resurfaced)],
            ["held plans", heldPlans.isEmpty ? "0" : heldPlans.map(\.why).joined(separator: ", ")],
        ]
    }

    private var providerLines: [[String]] {
        providers.map { provider in
            var words: [String] = []
            if let hold = holds[provider] { words.append("held since \(hold.since): \(hold.why)") }
            if let breaker = breakers[provider] {
                words.append("silent since \(breaker.openedAt): \(breaker.lastError), next try at \(breaker.retryAt)")
            }
            for (kind, state) in (canaries[provider] ?? [:]).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                guard let since = state.failingSince else { continue }
                words.append("canary of kind \(kind.rawValue) fails since \(since): \(state.why ?? "")")
            }
            return [provider.rawValue, words.isEmpty ? "answers" : words.joined(separator: "; ")]
        }
    }

    private var scheduleLines: [[String]] {
        schedules.map { line in
            [line.name, line.job ?? "no file", Self.schedule(line.record)]
        }
    }

    private static func schedule(_ record: ScheduleRecord?) -> String {
        guard let record else { return "no worker has seen it yet" }
        var text = record.succeededAt.map { "last success \($0)" } ?? "no success since \(record.since)"
        if record.isPaused { text += ", PAUSED" }
        if record.failures > 0 { text += ", \(Console.count(record.failures, "failure")) in a row" }
        return text
    }

    private var runLines: [[String]] {
        lastRuns.map { run in
            let state: String
            if isRunning(run) {
                state = "runs since \(run.startedAt), by \(run.actor.words)"
            } else if let ended = run.endedAt {
                state = "\(run.outcome ?? "ended") at \(ended)"
            } else {
                state = "goes on, or was killed; began at \(run.startedAt)"
            }
            return [run.job, "run \(run.id)", state]
        }
    }

    private var sinkLines: [[String]] {
        sinks.map { sink in
            [
                sink.id,
                sink.behind == 0
                    ? "has everything"
                    : "\(Console.count(sink.behind, "event")) behind" + Self.since(sink.oldest)
                        + (sink.lastError.map { ", \(Console.count(sink.failures, "failure")): \($0)" } ?? ""),
            ]
        }
    }

    private static func feed(_ feed: Feed) -> String {
        (feed.observedUntil.map { "has observed until \($0)" } ?? "has never said how far it observed")
            + (feed.isStale ? ", STALE" : "")
            + (feed.unreadable > 0 ? ", \(Console.figure(feed.unreadable)) unreadable" : "")
            + (feed.unreadInputs > 0 ? ", \(Console.count(feed.unreadInputs, "input")) not read to its end" : "")
    }

    private var storeLines: [[String]] {
        files.map { [$0.name, "\(Console.figure(Int($0.bytes))) bytes"] }
            + [["journal", "\(Console.figure(overview.journalEntries)) entries"]]
    }

    /// The counting ends somewhere.
    private static func atLeast(_ number: Int, of most: Int = StoreOverview.mostCounted) -> String {
        (number >= most ? "at least " : "") + Console.figure(number)
    }

    private static func since(_ instant: Timestamp?) -> String { instant.map { ", since \($0)" } ?? "" }
}
