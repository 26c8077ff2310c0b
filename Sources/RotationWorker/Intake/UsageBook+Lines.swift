internal import Grants
internal import Records

/// Lines that could not be read, the rest of inputs that nobody has read, and what feeds say of themselves.
extension UsageBook {
    /// A line of the feed was read, whatever it says.
    mutating func hear(_ feed: String, of input: inout OpenInput) {
        input.lines.name(feed)
        // Uses of long ago do not show that it speaks today.
        guard !isBackfill, var record = declared(feed) else { return }
        record.heardAt = now
        set(record)
    }

    /// In order.
    private var declaredFeeds: [String] {
        settings.keys.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Counts lines without a feed for the feeds that are known to be of the input by now.
    mutating func settle(_ unplaced: inout UnplacedLines) {
        unplaced.settle { feed, times, first in countUnreadable(times, first, of: feed) }
    }

    /// Counts them for every declared feed: the input names none.
    mutating func countForAll(_ unplaced: UnplacedLines) {
        guard let first = unplaced.first else { return }
        for feed in declaredFeeds { countUnreadable(unplaced.count, first, of: feed) }
    }

    mutating func countUnreadable(_ times: Int, _ first: FeedRecord.UnreadableLine, of feed: String) {
        guard var record = declared(feed) else { return }
        record.countUnreadable(times, first: first)
        report.unreadable.insert(feed)
        set(record)
    }

    // MARK: Inputs

    /// Counts a line for each feed of an input that was not read to its end, once another names one of them.
    ///
    /// Whoever reads the same input again has taken it over before.
    mutating func countUnread(ofFeeds names: [String], beside input: OpenInput) throws {
        let declared = names.filter { settings[ExactText($0)] != nil }
        guard !isBackfill, !declared.isEmpty else { return }
        for unread in try writing.unreadInputs() where !unread.mayBeRead && unread.id != input.id {
            guard declared.contains(where: unread.mayBe(of:)) else { continue }
            let line = FeedRecord.UnreadableLine(
                place: unread.place,
                problem: unread.problem,
                sample: nil,
                readAt: now
            )
            for feed in declaredFeeds where unread.mayBe(of: feed) { countUnreadable(1, line, of: feed) }
            try writing.endInput(unread.id)
        }
    }

    /// The input is over: lines without a feed count for all where it named none, and a last line without its newline
    /// is kept until the input is read again.
    mutating func finish(_ input: inout OpenInput, _ unfinished: UsageWindow.Unfinished?) throws {
        if input.lines.isOfAll(declaredFeeds) { countForAll(input.lines) } else { settle(&input.lines) }
        if let unfinished {
            try writing.goOn(withInput: input.id, feeds: input.lines.feeds(of: settings))
            try writing.leaveInput(input.id, unfinishedLine: unfinished.line, unfinished.mark)
        } else {
            try writing.endInput(input.id)
        }
        report.unread = try writing.unreadInputs().filter { !$0.mayBeRead }
    }

    // MARK: Words of feeds

    mutating func enter(_ line: UsageWindow.FeedLine) throws {
        guard let record = declared(line.feed) else { return }
        guard !isBackfill else {
            return report.refuse(
                RecordError(
                    .badValue,
                    line: line.number,
                    message: "--backfill takes uses only, and moves no feed",
                    hint: "read the line without --backfill"
                )
            )
        }
        switch line.word {
        case .begins(let from):
            guard from <= now + LifeAfterEnd.tolerance else {
                return refuseFuture("observed_from", line.number, of: line.feed)
            }
            var feedRecord = record
            feedRecord.begin(from: min(from, now))
            set(feedRecord)
        case .observed(let until):
            guard until <= now + LifeAfterEnd.tolerance else {
                return refuseFuture("observed_until", line.number, of: line.feed)
            }
            let late = settings[ExactText(line.feed)]?.late ?? .zero
            try move(line.feed, to: min(until, now) - late)
        }
    }

    private mutating func refuseFuture(_ member: String, _ number: Int, of feed: String) {
        let message = "the feed cannot have observed the future"
        report.refuse(
            RecordError(
                .outOfRange,
                line: number,
                member: member,
                message: message,
                hint: "check the clock and the time zone of what wrote it"
            )
        )
        countUnreadable(
            1,
            .init(place: "\(source), line \(number)", problem: message, sample: nil, readAt: now),
            of: feed
        )
    }
}
