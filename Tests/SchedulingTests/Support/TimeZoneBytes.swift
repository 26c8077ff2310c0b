/// Composes a TZif file.
struct TimeZoneBytes {
    var version = "2"
    var changes: [(at: Int64, kind: UInt8)] = []
    var offsets: [Int32] = [0]
    var footer = "UTC0"
    var leapSeconds = 0

    var bytes: [UInt8] {
        let old = block(size: 4, version: version, isEmpty: version != "\0")
        guard version != "\0" else { return old }
        return old + block(size: 8, version: version, isEmpty: false) + Array("\n\(footer)\n".utf8)
    }

    private func block(size: Int, version: String, isEmpty: Bool) -> [UInt8] {
        let changes = isEmpty ? [] : changes
        let offsets = isEmpty ? [0] : offsets
        let leaps = isEmpty ? 0 : leapSeconds
        var bytes = Array("TZif\(version)".utf8) + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, leaps, changes.count, offsets.count, 4] { bytes += Self.big(Int64(count), 4) }
        for change in changes { bytes += Self.big(change.at, size) }
        bytes += changes.map(\.kind)
        for offset in offsets { bytes += Self.big(Int64(offset), 4) + [0, 0] }
        bytes += Array("UTC\0".utf8)
        return bytes + [UInt8](repeating: 0, count: leaps * (size + 4))
    }

    private static func big(_ value: Int64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> Int64((size - 1 - $0) * 8)) }
    }
}
