internal import Crypto
package import Grants
internal import Records

/// Recomputes the journal's links: whether any entry was changed, removed or put in between.
package struct AuditCheck: Sendable {
    /// What was found.
    package struct Report: Sendable {
        package var entries = 0
        package var fromSeq: Int64
        /// Hash of the last good entry, in hex.
        package var head = ""
        package var firstBadSeq: Int64?
        /// What is wrong with it.
        package var why: String?

        package var ok: Bool { firstBadSeq == nil }
    }

    /// Checks from entry `seq` on; its predecessor's stored hash is taken as given.
    package static func verify(_ store: any GrantStore, from seq: Int64) async throws -> Report {
        var report = Report(fromSeq: max(1, seq))
        var previous: [UInt8]
        var last = report.fromSeq - 1
        if last == 0 {
            previous = [UInt8](repeating: 0, count: 32)
        } else {
            let before = last
            guard let entry = try await store.read({ try $0.journal(after: before - 1, limit: 1).first }),
                entry.seq == before
            else {
                report.firstBadSeq = report.fromSeq
                report.why = "there is no entry before it"
                return report
            }
            previous = entry.hash
        }
        while true {
            let after = last
            let entries = try await store.read { try $0.journal(after: after, limit: 2_000) }
            if entries.isEmpty { break }
            for entry in entries {
                if let why = fault(entry, after: last, previous) {
                    report.firstBadSeq = entry.seq
                    report.why = why
                    report.head = hex(previous)
                    return report
                }
                previous = entry.hash
                last = entry.seq
                report.entries += 1
            }
        }
        report.head = hex(previous)
        return report
    }

    private static func fault(_ entry: JournalEntry, after last: Int64, _ previous: [UInt8]) -> String? {
        guard entry.seq == last + 1 else { return "entries \(last + 1) to \(entry.seq - 1) are missing" }
        var hasher = SHA256()
        hasher.update(data: previous)
        hasher.update(data: entry.body)
        guard Array(hasher.finalize()) == entry.hash else { return "its hash does not cover what stands there" }
        guard (try? JSONObject(parsing: entry.body))?["seq"]?.int64Value == entry.seq else {
            return "its body names another place"
        }
        return nil
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }
}
