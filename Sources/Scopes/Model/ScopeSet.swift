/// A set of dense numbers, one bit each.
///
/// Equal sets have equal words: the last word is never zero.
struct ScopeSet: Hashable, Sendable {
    private(set) var words: [UInt64] = []

    init() {}

    init(_ numbers: some Sequence<Int>) {
        for number in numbers { insert(number) }
    }

    var isEmpty: Bool { words.isEmpty }

    var count: Int {
        var sum = 0
        for word in words { sum += word.nonzeroBitCount }
        return sum
    }

    func contains(_ number: Int) -> Bool {
        let index = number >> 6
        return index < words.count && words[index] & (1 << UInt64(number & 63)) != 0
    }

    mutating func insert(_ number: Int) {
        let index = number >> 6
        if index >= words.count {
            words.append(contentsOf: repeatElement(0, count: index + 1 - words.count))
        }
        words[index] |= 1 << UInt64(number & 63)
    }

    mutating func remove(_ number: Int) {
        guard contains(number) else { return }
        words[number >> 6] &= ~(1 << UInt64(number & 63))
        trim()
    }

    mutating func formUnion(_ other: ScopeSet) {
        if words.isEmpty {
            words = other.words
            return
        }
        if other.words.count > words.count {
            words.append(contentsOf: repeatElement(0, count: other.words.count - words.count))
        }
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    mutating func formIntersection(_ other: ScopeSet) {
        if words.count > other.words.count { words.removeLast(words.count - other.words.count) }
        for index in words.indices { words[index] &= other.words[index] }
        trim()
    }

    mutating func subtract(_ other: ScopeSet) {
        for index in 0..<Swift.min(words.count, other.words.count) { words[index] &= ~other.words[index] }
        trim()
    }

    func union(_ other: ScopeSet) -> ScopeSet {
        var result = self
        result.formUnion(other)
        return result
    }

    func intersection(_ other: ScopeSet) -> ScopeSet {
        var result = self
        result.formIntersection(other)
        return result
    }

    func subtracting(_ other: ScopeSet) -> ScopeSet {
        var result = self
        result.subtract(other)
        return result
    }

    func isSubset(of other: ScopeSet) -> Bool {
        guard words.count <= other.words.count else { return false }
        for index in words.indices where words[index] & ~other.words[index] != 0 { return false }
        return true
    }

    func isDisjoint(with other: ScopeSet) -> Bool {
        for index in 0..<Swift.min(words.count, other.words.count) where words[index] & other.words[index] != 0 {
            return false
        }
        return true
    }

    private mutating func trim() {
        while words.last == 0 { words.removeLast() }
    }
}

extension ScopeSet: Sequence {
    /// From the lowest number to the highest.
    struct Iterator: IteratorProtocol {
        private let words: [UInt64]
        private var index = 0
        private var rest: UInt64 = 0

        init(_ words: [UInt64]) {
            self.words = words
            rest = words.first ?? 0
        }

        mutating func next() -> Int? {
            while rest == 0 {
                index += 1
                guard index < words.count else { return nil }
                rest = words[index]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return (index << 6) + bit
        }
    }

    func makeIterator() -> Iterator { Iterator(words) }
}
