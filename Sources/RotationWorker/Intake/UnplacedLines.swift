internal import Grants
internal import Records

/// Lines of one input that cannot be read, feed included: they count for every feed that the input names.
struct UnplacedLines: Sendable {
    private(set) var count = 0
    private(set) var first: FeedRecord.UnreadableLine?
    /// The feeds that the input has named so far, with how many of the lines have been counted for each.
    private var counted: [ExactText: Int] = [:]
    /// What the input is said to be of (`--feed`).
    private let given: String?

    init(given: String?) {
        self.given = given
        if let given { counted[ExactText(given)] = 0 }
    }

    mutating func add(_ lines: UsageWindow.Unreadable?) {
        guard let lines else { return }
        count += lines.count
        first = first ?? lines.first
    }

    /// The input broke off.
    mutating func addBreak(_ source: String, at now: Timestamp) {
        count += 1
        let problem = "the input could not be read to its end"
        first = first ?? .init(place: source, problem: problem, sample: nil, readAt: now)
    }

    /// The declared ones of the feeds that the input has named so far, in order.
    func feeds(of settings: [ExactText: FeedSettings]) -> [String] {
        counted.keys.filter { settings[$0] != nil }.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    mutating func name(_ feed: String) {
        if counted[ExactText(feed)] == nil { counted[ExactText(feed)] = 0 }
    }

    /// Calls `body` with each feed for which lines are to be counted still, and how many.
    mutating func settle(_ body: (String, Int, FeedRecord.UnreadableLine) throws -> Void) rethrows {
        guard let first else { return }
        for (feed, known) in counted where known < count {
            try body(feed.text, count - known, first)
            counted[feed] = count
        }
    }

    /// Whether the input is over and has named none of the feeds: then each of them may be meant.
    func isOfAll(_ feeds: [String]) -> Bool {
        count > 0 && given == nil && !feeds.contains { counted[ExactText($0)] != nil }
    }
}
