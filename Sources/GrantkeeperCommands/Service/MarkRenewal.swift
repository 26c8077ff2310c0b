internal import Grants
internal import Logging
internal import Synchronization

/// Keeps the restore guard's mark young while nothing runs.
///
/// A worker with a weekly schedule alone is silent for longer than the guard allows.
final class MarkRenewal: Sendable {
    static let interval = Duration.hours(1)

    private let logger: Logger
    private let mark: @Sendable () async throws -> Void
    private let last = Mutex<Timestamp?>(nil)

    init(logger: Logger, _ mark: @escaping @Sendable () async throws -> Void) {
        self.logger = logger
        self.mark = mark
    }

    /// To be called often; does something once an hour, and after a clock that was set back.
    func keep(at now: Timestamp) async {
        let isDue = last.withLock { last in
            if let last, now >= last, now - last < Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        do {
            try await mark()
        } catch {
            logger.error(
                "the restore guard could not be moved on",
                metadata: ["error": "\(CommandError(error).message)"]
            )
        }
    }
}
