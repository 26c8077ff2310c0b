import GrantsTestSupport

/// Random choices that a seed repeats; each thing of a world draws from its own, so leaving one out changes no other.
struct Draw {
    private var random: SplitMix64

    init(_ seed: UInt64, _ path: Int...) {
        var mixed = SplitMix64(seed: seed)
        for step in path { mixed = SplitMix64(seed: mixed.next() ^ UInt64(bitPattern: Int64(step))) }
        random = mixed
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func span(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
    mutating func one<Value>(of values: [Value]) -> Value { values[number(0...(values.count - 1))] }
}
