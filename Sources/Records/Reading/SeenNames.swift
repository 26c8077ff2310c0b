/// The member names of all open objects, to refuse the second of a name.
///
/// A stack: each object's names lie above a marker that remembers where the enclosing object's began.
struct SeenNames {
    struct Entry {
        /// Where the bytes are.
        ///
        /// In the input, or in `unescaped` for a name that was written with escapes. For a marker: where the
        /// enclosing object's names begin.
        var start: Int
        /// -1 for a marker.
        var count: Int
        var isUnescaped: Bool
        /// The first eight bytes.
        var firstWord: UInt64
    }

    private(set) var entries: [Entry] = []
    private(set) var unescaped: [UInt8] = []
    private var objectStart = 0
    /// Where an object has more than 32 members: its names, by `objectStart`, so that the work stays linear.
    private var large: [Int: Set<[UInt8]>] = [:]

    init() {
        entries.reserveCapacity(24)
    }

    mutating func beginObject() {
        entries.append(Entry(start: objectStart, count: -1, isUnescaped: false, firstWord: 0))
        objectStart = entries.count
    }

    mutating func endObject() {
        if !large.isEmpty {
            large[objectStart] = nil
        }
        // The unescaped names go with their object, or a long document with many of them would grow.
        if !unescaped.isEmpty, let first = entries[objectStart...].first(where: { $0.isUnescaped }) {
            unescaped.removeSubrange(first.start...)
        }
        let enclosing = entries[objectStart - 1].start
        entries.removeSubrange((objectStart - 1)...)
        objectStart = enclosing
    }

    var isFirstOfObject: Bool { entries.count == objectStart }

    /// The latest name of the innermost object that has one.
    var current: Entry? {
        entries.last { $0.count >= 0 }
    }

    /// False if the object has that name already.
    mutating func insert(
        _ name: UnsafeBufferPointer<UInt8>,
        at start: Int,
        in input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        unsafe insert(name, start: start, isUnescaped: false, input: input)
    }

    /// False if the object has that name already.
    mutating func insert(unescaped name: [UInt8], in input: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = unescaped.count
        unescaped += name
        return unsafe name.withUnsafeBufferPointer { bytes in
            unsafe insert(bytes, start: start, isUnescaped: true, input: input)
        }
    }

    @inline(__always)
    private mutating func insert(
        _ name: UnsafeBufferPointer<UInt8>,
        start: Int,
        isUnescaped: Bool,
        input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let firstWord = unsafe MemberName.word(of: UnsafeRawBufferPointer(name), at: 0)
        let entry = Entry(start: start, count: name.count, isUnescaped: isUnescaped, firstWord: firstWord)
        let isNew: Bool
        if entries.count - objectStart < 32 {
            isNew = unsafe !smallObjectContains(name, firstWord, input)
        } else {
            isNew = unsafe insertIntoLargeObject(name, input)
        }
        entries.append(entry)
        return isNew
    }

    @inline(__always)
    private func smallObjectContains(
        _ name: UnsafeBufferPointer<UInt8>,
        _ firstWord: UInt64,
        _ input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var index = objectStart
        while index < entries.count {
            let entry = entries[index]
            if entry.firstWord == firstWord, entry.count == name.count {
                // Eight bytes or fewer are all in the word.
                if name.count <= 8 {
                    return true
                }
                if unsafe bytes(of: entry, in: input).elementsEqual(name) {
                    return true
                }
            }
            index += 1
        }
        return false
    }

    private mutating func insertIntoLargeObject(
        _ name: UnsafeBufferPointer<UInt8>,
        _ input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        if large[objectStart] == nil {
            var names: Set<[UInt8]> = []
            for entry in entries[objectStart...] {
                unsafe names.insert(bytes(of: entry, in: input))
            }
            large[objectStart] = names
        }
        return unsafe large[objectStart]?.insert([UInt8](name)).inserted ?? true
    }

    /// The name of an entry that is not a marker.
    func bytes(of entry: Entry, in input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        if entry.isUnescaped {
            return [UInt8](unescaped[entry.start..<(entry.start + entry.count)])
        }
        // `extracting` traps outside of the input.
        return unsafe [UInt8](input.extracting(entry.start..<(entry.start + entry.count)))
    }
}
