internal import Grants
internal import Records

/// Removes runs that ended before an instant, never one that something waits for.
struct RunPurge: Sendable {
    static let fileLimit = 5_000
    static let pageSize = 200

    let cutoff: Timestamp

    private struct State: Sendable {
        var ids: [Int64] = []
        var last: Int64
        var isAtEnd = false
    }

    func forecast(_ reading: any StoreReading, _ report: inout PurgeJob.Report) throws {
        var last: Int64 = 0
        while true {
            let page = try reading.spentRuns(before: cutoff, after: last, limit: Self.pageSize)
            guard let end = page.last else { break }
            last = end.id
            report.runs += page.count
        }
        report.hold("run-awaited", try reading.awaitedRuns(before: cutoff))
    }

    func perform(_ work: PurgeWork, _ report: inout PurgeJob.Report) async throws {
        var (last, number): (Int64, Int) = (0, 0)
        while true {
            number += 1
            let (archive, state) = try await work.filling("runs", number, State(last: last), gather)
            guard let archive else { break }
            report.archives.append(archive.name)
            guard try await remove(state.ids, archive, work, &report) else { return }
            last = state.last
            if state.isAtEnd { break }
        }
        let cutoff = cutoff
        report.hold("run-awaited", try await work.store.read { try $0.awaitedRuns(before: cutoff) })
    }

    private func gather(_ reading: any StoreReading, _ draft: ArchiveDraft, _ state: inout State) throws -> Bool {
        let page = try reading.spentRuns(before: cutoff, after: state.last, limit: Self.pageSize)
        for run in page {
            try draft.append(Self.line(run))
            state.ids.append(run.id)
            state.last = run.id
        }
        state.isAtEnd = page.count < Self.pageSize
        return state.isAtEnd || state.ids.count >= Self.fileLimit
    }

    private static func line(_ run: RunRecord) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run.id)
        writer.member("job", run.job)
        writer.member("started_at", time: run.startedAt.milliseconds)
        writer.member("ended_at", time: run.endedAt?.milliseconds)
        writer.member("outcome", run.outcome)
        writer.member("actor", raw: run.actor.json)
        if let summary = run.summary, let object = try? JSONObject(parsing: summary) {
            writer.member("summary", object)
        }
        writer.endObject()
        return writer.bytes
    }

    private func remove(
        _ ids: [Int64],
        _ archive: SealedArchive,
        _ work: PurgeWork,
        _ report: inout PurgeJob.Report
    ) async throws -> Bool {
        var index = 0
        while index < ids.count {
            let from = index
            let done = try await work.writing { writing, slice in
                var (next, purged) = (from, 0)
                while next < ids.count, next == from || !slice.isOver {
                    if try writing.purgeRun(ids[next], before: cutoff) { purged += 1 }
                    next += 1
                }
                if purged > 0 { try writing.append(work.event(Event.Kind.runsPurged, purged, archive), about: nil) }
                return (next: next, purged: purged)
            }
            guard let done else {
                report.hold("frozen", ids.count - index)
                return false
            }
            report.runs += done.purged
            report.hold("changed", done.next - index - done.purged)
            index = done.next
        }
        return true
    }
}
