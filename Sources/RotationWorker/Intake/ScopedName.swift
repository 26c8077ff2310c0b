/// A scope, what it was used of, and the client that the line names besides, as the bytes of one name.
///
/// What it was used of comes first, so that uses are entered in the order of the grants.
struct ScopedName {
    /// As long names as scopes may be (``ScopeSet/isValidToken(_:)``).
    private static let longest = 256
    /// More of one line are not looked at.
    private static let mostOfLine = 64

    /// The grant's id, the token's digest, or the client and the subject.
    var name: [UInt8]
    /// Empty: the line names none.
    var client: [UInt8]
    var scope: [UInt8]

    init(name: [UInt8], client: [UInt8], scope: [UInt8]) {
        (self.name, self.client, self.scope) = (name, client, scope)
    }

    /// Reads what ``bytes`` made.
    init(_ bytes: [UInt8]) {
        let lengths = bytes.suffix(4)
        let start = lengths.startIndex
        let scopeLength = Int(lengths[start]) << 8 | Int(lengths[start + 1])
        let clientLength = Int(lengths[start + 2]) << 8 | Int(lengths[start + 3])
        let rest = bytes.dropLast(4)
        scope = Array(rest.suffix(scopeLength))
        client = Array(rest.dropLast(scopeLength).suffix(clientLength))
        name = Array(rest.dropLast(scopeLength + clientLength))
    }

    var bytes: [UInt8] {
        let lengths = [scope.count >> 8, scope.count & 0xFF, client.count >> 8, client.count & 0xFF]
        return name + client + scope + lengths.map { UInt8($0) }
    }

    /// The scopes of a line; what could be none is left out.
    static func scopes(_ text: [UInt8]) -> [[UInt8]] {
        text.split(separator: UInt8(ascii: " "), maxSplits: mostOfLine).prefix(mostOfLine)
            .filter { $0.count <= longest && $0.allSatisfy(isScopeByte) }.map(Array.init)
    }

    /// `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
    private static func isScopeByte(_ byte: UInt8) -> Bool {
        byte == 0x21 || (0x23...0x5B).contains(byte) || (0x5D...0x7E).contains(byte)
    }
}
