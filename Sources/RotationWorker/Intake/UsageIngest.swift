internal import Dispatch
package import Grants
package import Records

/// Reads a usage log into the last use of grants and the windows of their feeds.
///
/// Every use line counts as use, whatever the grant's standing; a feed moves only while it is healthy.
package struct UsageIngest: Sendable {
    /// What came of a log.
    package struct Report: Sendable {
        package var lines = 0
        package var mapped = 0
        package var unmapped = 0
        package var bad = 0
        /// The first of the mistakes, each with its place.
        package var problems: [RecordError] = []
        package var undeclared: Set<String> = []
        /// Feed → why it stays where it is.
        package var stale: [String: String] = [:]
        package var moved: Set<String> = []
        /// Uses of scopes that are not kept, because so many scopes of clients are kept already.
        package var scopesLeftOut = 0

        mutating func refuse(_ error: RecordError) {
            bad += 1
            if problems.count < UsageIngest.problemLimit { problems.append(error) }
        }
    }

    static let problemLimit = 20

    private let environment: RotationEnvironment
    private let maximumLine: Int
    private let namesAtOnce: Int
    private let runsAtOnce: Int

    /// `namesAtOnce`: how many names of grants are gathered in memory; `runsAtOnce`: how often, before all are entered.
    package init(
        _ environment: RotationEnvironment,
        maximumLine: Int = 262_144,
        namesAtOnce: Int = 80_000,
        runsAtOnce: Int = 64
    ) {
        self.environment = environment
        self.maximumLine = maximumLine
        self.namesAtOnce = namesAtOnce
        self.runsAtOnce = runsAtOnce
    }

    /// Reads to the end of the descriptor; bad lines are left out and counted.
    package func perform(descriptor: Int32) async throws -> Report {
        // One is gathered while another is entered.
        let queue = BoundedQueue<UsageWindow>(capacity: 1)
        let gathering = UsageGathering(
            descriptor: descriptor,
            maximumLine: maximumLine,
            namesAtOnce: namesAtOnce,
            runsAtOnce: runsAtOnce
        )
        return try await withThrowingTaskGroup(of: Void.self, returning: Report.self) { group in
            // Also where the entering fails: nobody waits for room then.
            defer { queue.cancel() }
            group.addTask {
                try await onThread("grantkeeper.usage") {
                    defer { queue.finish() }
                    try gathering.run(into: queue)
                }
            }
            let report = try await enterWindows(of: queue)
            try await group.waitForAll()
            return report
        }
    }

    private func enterWindows(of queue: BoundedQueue<UsageWindow>) async throws -> Report {
        var report = Report()
        while true {
            try Task.checkCancellation()
            let taken = try await onThread("grantkeeper.usage.next") { queue.take(until: .now() + .milliseconds(200)) }
            switch taken {
            case .nothing: continue
            case .end: return report
            case .element(let window): try await enter(window, &report)
            }
        }
    }

    /// In transactions of as many uses as 200 ms take.
    private func enter(_ window: UsageWindow, _ report: inout Report) async throws {
        var problems = window.problems
        var next = window.isEmpty ? nil : try window.runs.cursor()
        while let uses = next {
            try Task.checkCancellation()
            let (settings, now, actor) = (environment.settings, environment.clock.now(), environment.actor)
            let part = try await environment.store.write { writing in
                var book = try UsageBook(writing, settings, now, actor)
                let next = try book.enter(window, from: uses, until: .now() + .milliseconds(200))
                return (report: try book.close(), next: next)
            }
            next = part.next
            report.add(part.report)
            problems += part.report.problems
            environment.progress(.init(step: "reading usage", done: report.lines, total: nil))
            // Others get in between two transactions.
            if next != nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        report.lines += window.lines
        report.bad += window.bad
        problems.sort { $0.line < $1.line }
        report.problems += problems.prefix(Self.problemLimit - report.problems.count)
        environment.progress(.init(step: "reading usage", done: report.lines, total: nil))
    }

    /// Moves a feed whose health keeps it: a person vouches for what it did not show.
    package func accept(_ feed: String, until: Timestamp, reason: String) async throws -> FeedRecord {
        let (settings, now, actor) = (environment.settings, environment.clock.now(), environment.actor)
        return try await environment.store.write { writing in
            var book = try UsageBook(writing, settings, now, actor)
            let record = try book.accept(feed, until: until, reason: reason)
            _ = try book.close()
            return record
        }
    }
}

extension UsageIngest.Report {
    fileprivate mutating func add(_ other: Self) {
        mapped += other.mapped
        unmapped += other.unmapped
        bad += other.bad
        scopesLeftOut += other.scopesLeftOut
        undeclared.formUnion(other.undeclared)
        moved.formUnion(other.moved)
        stale = stale.filter { !other.moved.contains($0.key) }
        stale.merge(other.stale) { _, new in new }
    }
}
