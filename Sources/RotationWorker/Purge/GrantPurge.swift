internal import Crypto
internal import Grants

/// Removes grants that ended before an instant.
struct GrantPurge: Sendable {
    /// Grants of one archive: their numbers and digests are in memory.
    static let fileLimit = 20_000
    static let pageSize = 500

    let cutoff: Timestamp
    let now: Timestamp

    /// A grant whose line is in the archive.
    private struct Archived: Sendable {
        var row: Int64
        var digest: [UInt8]
    }

    private struct State: Sendable {
        var rows: [Archived] = []
        var mark: EndedGrant.Mark?
        var kept: [EndedGrant.Keeper: Int] = [:]
        var isAtEnd = false
    }

    func forecast(_ reading: any StoreReading, _ report: inout PurgeJob.Report) throws {
        var mark: EndedGrant.Mark?
        while true {
            let page = try reading.endedGrants(before: cutoff, at: now, after: mark, limit: Self.pageSize)
            guard let last = page.last else { return }
            mark = last.mark
            for ended in page {
                if let keeper = ended.keptBy { report.hold(keeper.rawValue) } else { report.grants += 1 }
            }
        }
    }

    func perform(_ work: PurgeWork, _ report: inout PurgeJob.Report) async throws {
        var mark: EndedGrant.Mark?
        var number = 0
        while true {
            number += 1
            let (archive, state) = try await work.filling("grants", number, State(mark: mark), gather)
            mark = state.mark
            for (keeper, number) in state.kept { report.hold(keeper.rawValue, number) }
            if let archive {
                report.archives.append(archive.name)
                guard try await remove(state.rows, archive, work, &report) else { return }
            }
            if state.isAtEnd { return }
        }
    }

    /// One page into the file.
    private func gather(_ reading: any StoreReading, _ draft: ArchiveDraft, _ state: inout State) throws -> Bool {
        let page = try reading.endedGrants(before: cutoff, at: now, after: state.mark, limit: Self.pageSize)
        for ended in page {
            state.mark = ended.mark
            if let keeper = ended.keptBy {
                state.kept[keeper, default: 0] += 1
                continue
            }
            let line = try line(ended.stored, reading)
            try draft.append(line)
            state.rows.append(Archived(row: ended.stored.row, digest: Array(SHA256.hash(data: line))))
        }
        state.isAtEnd = page.count < Self.pageSize
        return state.isAtEnd || state.rows.count >= Self.fileLimit
    }

    private func line(_ stored: StoredGrant, _ reading: any StoreReading) throws -> [UInt8] {
        let family = try stored.grant.family.flatMap { try reading.familyName($0) }
        return GrantLine.archived(stored, family: family, at: now)
    }

    /// Removes what is still as it was archived; false: everything was frozen meanwhile.
    private func remove(
        _ rows: [Archived],
        _ archive: SealedArchive,
        _ work: PurgeWork,
        _ report: inout PurgeJob.Report
    ) async throws -> Bool {
        var index = 0
        while index < rows.count {
            let from = index
            let done = try await work.writing { writing, slice in
                var (next, purged) = (from, 0)
                while next < rows.count, next == from || !slice.isOver {
                    let archived = rows[next]
                    next += 1
                    guard let ended = try writing.endedGrant(row: archived.row, before: cutoff, at: now),
                        ended.keptBy == nil,
                        try Array(SHA256.hash(data: line(ended.stored, writing))) == archived.digest
                    else { continue }
                    try writing.purge(ended.stored)
                    purged += 1
                }
                if purged > 0 {
                    try writing.append(work.event(Event.Kind.grantsPurged, purged, archive), about: nil)
                }
                return (next: next, purged: purged)
            }
            guard let done else {
                report.hold("frozen", rows.count - index)
                return false
            }
            report.grants += done.purged
            report.hold("changed", done.next - index - done.purged)
            index = done.next
            work.environment.progress(.init(step: "purging grants", done: report.grants, total: nil))
        }
        return true
    }
}
