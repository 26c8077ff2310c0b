/// Numbers of lines, one bit each.
struct LineSet: Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ number: Int) {
        let index = number >> 6
        if index >= words.count { words += repeatElement(0, count: index + 1 - words.count) }
        words[index] |= 1 << UInt64(number & 63)
    }

    func contains(_ number: Int) -> Bool {
        let index = number >> 6
        return index < words.count && words[index] & (1 << UInt64(number & 63)) != 0
    }
}
