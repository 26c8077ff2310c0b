internal import Crypto

/// SHA-256 over the rows of a plan, in their order.
struct PlanDigest {
    private var hasher = SHA256()

    init(_ parts: [UInt8]...) {
        for part in parts { add(part) }
    }

    /// Each part ends with a newline, so no two sequences of rows read the same.
    mutating func add(_ part: [UInt8]) {
        hasher.update(data: part)
        hasher.update(data: Self.newline)
    }

    /// A part that ends with its newline already.
    mutating func add(line: [UInt8]) { line.withUnsafeBytes { hasher.update(bufferPointer: $0) } }

    private static let newline: [UInt8] = [0x0A]

    var hex: String { Self.hex(hasher.finalize()) }

    static func hex(of bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }
}
