internal import Glibc
internal import Grants

/// The rows of a plan on their way from planning to applying, in an unlinked file: memory holds a batch of
/// them, never all.
final class PlanSpool: Sendable {
    /// One row: which grant, what was decided, what may hold it.
    struct Record {
        var row: Int64
        var oldDue: Int64
        var newDue: Int64
        /// The partition's number within the plan.
        var partition: Int
        /// 0 keep, 1 reprieve or restore, 2 what a gate can hold.
        var kind: Int
        var rule: Int
        /// 0 open; else the gate before the valve that is closed, from 1.
        var gate: Int
        var valveHolds: Bool
        var waits: Bool
        var action: Int
        /// Its own end is in doubt: the provider is to be asked, or the contradiction to be told.
        var attends = false
    }

    private static let words = 5
    static let none = Int64.min

    /// The file, closed with whoever has it last.
    private final class File: Sendable {
        let descriptor: Int32

        init() throws(StoreError) { descriptor = try TemporaryFile.open() }

        deinit { close(descriptor) }
    }

    private let file: File
    let count: Int

    private init(_ file: File, count: Int) {
        self.file = file
        self.count = count
    }

    /// At most `limit` records from `index` on.
    func read(from index: Int, limit: Int) throws -> [Record] {
        let wanted = min(limit, count - index)
        guard wanted > 0 else { return [] }
        var buffer = [Int64](repeating: 0, count: wanted * Self.words)
        let size = buffer.count * 8
        let offset = off_t(index * Self.words * 8)
        let got = buffer.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, size, offset) }
        guard got == size else { throw StoreError(.other, "the plan's temporary file cannot be read back") }
        return (0..<wanted).map { record in
            let base = record * Self.words
            let packed = buffer[base + 3]
            return Record(
                row: buffer[base],
                oldDue: buffer[base + 1],
                newDue: buffer[base + 2],
                partition: Int(buffer[base + 4]),
                kind: Int(packed & 0xFF),
                rule: Int(packed >> 8 & 0xFF),
                gate: Int(packed >> 16 & 0xFF),
                valveHolds: packed >> 24 & 1 == 1,
                waits: packed >> 25 & 1 == 1,
                action: Int(packed >> 32 & 0xFF),
                attends: packed >> 26 & 1 == 1
            )
        }
    }

    /// Takes records one by one and becomes a spool.
    struct Writer {
        private let file: File
        private(set) var buffer: [Int64] = []
        private var count = 0

        init() throws { file = try File() }

        mutating func append(_ record: Record) throws {
            let packed =
                Int64(record.kind) | Int64(record.rule) << 8 | Int64(record.gate) << 16
                | (record.valveHolds ? 1 << 24 : 0) | (record.waits ? 1 << 25 : 0)
                | (record.attends ? 1 << 26 : 0) | Int64(record.action) << 32
            buffer += [record.row, record.oldDue, record.newDue, packed, Int64(record.partition)]
            count += 1
            if buffer.count >= 20_480 { try flush() }
        }

        private mutating func flush() throws {
            let size = buffer.count * 8
            let written = buffer.withUnsafeBytes { write(file.descriptor, $0.baseAddress, size) }
            guard written == size else {
                throw StoreError(.full, "no room left for the plan's temporary file", hint: "free disk space")
            }
            buffer.removeAll(keepingCapacity: true)
        }

        mutating func finish() throws -> PlanSpool {
            try flush()
            return PlanSpool(file, count: count)
        }
    }
}
