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

        mutating func refuse(_ error: RecordError) {
            bad += 1
            if problems.count < 20 { problems.append(error) }
        }
    }

    private let environment: RotationEnvironment
    private let maximumLine: Int

    package init(_ environment: RotationEnvironment, maximumLine: Int = 262_144) {
        self.environment = environment
        self.maximumLine = maximumLine
    }

    /// Reads to the end of the descriptor; bad lines are left out and counted.
    package func perform(descriptor: Int32) async throws -> Report {
        var report = Report()
        let lines = UsageLines(descriptor: descriptor, maximumLine)
        while true {
            try Task.checkCancellation()
            let (batch, problems, isEnd) = try lines.next(2_000)
            report.lines += batch.count + problems.count
            for problem in problems { report.refuse(problem) }
            if !batch.isEmpty {
                let (settings, now, actor) = (environment.settings, environment.clock.now(), environment.actor)
                let part = try await environment.store.write { writing in
                    var book = try UsageBook(writing, settings, now, actor)
                    for (line, number) in batch { try book.enter(line, number) }
                    return try book.close()
                }
                report.add(part)
            }
            environment.progress(.init(step: "reading usage", done: report.lines, total: nil))
            if isEnd { return report }
        }
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

/// Lines of a log, batch by batch; the reader lives from the first to the last.
private final class UsageLines {
    private var reader: LineReader

    init(descriptor: Int32, _ maximumLine: Int) {
        reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
    }

    func next(_ count: Int) throws -> (lines: [(UsageLine, Int)], problems: [RecordError], isEnd: Bool) {
        var lines: [(UsageLine, Int)] = []
        var problems: [RecordError] = []
        while lines.count + problems.count < count {
            do throws(RecordError) {
                guard try reader.advance() else { return (lines, problems, true) }
                let isEmpty = reader.withLine { $0.isEmpty }
                if isEmpty { continue }
                let line = try reader.withScanner { (scanner) throws(RecordError) in try UsageLine(&scanner) }
                lines.append((line, reader.lineNumber))
            } catch {
                if error.code == .unreadable { throw error }
                problems.append(error)
            }
        }
        return (lines, problems, false)
    }
}

extension UsageIngest.Report {
    fileprivate mutating func add(_ other: Self) {
        mapped += other.mapped
        unmapped += other.unmapped
        for problem in other.problems { refuse(problem) }
        undeclared.formUnion(other.undeclared)
        moved.formUnion(other.moved)
        stale = stale.filter { !other.moved.contains($0.key) }
        stale.merge(other.stale) { _, new in new }
    }
}
