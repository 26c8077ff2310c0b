package import Grants

/// Recomputes the journal's links: whether any entry was changed, removed or put in between.
package struct AuditCheck: Sendable {
    /// What was found.
    package struct Report: Sendable {
        package var entries = 0
        package var fromSeq: Int64
        /// Hash of the last good entry, in hex.
        package var head = ""
        /// Where the links began; nil: nothing has left the journal.
        package var anchor: JournalAnchor?
        package var firstBadSeq: Int64?
        /// What is wrong with it.
        package var why: String?

        package var ok: Bool { firstBadSeq == nil }

        mutating func refuse(_ seq: Int64, _ why: String) {
            firstBadSeq = seq
            self.why = why
        }
    }

    static let pageSize = 2_000

    /// Checks from entry `seq` on; its predecessor's stored hash is taken as given.
    ///
    /// 1 is the beginning, which after a purge is the entry behind the anchor. Throws `unknown-name` for a later
    /// place that has left the journal.
    package static func verify(_ store: any GrantStore, from seq: Int64) async throws -> Report {
        var report = Report(fromSeq: max(1, seq))
        let start = try await store.read { try begin(at: seq, $0) }
        report.anchor = start.anchor
        guard let links = start.links else {
            report.refuse(start.seq, start.why ?? "")
            return report
        }
        report.fromSeq = links.seq + 1
        return try await follow(links, store, report, expectsAnchorEntry: seq <= 1)
    }

    /// Checks what follows an entry that was checked before; nil: all of the journal.
    static func verify(_ store: any GrantStore, after links: JournalLinks?) async throws -> Report {
        guard let links else { return try await verify(store, from: 1) }
        return try await follow(links, store, Report(fromSeq: links.seq + 1), expectsAnchorEntry: false)
    }

    private struct Start: Sendable {
        var anchor: JournalAnchor?
        /// nil: `why` at `seq`.
        var links: JournalLinks?
        var seq: Int64 = 0
        var why: String?
    }

    private static func begin(at seq: Int64, _ reading: any StoreReading) throws -> Start {
        let anchor = try reading.journalAnchor()
        guard seq > 1 else {
            let links = anchor.map { JournalLinks($0) } ?? JournalLinks()
            if let anchor, let first = try reading.journal(after: 0, limit: 1).first, first.seq <= anchor.seq {
                return Start(anchor: anchor, seq: first.seq, why: "it was purged, and stands there all the same")
            }
            return Start(anchor: anchor, links: links)
        }
        if let anchor, seq <= anchor.seq {
            throw StoreError(
                .unknownName,
                "the entries up to \(anchor.seq) have been purged; the journal can be checked from \(anchor.seq + 1) on",
                hint: "'audit verify --archive' checks the archives; the last is '\(anchor.archive)'"
            )
        }
        guard let hash = try reading.journalHash(at: seq - 1) else {
            return Start(anchor: anchor, seq: seq, why: "there is no entry before it")
        }
        return Start(anchor: anchor, links: JournalLinks(after: seq - 1, hash: hash))
    }

    private static func follow(
        _ start: JournalLinks,
        _ store: any GrantStore,
        _ begun: Report,
        expectsAnchorEntry: Bool
    ) async throws -> Report {
        var (links, report) = (start, begun)
        var told: (seq: Int64, hash: String)?
        while true {
            try Task.checkCancellation()
            let after = links.seq
            let (anchor, entries) = try await store.read { reading in
                let anchor = try reading.journalAnchor()
                return (anchor, try reading.journal(after: max(after, anchor?.seq ?? 0), limit: pageSize))
            }
            report.anchor = anchor
            // A purge may go on beside us: what it took away is its archive's.
            if let anchor, anchor.seq > links.seq {
                links = JournalLinks(anchor)
                report.fromSeq = anchor.seq + 1
                report.entries = 0
            }
            for entry in entries {
                if let why = links.follow(entry.seq, entry.body, entry.hash) {
                    report.refuse(entry.seq, why)
                    report.head = JournalLinks.hex(links.hash)
                    return report
                }
                told = links.purge ?? told
                report.entries += 1
            }
            guard entries.isEmpty else { continue }
            report.head = JournalLinks.hex(links.hash)
            if expectsAnchorEntry, let anchor, told?.seq != anchor.seq || told?.hash != JournalLinks.hex(anchor.hash) {
                report.refuse(anchor.seq, "no entry of the journal tells of the purge that ended there")
            }
            return report
        }
    }
}
