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

    /// Blocks; to the end of the descriptor, or until nobody takes windows any more.
    func run(into queue: BoundedQueue<UsageWindow>) throws {
        var reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
        var open = OpenWindow(queue) { [namesAtOnce, runsAtOnce] in
            UsageWindow(namesAtOnce: namesAtOnce, runsAtOnce: runsAtOnce)
        }
        while !open.isUnwanted {
            try open.makeRoom()
            do throws(RecordError) {
                guard try reader.advance() else { break }
                let number = reader.lineNumber
                if reader.withLine({ $0.isEmpty }) { continue }
                try reader.withScanner { (scanner) throws(RecordError) in
                    let line = try UsageLine(&scanner)
                    // Before it is added: what follows the object makes the line a bad one.
                    try scanner.end()
                    open.add(line, number, scanner)
                }
            } catch {
                if error.code == .unreadable { throw error }
                open.refuse(error)
            }
            if reader.lineNumber % 256 == 0 { open.closeIfOld(Self.patience) }
        }
        open.close()
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

    mutating func refuse(_ error: RecordError) { window.refuse(error) }

    mutating func closeIfOld(_ patience: UInt64) {
        if DispatchTime.now().uptimeNanoseconds - since > patience { close() }
    }

    /// Hands it over and begins the next.
    mutating func close() {
        var full = next()
        swap(&full, &window)
        full.close()
        if !queue.put(full) { isUnwanted = true }
        since = DispatchTime.now().uptimeNanoseconds
    }
}
