internal import Dispatch
package import Grants
package import Records

/// Reads a grant file twice: first everything is checked, then it is written, in batches.
///
/// Bad input imports nothing; a crash while writing leaves a prefix that a second import completes.
package struct GrantImport: Sendable {
    /// What came of a file.
    package struct Report: Sendable {
        package var lines = 0
        package var added = 0
        package var updated = 0
        package var unchanged = 0
        package var renewed = 0
        /// Lines for grants that have ended.
        package var ended = 0
        package var outdated = 0
        /// The same line given again.
        package var repeated = 0
        package var bad = 0
        /// The first of the mistakes, each with its place.
        package var problems: [RecordError] = []
        package var unknownTenants: Set<TenantID> = []
        /// Records whose `expires_at` lies within a day of `issued_at`.
        package var shortLived = 0
        package var withExpiry = 0
        /// More than half of the `expires_at` of a file of some length are such: they look like access tokens' ends.
        package var looksShortLived = false
        /// Records of our own client, which the rules and orders by hand spare.
        package var shielded = 0
        /// Records with a subject, id or family that is not in Unicode's normalization form C.
        package var unnormalized = 0
        /// Records with a scope that looks like several.
        package var joinedScopes = 0
        /// Ended grants that a line shows to live: used later than the end, or back after an end by hand.
        package var resurfaced = 0
        /// False: the check found mistakes, and nothing was written.
        package var isImported = false
    }

    static let problemLimit = 20
    /// Fewer records do not tell what a file's ends are.
    static let fewestToJudge = 20

    private let environment: RotationEnvironment
    private let skipsBad: Bool
    private let takesShortLived: Bool
    private let now: Timestamp
    private let maximumLine: Int

    /// `takesShortLived`: a file whose grants mostly end within a day is meant so.
    package init(
        _ environment: RotationEnvironment,
        skipsBad: Bool,
        takesShortLived: Bool = false,
        maximumLine: Int = 1_048_576
    ) {
        self.takesShortLived = takesShortLived
        self.environment = environment
        self.skipsBad = skipsBad
        self.maximumLine = maximumLine
        now = environment.clock.now()
    }

    /// Imports from a descriptor, which stays open; a pipe is kept, sealed, in a private temporary file.
    package func perform(descriptor: Int32, isFile: Bool) async throws -> Report {
        let lines: GrantLines = isFile ? .file(descriptor, maximumLine: maximumLine) : .spool(try SealedSpool())
        let (settings, now, maximumLine) = (environment.settings, now, maximumLine)
        let (checked, second) = try await environment.store.read {
            [readying = environment.store.tokenReadying] reading in
            var check = try GrantCheck(reading, settings, lines, now)
            try check.read(descriptor, maximumLine)
            let second = SecondReading(
                lines: lines,
                skipped: check.skipped,
                known: check.known,
                providers: Set(settings.providers.map(\.id)),
                readying: readying,
                nextRow: try reading.nextRow(),
                now: now
            )
            return (check.report, second)
        }
        guard checked.bad == 0 || skipsBad, !checked.looksShortLived || takesShortLived else { return checked }
        var report = try await write(second, checked)
        report.isImported = true
        return report
    }

    // MARK: Second reading

    /// What a transaction did.
    private struct Part: Sendable {
        var outcomes: [GrantMerge.Outcome: Int] = [:]
        var resurfaced = 0
        var lines = 0
        var isEnd = false
    }

    /// One thread prepares, another writes what was prepared before.
    private func write(_ reading: SecondReading, _ checked: Report) async throws -> Report {
        let queue = BoundedQueue<SecondReading.Batch>(capacity: 4)
        return try await withThrowingTaskGroup(of: Void.self, returning: Report.self) { group in
            // Also where the writing fails: nobody waits for room then.
            defer { queue.cancel() }
            group.addTask {
                try await onThread("grantkeeper.import") {
                    defer { queue.finish() }
                    try reading.run(into: queue)
                }
            }
            let written = try await writeBatches(of: queue, checked)
            try await group.waitForAll()
            return written
        }
    }

    private func writeBatches(of queue: BoundedQueue<SecondReading.Batch>, _ checked: Report) async throws -> Report {
        let (now, actor) = (now, environment.actor)
        var report = checked
        var done = 0
        let firstNewRow = try await environment.store.read { try $0.nextRow() }
        while true {
            try Task.checkCancellation()
            let part = try await environment.store.write { writing in
                let merge = GrantMerge(writing: writing, now: now, actor: actor, firstNewRow: firstNewRow)
                return try Self.merge(queue, merge)
            }
            for (outcome, count) in part.outcomes { report.count(outcome, count) }
            report.resurfaced += part.resurfaced
            done += part.lines
            environment.progress(.init(step: "importing", done: done, total: report.lines))
            if part.isEnd { return report }
            // Others get in between two transactions.
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// One transaction: as many lines as 200 ms take.
    private static func merge(_ queue: BoundedQueue<SecondReading.Batch>, _ merge: GrantMerge) throws -> Part {
        var part = Part()
        let end = DispatchTime.now() + .milliseconds(200)
        while DispatchTime.now() < end {
            switch queue.take(until: end) {
            case .nothing: return part
            case .end:
                part.isEnd = true
                return part
            case .element(let batch):
                part.lines += batch.lines
                for (record, tokens) in batch.records {
                    do {
                        let merged = try merge.merge(record, tokens)
                        part.outcomes[merged.outcome, default: 0] += 1
                        if merged.hasResurfaced { part.resurfaced += 1 }
                    } catch let error as StoreError where error.code == .conflict {
                        // Somebody else has recorded it for another holder since it was checked.
                        continue
                    }
                }
            }
        }
        return part
    }
}

extension GrantImport.Report {
    fileprivate mutating func count(_ outcome: GrantMerge.Outcome, _ count: Int) {
        switch outcome {
        case .added: added += count
        case .updated: updated += count
        case .unchanged: unchanged += count
        case .renewed: renewed += count
        case .ended: ended += count
        case .outdated: outdated += count
        }
    }
}
