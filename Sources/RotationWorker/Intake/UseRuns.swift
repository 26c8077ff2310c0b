internal import Glibc
internal import Grants

/// A use as it is entered: of one name, by one feed.
struct GatheredUse: Sendable {
    /// The last use, in milliseconds since 1970.
    var at: Int64
    var first: Int64
    /// The last that was not refused; ``UseTable/never``: all were.
    var vital: Int64
    var count: Int
    let kind: UseTable.Kind
    /// The window's numbers of the provider and the feed.
    let provider: UInt16
    let feed: UInt16
    /// The window's number of the client that every line names beside a grant or token; 0: not every line one.
    var client: UInt16
    let name: [UInt8]

    /// Negative, zero or positive: by kind, provider, the bytes of the name, and feed.
    fileprivate func order(against other: Self) -> Int {
        if kind != other.kind { return Int(kind.rawValue) - Int(other.kind.rawValue) }
        if provider != other.provider { return Int(provider) - Int(other.provider) }
        let bytes = memcmp(name, other.name, min(name.count, other.name.count))
        if bytes != 0 { return Int(bytes) }
        return name.count == other.name.count ? Int(feed) - Int(other.feed) : name.count - other.name.count
    }
}

/// Sorted runs of uses, in a private temporary file but for the last.
///
/// What is entered once for each name needs no more memory than a run, and changes each page of the store once.
struct UseRuns: Sendable {
    fileprivate final class File: Sendable {
        let descriptor: Int32
        init() throws { descriptor = try TemporaryFile.open() }
        deinit { close(descriptor) }
    }

    private var file: File?
    private var ends: [Int] = []
    private var last: [UInt8] = []

    var isEmpty: Bool { count == 0 }
    var count: Int { ends.count + (last.isEmpty ? 0 : 1) }

    /// A run that goes to the file.
    mutating func append(_ run: [UInt8]) throws {
        let file = try self.file ?? File()
        self.file = file
        let start = ends.last ?? 0
        var written = 0
        while written < run.count {
            let count = run.withUnsafeBytes { bytes in
                pwrite(
                    file.descriptor,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written,
                    off_t(start + written)
                )
            }
            guard count > 0 else {
                throw StoreError(
                    .full,
                    "no room left for the log's temporary file",
                    hint: "free disk space or set TMPDIR"
                )
            }
            written += count
        }
        ends.append(start + run.count)
    }

    /// The run that stays in memory.
    mutating func end(with run: [UInt8]) { last = run }

    /// All uses in their order, each name of each feed once.
    func cursor() throws -> Cursor {
        var runs: [Run] = []
        for (start, end) in zip([0] + ends, ends) {
            runs.append(Run(descriptor: file?.descriptor ?? -1, offset: start, end: end))
        }
        runs.append(Run(last))
        return try Cursor(file: file, runs)
    }

    /// Merges the runs; a copy goes on from the same place.
    struct Cursor: Sendable {
        /// Kept open as long as it is read.
        private let file: File?
        private var runs: [Run]
        /// A heap of the runs that have a use left, the first of all uses on top.
        private var heap: [Int] = []

        fileprivate init(file: File?, _ runs: [Run]) throws {
            self.file = file
            self.runs = runs
            for index in runs.indices {
                try self.runs[index].advance()
                if self.runs[index].head != nil { heap.append(index) }
            }
            for place in heap.indices.reversed() { sink(place) }
        }

        mutating func next() throws -> GatheredUse? {
            guard var use = try pop() else { return nil }
            while let index = heap.first, let again = runs[index].head, again.order(against: use) == 0 {
                use.at = max(use.at, again.at)
                use.first = min(use.first, again.first)
                use.vital = max(use.vital, again.vital)
                use.count += again.count
                if use.client != again.client { use.client = 0 }
                _ = try pop()
            }
            return use
        }

        private mutating func pop() throws -> GatheredUse? {
            guard let index = heap.first else { return nil }
            let use = runs[index].head
            try runs[index].advance()
            if runs[index].head == nil {
                heap[0] = heap[heap.count - 1]
                heap.removeLast()
            }
            sink(0)
            return use
        }

        private mutating func sink(_ start: Int) {
            var place = start
            while true {
                var least = place
                for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                    if isBefore(heap[child], heap[least]) { least = child }
                }
                if least == place { return }
                heap.swapAt(place, least)
                place = least
            }
        }

        private func isBefore(_ first: Int, _ second: Int) -> Bool {
            guard let one = runs[first].head, let other = runs[second].head else { return false }
            return one.order(against: other) < 0
        }
    }

    /// One run, read on piece by piece.
    fileprivate struct Run: Sendable {
        private static let piece = 16_384
        static let header = 37

        private let descriptor: Int32
        /// Where the next piece is read.
        private var offset: Int
        private let end: Int
        private var buffer: [UInt8]
        private var position = 0
        /// nil: at its end.
        private(set) var head: GatheredUse?

        init(_ bytes: [UInt8]) { (descriptor, offset, end, buffer) = (-1, 0, 0, bytes) }

        init(descriptor: Int32, offset: Int, end: Int) {
            (self.descriptor, self.offset, self.end, buffer) = (descriptor, offset, end, [])
        }

        mutating func advance() throws {
            head = nil
            guard try has(Self.header) else { return }
            let start = position
            func number<Value: FixedWidthInteger>(_ place: Int, _ type: Value.Type) -> Value {
                buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start + place, as: type) }
            }
            let (at, first, vital) = (number(0, Int64.self), number(8, Int64.self), number(16, Int64.self))
            let count = number(24, UInt32.self)
            let (feed, provider) = (number(28, UInt16.self), number(30, UInt16.self))
            let client = number(32, UInt16.self)
            let (kind, length) = (UseTable.Kind(rawValue: buffer[start + 34]), Int(number(35, UInt16.self)))
            position += Self.header
            guard let kind, try has(length) else {
                throw StoreError(.other, "the log's temporary file cannot be read back")
            }
            head = GatheredUse(
                at: at,
                first: first,
                vital: vital,
                count: Int(count),
                kind: kind,
                provider: provider,
                feed: feed,
                client: client,
                name: Array(buffer[position..<(position + length)])
            )
            position += length
        }

        /// Whether so many bytes are left, which then lie in the buffer.
        private mutating func has(_ count: Int) throws -> Bool {
            while buffer.count - position < count, offset < end {
                buffer.removeFirst(position)
                position = 0
                var piece = [UInt8](repeating: 0, count: min(Self.piece, end - offset))
                let got = pread(descriptor, &piece, piece.count, off_t(offset))
                guard got > 0 else { throw StoreError(.other, "the log's temporary file cannot be read back") }
                buffer += piece[..<got]
                offset += got
            }
            return buffer.count - position >= count
        }
    }
}

extension UseTable {
    /// Its uses in their order, as ``UseRuns`` reads them.
    func run() -> [UInt8] {
        let header = UseRuns.Run.header
        let size = entries.reduce(0) { $0 + header + name(of: $1).count }
        return [UInt8](unsafeUninitializedCapacity: size) { bytes, written in
            let bytes = UnsafeMutableRawBufferPointer(bytes)
            for index in inOrder() {
                let entry = entries[Int(index)]
                let name = name(of: entry)
                bytes.storeBytes(of: entry.at, toByteOffset: written, as: Int64.self)
                bytes.storeBytes(of: entry.first, toByteOffset: written + 8, as: Int64.self)
                bytes.storeBytes(of: entry.vital, toByteOffset: written + 16, as: Int64.self)
                bytes.storeBytes(of: entry.count, toByteOffset: written + 24, as: UInt32.self)
                bytes.storeBytes(of: entry.feed, toByteOffset: written + 28, as: UInt16.self)
                bytes.storeBytes(of: entry.provider, toByteOffset: written + 30, as: UInt16.self)
                bytes.storeBytes(of: entry.client, toByteOffset: written + 32, as: UInt16.self)
                bytes[written + 34] = entry.kind.rawValue
                bytes.storeBytes(of: UInt16(name.count), toByteOffset: written + 35, as: UInt16.self)
                UnsafeMutableRawBufferPointer(rebasing: bytes[(written + header)...]).copyBytes(from: name)
                written += header + name.count
            }
        }
    }
}
