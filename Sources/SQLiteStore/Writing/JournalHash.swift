internal import Crypto
internal import Grants

/// The digest of the journal's chain, with swift-crypto.
struct JournalHash: JournalDigest {
    static let start = JournalChain.start

    private var hasher = SHA256()

    static func next(after previous: [UInt8], body: [UInt8]) -> [UInt8] {
        JournalChain.hash(after: previous, body: body, Self.self)
    }

    mutating func add(_ bytes: [UInt8]) { hasher.update(data: bytes) }

    consuming func finish() -> [UInt8] { Array(hasher.finalize()) }
}
