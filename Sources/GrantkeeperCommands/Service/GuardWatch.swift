internal import Grants
internal import Logging
internal import Synchronization

/// The restore guard in a process that lives long: judges the store at each run and keeps the mark young while nothing
/// runs.
///
/// What the guard finds is logged once, not at each look.
final class GuardWatch: Sendable {
    /// A worker with a weekly schedule alone is silent for longer than the guard allows.
    static let interval = Duration.hours(1)

    private struct State {
        var lookedAt: Timestamp?
        var finding: String?
    }

    private let logger: Logger
    private let mark: @Sendable () async throws -> String?
    private let state = Mutex(State())

    /// `mark` moves the guard's mark on, or says what the guard has against the store.
    init(logger: Logger, _ mark: @escaping @Sendable () async throws -> String?) {
        self.logger = logger
        self.mark = mark
    }

    /// Judges the store and moves the mark on; throws where that is impossible.
    func look() async throws {
        let finding = try await mark()
        let isNew = state.withLock { state in
            defer { state.finding = finding }
            return state.finding != finding
        }
        guard isNew, let finding else { return }
        logger.warning(
            "everything is frozen, this may be a restored store",
            metadata: ["finding": "\(finding)", "hint": "docs/runbook.md, 'After a restore'; then 'grantkeeper thaw'"]
        )
    }

    /// The same; that it is impossible is logged.
    func lookOrLog() async {
        do {
            try await look()
        } catch {
            logger.error(
                "the restore guard could not be moved on",
                metadata: ["error": "\(CommandError(error).message)"]
            )
        }
    }

    /// To be called often; looks once an hour, and after a clock that was set back.
    func keep(at now: Timestamp) async {
        let isDue = state.withLock { state in
            if let last = state.lookedAt, now >= last, now - last < Self.interval { return false }
            state.lookedAt = now
            return true
        }
        if isDue { await lookOrLog() }
    }
}
