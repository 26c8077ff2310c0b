internal import Glibc

/// The uses that a stretch of lines tells of, each name of each feed once: when it was used last, and how often.
///
/// What it holds is bounded: all names in one array of bytes, and entries of a fixed size.
struct UseTable: Sendable {
    enum Kind: UInt8, Sendable {
        /// The grant's id.
        case grant
        /// The token's SHA-256.
        case tokenDigest
        /// The client's length in two bytes, the client, the subject.
        case subject
        // A scope that was used of what is named in one of the three ways: see ``ScopedName``.
        case scopeOfGrant
        case scopeOfToken
        case scopeOfSubject
    }

    struct Entry: Sendable {
        /// The last use, in milliseconds since 1970.
        fileprivate(set) var at: Int64
        fileprivate(set) var first: Int64
        /// The last that was not refused; ``UseTable/never``: all were.
        fileprivate(set) var vital: Int64
        fileprivate(set) var count: UInt32
        fileprivate let hash: UInt32
        fileprivate let start: UInt32
        fileprivate let length: UInt16
        /// The window's number of the feed.
        let feed: UInt16
        /// The window's number of the provider; 0: none.
        let provider: UInt16
        /// The window's number of the client that every line names beside a grant or token; 0: not every line one.
        fileprivate(set) var client: UInt16 = 0
        let kind: Kind
    }

    static let never = Int64.min
    private static let byteLimit = 6_000_000
    private(set) var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// Indices of entries plus one, by their hash; 0: free.
    private var slots = [UInt32](repeating: 0, count: 1_024)
    private let limit: Int

    /// `limit`: of entries.
    init(limit: Int) { self.limit = limit }

    var isFull: Bool { entries.count >= limit || bytes.count >= Self.byteLimit }

    func name(of entry: Entry) -> ArraySlice<UInt8> {
        bytes[Int(entry.start)..<(Int(entry.start) + Int(entry.length))]
    }

    /// Returns the entry's index, and whether it is new.
    @discardableResult
    mutating func add(
        _ kind: Kind,
        _ name: UnsafeRawBufferPointer,
        feed: UInt16,
        provider: UInt16,
        at: Int64,
        isVital: Bool = true
    ) -> (index: Int, isNew: Bool) {
        var hasher = Hasher()
        hasher.combine(UInt64(feed) << 32 | UInt64(provider) << 16 | UInt64(kind.rawValue))
        hasher.combine(bytes: name)
        let entry = Entry(
            at: at,
            first: at,
            vital: isVital ? at : Self.never,
            count: 1,
            hash: UInt32(truncatingIfNeeded: hasher.finalize()),
            start: UInt32(bytes.count),
            length: UInt16(name.count),
            feed: feed,
            provider: provider,
            kind: kind
        )
        let mask = slots.count - 1
        var slot = Int(entry.hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if isSame(entries[index], entry, name) {
                entries[index].count += 1
                if at > entries[index].at { entries[index].at = at }
                if at < entries[index].first { entries[index].first = at }
                if isVital, at > entries[index].vital { entries[index].vital = at }
                return (index, false)
            }
            slot = (slot + 1) & mask
        }
        if entries.count == 1_024 {
            // Once, and not again and again by doubling, which would need both at a time.
            entries.reserveCapacity(min(limit, 1 << 20))
            bytes.reserveCapacity(min(limit * 16, Self.byteLimit))
        }
        bytes.append(contentsOf: name)
        entries.append(entry)
        slots[slot] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return (entries.count - 1, true)
    }

    /// Notes the client that the lines of an entry name; 0: not every line names the same one.
    mutating func setClient(_ client: UInt16, at index: Int) { entries[index].client = client }

    private func isSame(_ known: Entry, _ entry: Entry, _ name: UnsafeRawBufferPointer) -> Bool {
        guard known.hash == entry.hash, known.length == entry.length, known.feed == entry.feed,
            known.provider == entry.provider, known.kind == entry.kind
        else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let other = name.baseAddress else { return true }
            return memcmp(base + Int(known.start), other, name.count) == 0
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, entry) in entries.enumerated() {
            var slot = Int(entry.hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    // MARK: Order

    private struct SortKey {
        /// The kind, then the provider.
        var group: UInt32
        var index: UInt32
        /// The first eight bytes of the name, as a number that is less where they come first.
        var prefix: UInt64
    }

    /// The indices of the entries, those of one kind and provider together and by the bytes of their names.
    ///
    /// What lies together in the store is then entered together.
    func inOrder() -> [UInt32] {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return entries.indices.map { UInt32($0) } }
            var keys = entries.enumerated().map { index, entry in
                SortKey(
                    group: UInt32(entry.kind.rawValue) << 16 | UInt32(entry.provider),
                    index: UInt32(index),
                    prefix: Self.prefix(bytes, entry)
                )
            }
            keys.sort { first, second in
                if first.group != second.group { return first.group < second.group }
                if first.prefix != second.prefix { return first.prefix < second.prefix }
                let (one, other) = (entries[Int(first.index)], entries[Int(second.index)])
                let length = Int(min(one.length, other.length))
                let order = memcmp(base + Int(one.start), base + Int(other.start), length)
                if order != 0 { return order < 0 }
                return one.length == other.length ? one.feed < other.feed : one.length < other.length
            }
            return keys.map(\.index)
        }
    }

    private static func prefix(_ bytes: UnsafeRawBufferPointer, _ entry: Entry) -> UInt64 {
        var prefix: UInt64 = 0
        for offset in 0..<8 {
            prefix = prefix << 8 | (offset < entry.length ? UInt64(bytes[Int(entry.start) + offset]) : 0)
        }
        return prefix
    }
}
