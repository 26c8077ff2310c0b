package import Grants

/// Removes what is over and old: ended grants, the journal's oldest entries, past runs.
///
/// Each is written to an archive and synced before the transaction that removes it; a crash between leaves it in
/// both, and the next run archives it again. What something still needs stays, and the report says why.
package struct PurgeJob: Sendable {
    package static let name = "purge"

    /// What left the store, or, of a dry run, would.
    package struct Report: Sendable {
        /// nil: a dry run.
        package var run: Int64?
        package var grants = 0
        package var journal = 0
        package var runs = 0
        /// The names of the files that were written.
        package var archives: [String] = []
        /// Why → number: old enough, and it stays.
        package var heldBack: [String: Int] = [:]

        package init() {}

        mutating func hold(_ why: String, _ number: Int = 1) {
            if number > 0 { heldBack[why, default: 0] += number }
        }
    }

    private let retention: RetentionSettings
    private let work: PurgeWork?
    private let parts: PurgeParts

    /// `archive` stands in for the directory that `retention` names.
    package init(
        _ environment: RotationEnvironment,
        retention: RetentionSettings,
        lock: JobLock,
        run: Int64,
        archive: (any Archive)? = nil
    ) {
        self.retention = retention
        let now = environment.clock.now()
        let archive = archive ?? retention.archivePath.map { DirectoryArchive(path: $0) }
        work = archive.map {
            PurgeWork(environment: environment, lock: lock, run: run, archive: $0, now: now)
        }
        parts = PurgeParts(environment.settings, retention, now)
    }

    package func perform() async throws -> Report {
        var report = Report()
        guard !retention.purgesNothing else { return report }
        guard let work else {
            throw StoreError(.other, "nothing is purged without an archive", hint: "name 'retention.archive'")
        }
        report.run = work.run
        if try await work.store.read({ try PurgeWork.isFrozen($0) }) {
            let planned = try await Self.forecast(work.environment, retention: retention)
            report.heldBack = planned.heldBack
            return report
        }
        if let purge = parts.grants { try await purge.perform(work, &report) }
        if let purge = parts.journal { try await purge.perform(work, &report) }
        if let purge = parts.leftovers { try await purge.perform(work) }
        if let purge = parts.runs { try await purge.perform(work, &report) }
        return report
    }

    /// What a run would remove now; writes nothing, and nothing needs to be written anywhere.
    package static func forecast(
        _ environment: RotationEnvironment,
        retention: RetentionSettings
    ) async throws -> Report {
        let parts = PurgeParts(environment.settings, retention, environment.clock.now())
        return try await environment.store.read { reading in
            var report = Report()
            try parts.grants?.forecast(reading, &report)
            try parts.journal?.forecast(reading, &report)
            try parts.runs?.forecast(reading, &report)
            if try PurgeWork.isFrozen(reading) {
                report.hold("frozen", report.grants + report.journal + report.runs)
                (report.grants, report.journal, report.runs) = (0, 0, 0)
            }
            return report
        }
    }
}

/// The parts of a purge that the configuration asks for.
private struct PurgeParts: Sendable {
    let grants: GrantPurge?
    let journal: JournalPurge?
    let runs: RunPurge?
    let leftovers: LeftoverPurge?

    init(_ settings: RotationSettings, _ retention: RetentionSettings, _ now: Timestamp) {
        grants = retention.keepEnded.map { GrantPurge(cutoff: now - $0, now: now) }
        journal = retention.keepJournal.map {
            JournalPurge(cutoff: now - $0, sinks: settings.sinks.map(\.id))
        }
        runs = retention.keepRuns.map { RunPurge(cutoff: now - $0) }
        leftovers = retention.keepEnded.map {
            LeftoverPurge(endsBefore: now - max($0, settings.policy.longestWindow))
        }
    }
}

extension RotationPolicy {
    /// The longest stretch over which ends are counted for the valve.
    fileprivate var longestWindow: Duration {
        overrides.flatMap(\.changes).reduce(max(defaults.valve.window, totalValve.window)) { longest, change in
            if case .valveWindow(let window) = change { max(longest, window) } else { longest }
        }
    }
}
