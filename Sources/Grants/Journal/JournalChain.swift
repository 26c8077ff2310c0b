/// SHA-256, as whoever links the journal or checks its links computes it.
package protocol JournalDigest {
    init()
    mutating func add(_ bytes: [UInt8])
    /// 32 bytes.
    consuming func finish() -> [UInt8]
}

/// The journal's chain, defined here and nowhere else: who writes an entry and who checks it must mean the same.
package enum JournalChain {
    /// What the first entry's hash covers before its body.
    package static let start = [UInt8](repeating: 0, count: 32)

    /// An entry's hash: over the previous entry's hash and the exact stored bytes.
    package static func hash<Digest: JournalDigest>(
        after previous: [UInt8],
        body: [UInt8],
        _: Digest.Type
    ) -> [UInt8] {
        var digest = Digest()
        digest.add(previous)
        digest.add(body)
        return digest.finish()
    }
}
