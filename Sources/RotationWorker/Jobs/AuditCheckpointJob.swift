package import Grants
internal import Records

/// Checks the journal's links from the last checkpoint on and remembers how far they hold.
///
/// A head kept elsewhere is what shows a cut-off or rewritten journal; this is where it comes from.
package struct AuditCheckpointJob: Sendable {
    package static let name = "audit-checkpoint"
    package static let setting = "audit_checkpoint"

    /// The checkpoint as it is now.
    package struct Report: Hashable, Sendable {
        /// 0: the journal is empty.
        package var seq: Int64
        /// In hex.
        package var hash: String
        /// When the journal was checked up to there first.
        package var at: Timestamp
        /// How many entries were checked now.
        package var entries: Int
    }

    private let environment: RotationEnvironment
    private let lock: JobLock

    package init(_ environment: RotationEnvironment, lock: JobLock) {
        self.environment = environment
        self.lock = lock
    }

    /// Throws `damaged` at a link that does not hold; the checkpoint then stays where it was.
    package func perform() async throws -> Report {
        let store = environment.store
        let known = try await Self.last(in: store)
        let start = try await store.read { try Self.start(after: known, $0) }
        let found = try await LeaseHeartbeat.keeping(lock, store) {
            try await AuditCheck.verify(store, after: start)
        }
        if let bad = found.firstBadSeq { throw JournalLinks.broken(at: bad, found.why ?? "") }
        let now = environment.clock.now()
        guard found.entries > 0 || known == nil else {
            return known ?? Report(seq: 0, hash: found.head, at: now, entries: 0)
        }
        let seq = found.fromSeq - 1 + Int64(found.entries)
        let report = Report(seq: seq, hash: found.head, at: now, entries: found.entries)
        guard seq > 0 else { return report }
        let lock = lock
        try await store.write { writing in
            try writing.renew(lock)
            try writing.setSetting(Self.setting, String(decoding: report.json, as: UTF8.self))
        }
        return report
    }

    /// The last checkpoint, with no entries checked; nil: there is none.
    package static func last(in store: any GrantStore) async throws -> Report? {
        try await store.read { try $0.setting(setting) }.flatMap { Report(json: Array($0.utf8)) }
    }

    /// nil: at the journal's beginning; what the checkpoint stood for has left it, or there was none.
    private static func start(after known: Report?, _ reading: any StoreReading) throws -> JournalLinks? {
        guard let known, try known.seq > reading.journalAnchor()?.seq ?? 0 else { return nil }
        guard let hash = try reading.journalHash(at: known.seq) else {
            throw JournalLinks.broken(at: known.seq, "the checkpoint was there, and the journal ends before it")
        }
        guard JournalLinks.hex(hash) == known.hash else {
            throw JournalLinks.broken(at: known.seq, "it had another hash when the checkpoint was made")
        }
        return JournalLinks(after: known.seq, hash: hash)
    }
}

extension AuditCheckpointJob.Report {
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("seq", seq)
        writer.member("hash", hash)
        writer.member("at", time: at.milliseconds)
        writer.endObject()
        return writer.bytes
    }

    fileprivate init?(json: [UInt8]) {
        guard let object = try? JSONObject(parsing: json), let seq = object["seq"]?.int64Value,
            let hash = object["hash"]?.stringValue, let at = object["at"]?.stringValue.flatMap(RFC3339.parse)
        else { return nil }
        self.init(seq: seq, hash: hash, at: Timestamp(milliseconds: at), entries: 0)
    }
}
