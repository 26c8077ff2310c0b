internal import Crypto
internal import Dispatch
internal import Glibc
package import Grants
internal import Records

/// Recomputes the links of an archived journal, and compares the file with what the journal says of it.
package struct ArchiveCheck: Sendable {
    /// What was found.
    package struct Report: Sendable {
        package var links: AuditCheck.Report
        /// SHA-256 of the file, in hex.
        package var digest = ""
        /// The store's journal names this very file; false also where that entry has left the journal itself.
        package var isKnown = false
    }

    private static let maximumLine = 8_388_608

    /// Throws `unknown-name` for a file that cannot be read or is no archive of a journal.
    package static func verify(path: String, against store: any GrantStore) async throws -> Report {
        let anchor = try await store.read { try $0.journalAnchor() }
        var report = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "grantkeeper.archive").async {
                continuation.resume(with: Result { try read(path, anchor) })
            }
        }
        guard report.links.ok else { return report }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var last: Int64 = 0
        while true {
            let from = last
            let page = try await store.read { try $0.journal(after: from, limit: AuditCheck.pageSize) }
            guard let end = page.last else { return report }
            last = end.seq
            for entry in page {
                guard let event = try? JSONObject(parsing: entry.body),
                    event["type"]?.stringValue == Event.Kind.journalPurged,
                    let digest = event["archive_sha256"]?.stringValue
                else { continue }
                if digest == report.digest { report.isKnown = true }
                if digest != report.digest, event["archive"]?.stringValue == name {
                    report.links.refuse(
                        report.links.fromSeq,
                        "the file is not the one that was archived: entry \(entry.seq) names another SHA-256"
                    )
                    return report
                }
            }
        }
    }

    private static func read(_ path: String, _ anchor: JournalAnchor?) throws -> Report {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(
                .unknownName,
                "the archive '\(path)' cannot be read: \(String(cString: strerror(errno)))"
            )
        }
        defer { close(descriptor) }
        var lines = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
        var hasher = SHA256()
        func next() throws -> [UInt8]? {
            guard try lines.advance() else { return nil }
            let line = lines.lineBytes
            hasher.update(data: line + [0x0A])
            return line
        }
        guard let first = try next(), let head = try? JSONObject(parsing: first),
            head["archive"]?.stringValue == "journal", let start = head["after_seq"]?.int64Value,
            let hash = head["after_hash"]?.stringValue.flatMap(bytes)
        else {
            throw StoreError(
                .unknownName,
                "'\(path)' does not begin as the archive of a journal does",
                hint: "give a file named journal-….ndjson from 'retention.archive'"
            )
        }
        var links = JournalLinks(after: start, hash: hash)
        var report = Report(links: .init(fromSeq: start + 1))
        if start == 0, links.hash != JournalLinks().hash {
            report.links.refuse(1, "the first entry of a journal follows nothing")
        }
        var isWhole = false
        while report.links.ok, let line = try next() {
            guard !isWhole, let object = try? JSONObject(parsing: line) else {
                report.links.refuse(links.seq + 1, "the line for it is not what an archive holds")
                break
            }
            if object["to_seq"] != nil {
                isWhole =
                    object["to_seq"]?.int64Value == links.seq
                    && object["hash"]?.stringValue == JournalLinks.hex(links.hash)
                    && object["entries"]?.int64Value == Int64(report.links.entries)
                if !isWhole { report.links.refuse(links.seq, "the file's last line tells of another end") }
                continue
            }
            let seq = object["seq"]?.int64Value ?? 0
            guard let hash = object["hash"]?.stringValue.flatMap(bytes), let body = JournalArchive.body(of: line) else {
                report.links.refuse(seq, "the line for it is not what an archive holds")
                break
            }
            if let why = links.follow(seq, body, hash) {
                report.links.refuse(seq, why)
            } else if let anchor, anchor.seq == seq, anchor.hash != hash {
                report.links.refuse(seq, "the store's anchor has another hash for it")
            } else {
                report.links.entries += 1
            }
        }
        if report.links.ok, !isWhole || !lines.lastLineWasTerminated {
            report.links.refuse(links.seq + 1, "the file is cut off after entry \(links.seq)")
        }
        report.links.head = JournalLinks.hex(links.hash)
        report.digest = JournalLinks.hex(Array(hasher.finalize()))
        return report
    }

    private static func bytes(_ hex: String) -> [UInt8]? {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, hex.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
