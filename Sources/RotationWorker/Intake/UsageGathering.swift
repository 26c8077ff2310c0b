internal import Dispatch
internal import Grants
internal import Records

/// Reads a usage log into windows, one after the other.
struct UsageGathering: Sendable {
    /// So long a window stays open at the most, where lines come slowly.
    private static let patience: UInt64 = 30_000_000_000

    let descriptor: Int32
    let maximumLine: Int
    let namesAtOnce: Int
    let runsAtOnce: Int
    /// What the input is called where one of its lines is named.
    let source: String
    /// It is a file that is read from its beginning.
    let isKnownAgain: Bool
    let clock: any WallClock

    /// Blocks; to the end of the descriptor, or until nobody takes windows any more.
    func run(into queue: BoundedQueue<UsageWindow>) throws {
        var reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
        var open = OpenWindow(queue) { [namesAtOnce, runsAtOnce] in
            UsageWindow(namesAtOnce: namesAtOnce, runsAtOnce: runsAtOnce)
        }
        while !open.isUnwanted {
            try open.makeRoom()
            var isRefused = false
            do throws(RecordError) {
                guard try reader.advance() else { break }
                let number = reader.lineNumber
                if reader.withLine({ $0.isEmpty }) { continue }
                if !reader.lastLineWasTerminated, reader.withLine(Self.mayBecomeRecord) {
                    // The rest of it may still be written.
                    let mark = isKnownAgain ? InputMark(of: descriptor, upTo: reader.bytesConsumed) : nil
                    open.leave(.init(line: number, mark: mark))
                    continue
                }
                try reader.withScanner { (scanner) throws(RecordError) in
                    var feed: ScannedString?
                    do throws(RecordError) {
                        let line = try UsageLine(&scanner, feed: &feed)
                        // Before it is added: what follows the object makes the line a bad one.
                        try scanner.end()
                        open.add(line, number, scanner)
                    } catch {
                        isRefused = true
                        let name = feed.map { scanner.withText(of: $0) { Array($0) } }
                        open.refuse(error, feed: name) { unreadable(error, number, nil) }
                        throw error
                    }
                }
            } catch {
                if error.code == .unreadable { throw error }
                if !isRefused {
                    let number = reader.lineNumber
                    open.refuse(error, feed: nil) { unreadable(error, number, nil) }
                }
                open.sample { reader.withLine { LineSample.of($0) } }
            }
            if reader.lineNumber % 256 == 0 { open.closeIfOld(Self.patience) }
        }
        open.close(isLast: true)
    }

    /// Whether what has no newline yet may become a line: a log in another form never does.
    private static func mayBecomeRecord(_ line: Span<UInt8>) -> Bool {
        for index in line.indices where line[index] != 0x20 && line[index] != 0x09 {
            return line[index] == UInt8(ascii: "{")
        }
        return true
    }

    private func unreadable(_ error: RecordError, _ number: Int, _ sample: String?) -> FeedRecord.UnreadableLine {
        let place = error.column > 0 ? "\(source), line \(number), column \(error.column)" : "\(source), line \(number)"
        let member = error.member.map { "member \"\($0)\": " } ?? ""
        return .init(place: place, problem: member + error.message, sample: sample, readAt: clock.now())
    }
}

/// The window that lines are added to.
private struct OpenWindow: ~Copyable {
    private(set) var isUnwanted = false
    private var window: UsageWindow
    private var since = DispatchTime.now().uptimeNanoseconds
    private let queue: BoundedQueue<UsageWindow>
    private let next: () -> UsageWindow

    init(_ queue: BoundedQueue<UsageWindow>, _ next: @escaping () -> UsageWindow) {
        self.queue = queue
        self.next = next
        window = next()
    }

    mutating func makeRoom() throws { try window.makeRoom() }

    mutating func add(_ line: UsageLine, _ number: Int, _ scanner: borrowing JSONScanner) {
        if window.ends(before: line) { close() }
        window.add(line, number, scanner)
    }

    mutating func refuse(_ error: RecordError, feed: [UInt8]?, _ line: () -> FeedRecord.UnreadableLine) {
        if window.endsBeforeUnreadable { close() }
        window.refuse(error, feed: feed, line)
    }

    /// Adds the sample of the line that was refused last, if it is the first of its feed.
    mutating func sample(_ sample: () -> String) { window.sampleLast(sample) }

    /// A last line that is not read yet.
    mutating func leave(_ line: UsageWindow.Unfinished) { window.leave(line) }

    mutating func closeIfOld(_ patience: UInt64) {
        if DispatchTime.now().uptimeNanoseconds - since > patience { close() }
    }

    /// Hands it over and begins the next.
    mutating func close(isLast: Bool = false) {
        var full = next()
        swap(&full, &window)
        full.close(isLast: isLast)
        if !queue.put(full) { isUnwanted = true }
        since = DispatchTime.now().uptimeNanoseconds
    }
}
