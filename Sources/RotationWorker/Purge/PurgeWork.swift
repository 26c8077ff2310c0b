internal import Dispatch
internal import Grants
internal import Synchronization

/// What every part of a purge works with.
struct PurgeWork: Sendable {
    let environment: RotationEnvironment
    let lock: JobLock
    let run: Int64
    let archive: any Archive
    let now: Timestamp

    var store: any GrantStore { environment.store }

    /// `grants-2026-11-24T02-17-00Z-run17.ndjson`, and from the second of a kind on `…-run17-2.ndjson`.
    private func name(_ kind: String, _ number: Int) -> String {
        let second = Timestamp(milliseconds: now.milliseconds - now.milliseconds % 1_000)
        let time = second.description.replacing(":", with: "-")
        return "\(kind)-\(time)-run\(run)\(number > 1 ? "-\(number)" : "").ndjson"
    }

    /// Fills a file on the store's own thread, page by page, and syncs it; the lease is kept meanwhile.
    ///
    /// `body` reads one page in one snapshot and says whether it was the file's last. Without a line there is no
    /// file.
    func filling<State: Sendable>(
        _ kind: String,
        _ number: Int,
        _ state: State,
        _ body: @escaping @Sendable (any StoreReading, ArchiveDraft, inout State) throws -> Bool
    ) async throws -> (archive: SealedArchive?, state: State) {
        let (archive, name, gathered) = (archive, name(kind, number), Gathered(state))
        let draft = ArchiveDraft { try archive.begin(name) }
        do {
            try await LeaseHeartbeat.keeping(lock, store) {
                var isLast = false
                while !isLast {
                    try environment.stop.check()
                    isLast = try await store.read { reading in
                        try gathered.state.withLock { try body(reading, draft, &$0) }
                    }
                }
            }
            let digest = try await LeaseHeartbeat.keeping(lock, store) { try await Self.seal(draft) }
            return (digest.map { SealedArchive(name: name, digest: $0) }, gathered.state.withLock { $0 })
        } catch {
            draft.abandon()
            throw error
        }
    }

    /// What a file's pages gather, for closures that the store runs.
    private final class Gathered<State: Sendable>: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    private static func seal(_ draft: ArchiveDraft) async throws -> String? {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "grantkeeper.archive").async {
                continuation.resume(with: Result { try draft.seal() })
            }
        }
    }

    /// One transaction of at most 200 ms, checked against lock and freeze first; then others get in.
    ///
    /// nil: everything is frozen.
    func writing<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting, Slice) throws -> Result
    ) async throws -> Result? {
        try environment.stop.check()
        let lock = lock
        let result = try await store.write { writing -> Result? in
            try writing.renew(lock)
            guard try !Self.isFrozen(writing) else { return nil }
            return try body(writing, Slice())
        }
        try await Task.sleep(for: .milliseconds(5))
        return result
    }

    /// Tells when a transaction has taken long enough.
    struct Slice: Sendable {
        private let end = DispatchTime.now().uptimeNanoseconds + 200_000_000
        var isOver: Bool { DispatchTime.now().uptimeNanoseconds >= end }
    }

    /// Frozen as a whole: the store may be a restored one, and what is in it evidence.
    static func isFrozen(_ reading: any StoreReading) throws -> Bool {
        try reading.freezes().contains { $0.selection.isAll }
    }

    func event(_ type: String, _ number: Int, _ archive: SealedArchive) -> Event {
        var event = Event(type, at: now)
        event.run = run
        event.actor = environment.actor
        event.details = [
            "entries": .number(Int64(number)), "archive": .string(archive.name),
            "archive_sha256": .string(archive.digest),
        ]
        return event
    }
}
