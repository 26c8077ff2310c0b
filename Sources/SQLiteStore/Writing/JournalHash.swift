internal import Crypto

/// The link of the journal: SHA-256 over the previous entry's hash and the exact stored bytes.
package enum JournalHash {
    /// What the first entry's hash covers before its body.
    package static let start = [UInt8](repeating: 0, count: 32)

    package static func next(after previous: [UInt8], body: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: previous)
        hasher.update(data: body)
        return Array(hasher.finalize())
    }
}
