/// Few names, each once; mostly the one asked for is the one of the line before.
struct NameList: Sendable {
    private(set) var names: [[UInt8]]
    private var indices: [[UInt8]: UInt16]
    private var latest = 0

    init(_ names: [[UInt8]] = []) {
        self.names = names
        indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, UInt16($0)) })
    }

    subscript(index: UInt16) -> String { String(decoding: names[Int(index)], as: UTF8.self) }

    /// Whether the name at the index has these bytes.
    func has(_ name: UnsafeRawBufferPointer, at index: UInt16) -> Bool {
        names[Int(index)].count == name.count && names[Int(index)].elementsEqual(name)
    }

    mutating func index(of name: UnsafeRawBufferPointer) -> UInt16 {
        if latest < names.count, names[latest].count == name.count, names[latest].elementsEqual(name) {
            return UInt16(latest)
        }
        let bytes = Array(name)
        let index = indices[bytes] ?? UInt16(names.count)
        if Int(index) == names.count {
            names.append(bytes)
            indices[bytes] = index
        }
        latest = Int(index)
        return index
    }
}
