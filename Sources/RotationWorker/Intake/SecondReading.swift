internal import Grants

/// The second reading of a grant file, which prepares what is then written.
struct SecondReading: Sendable {
    struct Batch: Sendable {
        var records: [(GrantRecord, tokens: [TokenKind: ReadyToken])] = []
        var lines = 0
    }

    private static let linesAtOnce = 256

    let lines: GrantLines
    /// Lines that the first reading refused, or found given before.
    let skipped: LineSet
    /// Lines of grants that get no new row.
    let known: LineSet
    let providers: Set<ProviderID>
    let readying: (any TokenReadying)?
    /// Where the new grants begin.
    let nextRow: Int64
    let now: Timestamp

    /// Blocks; to the end of the lines, or until nobody takes batches any more.
    func run(into queue: BoundedQueue<Batch>) throws {
        var batch = Batch()
        var row = nextRow
        try lines.forEachLine { line, number in
            batch.lines += 1
            // Judged again: the file may be another one by now.
            if !skipped.contains(number), let record = try? GrantRecord(line, number, now: now),
                providers.contains(record.provider)
            {
                var tokens: [TokenKind: ReadyToken] = [:]
                if !known.contains(number) {
                    if let readying {
                        for (kind, token) in record.tokens {
                            tokens[kind] = try readying.ready(token, kind: kind, row: row)
                        }
                    }
                    row += 1
                }
                batch.records.append((record, tokens))
            }
            guard batch.lines == Self.linesAtOnce else { return true }
            defer { batch = Batch() }
            return queue.put(batch)
        }
        _ = queue.put(batch)
    }
}
