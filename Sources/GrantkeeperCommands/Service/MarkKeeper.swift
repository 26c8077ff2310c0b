internal import Grants
internal import Logging
internal import Synchronization

/// Moves the restore guard's mark on while nothing runs, so that a quiet worker's store is not taken for an old one.
final class MarkKeeper: Sendable {
    static let interval = Duration.minutes(30)

    private let logger: Logger
    private let last = Mutex<Timestamp?>(nil)

    init(_ logger: Logger) { self.logger = logger }

    func mark(_ session: Session, at now: Timestamp) async {
        let isDue = last.withLock { last in
            // A clock that was set back must not silence it.
            if let at = last, now >= at, now - at < Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        do {
            try await session.markHighWater()
        } catch {
            logger.error(
                "the restore guard could not be moved on",
                metadata: ["error": "\(CommandError(error).message)"]
            )
        }
    }
}
