extension TimeZoneRules {
    /// The rules in the bytes of a TZif file of version 1 to 4 (RFC 9636); nil if they are damaged.
    ///
    /// Nil as well for a file that counts leap seconds: our times do not.
    init?(file bytes: [UInt8]) {
        guard var header = Header(bytes, at: 0) else { return nil }
        if header.version > 0 {
            guard let second = Header(bytes, at: header.end(timeSize: 4)) else { return nil }
            header = second
        }
        let timeSize = header.version > 0 ? 8 : 4
        guard header.types > 0, header.leapSeconds == 0, header.end(timeSize: timeSize) <= bytes.count else {
            return nil
        }
        var reader = Reader(bytes: bytes, index: header.start + Header.size)
        let changes = (0..<header.changes).map { _ in reader.integer(size: timeSize) }
        let kinds = (0..<header.changes).map { _ in Int(reader.byte()) }
        var typeOffsets: [Int] = []
        for _ in 0..<header.types {
            typeOffsets.append(reader.integer(size: 4))
            reader.index += 2
        }
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0 < $1 }),
            kinds.allSatisfy({ $0 < header.types }), typeOffsets.allSatisfy({ abs($0) <= Self.farthest })
        else { return nil }
        var recurring: RecurringOffset?
        if header.version > 0 {
            let footer = bytes[header.end(timeSize: timeSize)...]
            guard footer.first == 0x0A, let end = footer.dropFirst().firstIndex(of: 0x0A) else { return nil }
            let text = String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self)
            if !text.isEmpty {
                guard let rules = RecurringOffset(tz: text) else { return nil }
                recurring = rules
            }
        }
        self.init(
            changes: changes,
            offsets: kinds.map { typeOffsets[$0] },
            firstOffset: typeOffsets[0],
            recurring: recurring
        )
    }

    private struct Header {
        static let size = 44
        let start: Int
        let version: Int
        let leapSeconds: Int
        let changes: Int
        let types: Int
        private let others: Int

        init?(_ bytes: [UInt8], at start: Int) {
            guard bytes.count >= start + Self.size, bytes[start..<start + 4].elementsEqual("TZif".utf8) else {
                return nil
            }
            var reader = Reader(bytes: bytes, index: start + 4)
            let version = reader.byte()
            guard version == 0 || (0x32...0x39).contains(version) else { return nil }
            reader.index = start + 20
            // In the order of the header: UT and standard indicators, leap seconds, changes, types, letters.
            let counts = (0..<6).map { _ in reader.integer(size: 4) }
            guard counts.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
            self.start = start
            self.version = version == 0 ? 0 : Int(version) - 0x30
            leapSeconds = counts[2]
            changes = counts[3]
            types = counts[4]
            others = counts[0] + counts[1] + counts[5]
        }

        /// Where the block of data ends.
        func end(timeSize: Int) -> Int {
            start + Self.size + changes * (timeSize + 1) + types * 6 + leapSeconds * (timeSize + 4) + others
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var index: Int

        mutating func byte() -> UInt8 {
            defer { index += 1 }
            return bytes[index]
        }

        /// Signed, the highest byte first.
        mutating func integer(size: Int) -> Int {
            defer { index += size }
            let value = bytes[index..<index + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value))
        }
    }
}
