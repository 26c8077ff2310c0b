internal import Grants
internal import Records

/// Removes the journal's oldest entries, never one that a sink still needs.
struct JournalPurge: Sendable {
    static let fileLimit = 50_000
    static let pageSize = 1_000

    let cutoff: Timestamp
    /// The sinks of the configuration: one without a cursor needs all; one that is not configured any more, nothing.
    let sinks: [String]

    private struct State: Sendable {
        let start: JournalLinks
        var links: JournalLinks
        var entries = 0
        var isAtEnd = false
    }

    /// The last entry that every sink has acknowledged.
    private func acknowledged(_ reading: any StoreReading) throws -> Int64 {
        try sinks.map { try reading.sinkCursor($0)?.seq ?? 0 }.min() ?? .max
    }

    /// A prefix only: what is behind an entry that stays, stays.
    private func isOld(_ entry: JournalEntry) -> Bool {
        guard let object = try? JSONObject(parsing: entry.body),
            let at = object["at"]?.stringValue.flatMap(RFC3339.parse)
        else { return false }
        return Timestamp(milliseconds: at) < cutoff
    }

    func forecast(_ reading: any StoreReading, _ report: inout PurgeJob.Report) throws {
        let limit = try acknowledged(reading)
        var last = try reading.journalAnchor()?.seq ?? 0
        while true {
            let page = try reading.journal(after: last, limit: Self.pageSize)
            for entry in page {
                guard isOld(entry) else { return }
                last = entry.seq
                if entry.seq <= limit { report.journal += 1 } else { report.hold("sink") }
            }
            if page.count < Self.pageSize { return }
        }
    }

    func perform(_ work: PurgeWork, _ report: inout PurgeJob.Report) async throws {
        var number = 0
        while true {
            number += 1
            let anchor = try await work.store.read { try $0.journalAnchor() }
            let start = anchor.map { JournalLinks($0) } ?? JournalLinks()
            let (archive, state) = try await work.filling("journal", number, State(start: start, links: start)) {
                try gather($0, $1, &$2, work)
            }
            guard let archive else { break }
            report.archives.append(archive.name)
            guard try await remove(from: start.seq, state.links, archive, work, &report) else { return }
            if state.isAtEnd { break }
        }
        try await countHeld(work, &report)
    }

    /// One page into the file, every link checked: what was tampered with must not leave.
    private func gather(
        _ reading: any StoreReading,
        _ draft: ArchiveDraft,
        _ state: inout State,
        _ work: PurgeWork
    ) throws -> Bool {
        let limit = try acknowledged(reading)
        let page = try reading.journal(after: state.links.seq, limit: Self.pageSize)
        state.isAtEnd = page.count < Self.pageSize
        for entry in page {
            guard entry.seq <= limit, isOld(entry) else {
                state.isAtEnd = true
                break
            }
            if let why = state.links.follow(entry.seq, entry.body, entry.hash) {
                throw JournalLinks.broken(at: entry.seq, why)
            }
            if draft.isEmpty { try draft.append(JournalArchive.header(state.start, run: work.run, at: work.now)) }
            try draft.append(JournalArchive.line(entry))
            state.entries += 1
        }
        let isLast = state.isAtEnd || state.entries >= Self.fileLimit
        if isLast, !draft.isEmpty { try draft.append(JournalArchive.footer(state.links, entries: state.entries)) }
        return isLast
    }

    /// Removes what is archived, batch by batch; each moves the anchor and says so in the journal.
    private func remove(
        from start: Int64,
        _ links: JournalLinks,
        _ archive: SealedArchive,
        _ work: PurgeWork,
        _ report: inout PurgeJob.Report
    ) async throws -> Bool {
        var last = start
        while last < links.seq {
            let from = last
            let done = try await work.writing { writing, slice -> Int64? in
                guard try writing.journalAnchor()?.seq ?? 0 == from else {
                    throw StoreError(.conflict, "somebody else has purged the journal meanwhile")
                }
                // A sink may have been set back since the file was written.
                let limit = min(links.seq, try acknowledged(writing))
                guard limit > from else { return nil }
                var anchor: JournalAnchor?
                var next = from
                while next < limit, next == from || !slice.isOver {
                    next = min(next + Int64(Self.pageSize), limit)
                    anchor = try writing.purgeJournal(through: next, archive: archive.name)
                }
                guard let anchor, next < links.seq || anchor.hash == links.hash else {
                    throw StoreError(.conflict, "the journal is not what was archived")
                }
                var event = work.event(Event.Kind.journalPurged, Int(next - from), archive)
                event.details["from_seq"] = .number(from + 1)
                event.details["to_seq"] = .number(next)
                event.details["hash"] = .string(JournalLinks.hex(anchor.hash))
                try writing.append(event, about: nil)
                return next
            }
            guard let next = done else {
                report.hold("frozen", Int(links.seq - last))
                return false
            }
            guard let next else { return true }
            report.journal += Int(next - last)
            last = next
            work.environment.progress(.init(step: "purging the journal", done: report.journal, total: nil))
        }
        return true
    }

    /// Old entries that stay because a sink lags.
    private func countHeld(_ work: PurgeWork, _ report: inout PurgeJob.Report) async throws {
        guard !sinks.isEmpty else { return }
        var last = try await work.store.read { try $0.journalAnchor()?.seq ?? 0 }
        while true {
            let from = last
            let page = try await work.store.read { try $0.journal(after: from, limit: Self.pageSize) }
            for entry in page {
                guard isOld(entry) else { return }
                last = entry.seq
                report.hold("sink")
            }
            if page.count < Self.pageSize { return }
        }
    }
}
