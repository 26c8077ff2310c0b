internal import Records

/// An input of a usage log whose end nobody has read: each line of the rest may be a use of its feeds.
package struct UnreadInput: Hashable, Sendable {
    /// The store's number.
    package let id: Int64
    /// What it is called where one of its lines is named.
    package var source: String
    /// What tells the same file again; nil: nothing can.
    package var mark: InputMark?
    /// The declared feeds that its lines named, as far as it was read; empty: none was.
    package var feeds: [String]
    /// The last line, which had no newline; nil: whoever read it was killed.
    package var unfinishedLine: Int?
    package var begunAt: Timestamp
    /// It cannot be seen from here whether its reader is gone.
    package var mayBeRead: Bool

    package init(
        id: Int64,
        source: String,
        mark: InputMark?,
        feeds: [String],
        unfinishedLine: Int?,
        begunAt: Timestamp,
        mayBeRead: Bool = false
    ) {
        self.id = id
        self.source = source
        self.mark = mark
        self.feeds = feeds
        self.unfinishedLine = unfinishedLine
        self.begunAt = begunAt
        self.mayBeRead = mayBeRead
    }

    /// Whether the rest of it may hold uses of the feed.
    package func mayBe(of feed: String) -> Bool { feeds.isEmpty || feeds.contains { $0.hasSameBytes(as: feed) } }

    /// The input, and the line where it was not read on.
    package var place: String { unfinishedLine.map { "\(source), line \($0)" } ?? source }

    /// Why it was not read to its end, for people.
    package var problem: String {
        unfinishedLine == nil
            ? "the ingest that began at \(begunAt) was killed, and the rest was not read"
            : "the last line has no newline, and was not read"
    }

    /// The same as one sentence.
    package var words: String {
        unfinishedLine.map { "line \($0) has no newline yet and was not read: \(source)" }
            ?? "not read to its end, because the ingest that began at \(begunAt) was killed: \(source)"
    }
}

/// How long a file was, and what it began and ended with: it is known again although it has grown.
package struct InputMark: Hashable, Sendable {
    /// In bytes.
    package var size: Int64
    /// SHA-256.
    package var digest: [UInt8]

    package init(size: Int64, digest: [UInt8]) {
        self.size = size
        self.digest = digest
    }
}

/// What is known of inputs that were not read to their end.
package protocol InputReading {
    /// Those that nobody reads any more, as far as it can be seen from this process; the oldest first.
    func unreadInputs() throws -> [UnreadInput]
}

/// What an ingest says of its own input; all but the first do nothing where the input is no longer known.
package protocol InputWriting: InputReading {
    /// Before anything of it is entered; returns its number.
    func beginInput(_ source: String, _ mark: InputMark?, feeds: [String], at now: Timestamp) throws -> Int64
    /// The reading goes on, and has found lines of these declared feeds so far.
    func goOn(withInput id: Int64, feeds: [String]) throws
    /// It was read but for its last line, which has no newline; the mark is of all that was read.
    func leaveInput(_ id: Int64, unfinishedLine: Int, _ mark: InputMark?) throws
    /// It was read to its end, or what was not read has been counted.
    func endInput(_ id: Int64) throws
}
