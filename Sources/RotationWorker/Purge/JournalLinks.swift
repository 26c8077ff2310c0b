internal import Crypto
internal import Grants
internal import Records

/// Follows the journal's links, entry by entry.
struct JournalLinks: Sendable {
    /// The last good entry.
    private(set) var seq: Int64 = 0
    private(set) var hash = JournalChain.start
    /// What it says.
    private(set) var event: JSONObject?

    /// Before the first entry.
    init() {}

    /// After an entry with this hash.
    init(after seq: Int64, hash: [UInt8]) {
        self.seq = seq
        self.hash = hash
    }

    init(_ anchor: JournalAnchor) { self.init(after: anchor.seq, hash: anchor.hash) }

    /// What is wrong with the next entry; nil: it follows, and is the last good one now.
    mutating func follow(_ next: Int64, _ body: [UInt8], _ stored: [UInt8]) -> String? {
        guard next == seq + 1 else {
            return next <= seq ? "it stands behind entry \(seq)" : "entries \(seq + 1) to \(next - 1) are missing"
        }
        guard JournalChain.hash(after: hash, body: body, Digest.self) == stored else {
            return "its hash does not cover what stands there"
        }
        let object = try? JSONObject(parsing: body)
        guard object?["seq"]?.int64Value == next else { return "its body names another place" }
        (seq, hash, event) = (next, stored, object)
        return nil
    }

    /// The place and hash of the anchor that the last good entry tells of; nil: it tells of none.
    var purge: (seq: Int64, hash: String)? {
        guard let event, event["type"]?.stringValue == Event.Kind.journalPurged,
            let seq = event["to_seq"]?.int64Value, let hash = event["hash"]?.stringValue
        else { return nil }
        return (seq, hash)
    }

    private struct Digest: JournalDigest {
        private var hasher = SHA256()

        mutating func add(_ bytes: [UInt8]) { hasher.update(data: bytes) }

        consuming func finish() -> [UInt8] { Array(hasher.finalize()) }
    }

    /// Why a job that reads the journal stops.
    static func broken(at seq: Int64, _ why: String) -> StoreError {
        StoreError(
            .damaged,
            "the journal is broken at entry \(seq): \(why)",
            hint: "keep the store as it is; 'audit verify' looks again, the runbook says what then"
        )
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }
}
