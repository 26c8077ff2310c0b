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
        /// Feed → why its window begins anew.
        package var beganAnew: [String: String] = [:]
        /// Declared feeds for which lines were counted that cannot be read, or that break the feed's word.
        package var unreadable: Set<String> = []
        /// Lines that `ignore:` leaves out.
        package var ignored = 0
        /// Ended grants in which a sign of life was found.
        package var resurfaced = 0
        /// The number of a last line without its newline, which was not read; nil: there was none.
        package var unfinished: Int?
        /// Feeds that cover more than when they were read last.
        package var widened: Set<String> = []
        /// Inputs that nobody reads and that were not read to their end, this one included.
        package var unread: [UnreadInput] = []
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
    private let source: String
    private let feed: String?
    private let isBackfill: Bool

    /// Reads one input.
    ///
    /// `source`: what the input is called where a line of it is named. `feed`: what lines count for that name no feed
    /// that can be read. `isBackfill`: uses only, which move no feed and break no word.
    /// `namesAtOnce`: how many names of grants are gathered in memory; `runsAtOnce`: how often, before all are entered.
    package init(
        _ environment: RotationEnvironment,
        source: String = "the input",
        feed: String? = nil,
        isBackfill: Bool = false,
        maximumLine: Int = 262_144,
        namesAtOnce: Int = 80_000,
        runsAtOnce: Int = 64
    ) {
        self.environment = environment
        self.source = source
        self.feed = feed
        self.isBackfill = isBackfill
        self.maximumLine = maximumLine
        self.namesAtOnce = namesAtOnce
        self.runsAtOnce = runsAtOnce
    }

    /// How far an ingest has come.
    private struct Progress {
        var report = Report()
        var input: OpenInput
        var unfinished: UsageWindow.Unfinished?
        /// The store knows that the input is over.
        var isFinished = false
    }

    /// Reads to the end of the descriptor; bad lines are left out and counted.
    package func perform(descriptor: Int32) async throws -> Report {
        let (input, isKnownAgain) = try await begin(descriptor)
        // One is gathered while another is entered.
        let queue = BoundedQueue<UsageWindow>(capacity: 1)
        let gathering = UsageGathering(
            descriptor: descriptor,
            maximumLine: maximumLine,
            namesAtOnce: namesAtOnce,
            runsAtOnce: runsAtOnce,
            source: source,
            isKnownAgain: isKnownAgain,
            clock: environment.clock
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
            var progress = Progress(input: input)
            do {
                try await enterWindows(of: queue, &progress)
                try await group.waitForAll()
            } catch {
                guard !progress.isFinished else { throw error }
                // Broken off: what was not entered may be anybody's use, and the next input may move the feed. A task of
                // its own, because an interruption is a reason to say so and not one to be silent.
                progress.input.lines.addBreak(source, at: environment.clock.now())
                let broken = progress.input
                _ = try await Task { try await finish(broken, nil) }.value
                throw error
            }
            if !progress.isFinished {
                progress.report.add(try await finish(progress.input, progress.unfinished))
            }
            return progress.report
        }
    }

    /// Notes that the input is being read, before anything of it is entered: whoever is killed cannot say so any more.
    ///
    /// What an earlier reading of the same input left unread is read now.
    private func begin(_ descriptor: Int32) async throws -> (OpenInput, isKnownAgain: Bool) {
        let (settings, now, source) = (environment.settings, environment.clock.now(), source)
        let unread = try await environment.store.read { try $0.unreadInputs() }
        let (mark, again) = try await onThread("grantkeeper.usage.mark") {
            (InputMark(of: descriptor), unread.filter { $0.mark?.isOf(descriptor) == true })
        }
        var lines = UnplacedLines(given: feed)
        for input in again { for feed in input.feeds { lines.name(feed) } }
        let declared = Dictionary(settings.feeds.map { (ExactText($0.id), $0) }) { first, _ in first }
        let id = try await environment.store.write { [feeds = lines.feeds(of: declared)] writing in
            for input in again { try writing.endInput(input.id) }
            return try writing.beginInput(source, mark, feeds: feeds, at: now)
        }
        return (OpenInput(id: id, lines: lines), mark != nil)
    }

    /// Says that the input is over, where the last of its transactions has not.
    private func finish(_ input: OpenInput, _ unfinished: UsageWindow.Unfinished?) async throws -> Report {
        let (settings, now, actor, source) = (
            environment.settings, environment.clock.now(), environment.actor, source
        )
        return try await environment.store.write { writing in
            var (book, input) = (try UsageBook(writing, settings, now, actor, source: source), input)
            try book.finish(&input, unfinished)
            return try book.close()
        }
    }

    private func enterWindows(of queue: BoundedQueue<UsageWindow>, _ progress: inout Progress) async throws {
        while true {
            try Task.checkCancellation()
            let taken = try await onThread("grantkeeper.usage.next") { queue.take(until: .now() + .milliseconds(200)) }
            switch taken {
            case .nothing: continue
            case .end: return
            case .element(let window): try await enter(window, &progress)
            }
        }
    }

    /// In transactions of as many uses as 200 ms take.
    private func enter(_ window: UsageWindow, _ progress: inout Progress) async throws {
        var problems = window.problems
        var next = window.isEmpty ? nil : try window.runs.cursor()
        while let uses = next {
            try Task.checkCancellation()
            let (settings, now, actor) = (environment.settings, environment.clock.now(), environment.actor)
            let part = try await environment.store.write { [source, isBackfill, before = progress.input] writing in
                var book = try UsageBook(writing, settings, now, actor, source: source, isBackfill: isBackfill)
                var input = before
                let end = DispatchTime.now() + .milliseconds(200)
                let next = try book.enter(window, from: uses, until: end, input: &input)
                return (report: try book.close(), next: next, input: input)
            }
            next = part.next
            progress.input = part.input
            progress.isFinished = window.isLast && next == nil
            progress.report.add(part.report)
            problems += part.report.problems
            environment.progress(.init(step: "reading usage", done: progress.report.lines, total: nil))
            // Others get in between two transactions.
            if next != nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        progress.report.lines += window.lines
        progress.report.bad += window.bad
        if let unfinished = window.unfinished {
            progress.unfinished = unfinished
            progress.report.unfinished = unfinished.line
        }
        problems.sort { $0.line < $1.line }
        progress.report.problems += problems.prefix(Self.problemLimit - progress.report.problems.count)
        environment.progress(.init(step: "reading usage", done: progress.report.lines, total: nil))
    }

    /// Takes what a feed counted until an instant, or what stands still of one client until then: a person vouches for it.
    ///
    /// `until` may be nil without a client: until the feed's own last word that was refused.
    package func accept(
        _ feed: String,
        of client: ClientID? = nil,
        until: Timestamp?,
        reason: String
    ) async throws -> FeedRecord {
        let (settings, now, actor) = (environment.settings, environment.clock.now(), environment.actor)
        return try await environment.store.write { writing in
            var book = try UsageBook(writing, settings, now, actor)
            let record =
                if let client, let until {
                    try book.accept(feed, of: client, until: until, reason: reason)
                } else {
                    try book.accept(feed, until: until, reason: reason)
                }
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
        unreadable.formUnion(other.unreadable)
        widened.formUnion(other.widened)
        if !other.unread.isEmpty { unread = other.unread }
        beganAnew.merge(other.beganAnew) { _, new in new }
        ignored += other.ignored
        resurfaced += other.resurfaced
        stale = stale.filter { !other.moved.contains($0.key) }
        stale.merge(other.stale) { _, new in new }
    }
}
