internal import Grants
internal import Logging
internal import Synchronization

/// Logs what `status` would say needs a person: each as it comes, and again every day while it stays.
///
/// What is wrong for months is then in the log of every day, and not only of the first.
final class HealthWatch: Sendable {
    /// How often the store is looked at; after every run besides.
    static let interval = Duration.minutes(10)
    static let repetition = Duration.days(1)

    private struct State {
        var lookedAt: Timestamp?
        /// When each was logged last, by code and message without its numbers.
        var told: [String: Timestamp] = [:]
    }

    private let logger: Logger
    private let needs: @Sendable (Timestamp) async throws -> [StatusReport.Need]
    private let state = Mutex(State())

    init(logger: Logger, _ needs: @escaping @Sendable (Timestamp) async throws -> [StatusReport.Need]) {
        self.logger = logger
        self.needs = needs
    }

    /// To be called often; looks every ten minutes, and after a clock that was set back.
    func keep(at now: Timestamp) async {
        let isDue = state.withLock { state in
            if let last = state.lookedAt, now >= last, now - last < Self.interval { return false }
            state.lookedAt = now
            return true
        }
        guard isDue else { return }
        do {
            tell(try await needs(now), at: now)
        } catch {
            logger.error("how the store is could not be read", metadata: ["error": "\(CommandError(error).message)"])
        }
    }

    /// Warns of those that are new, or a day old.
    func tell(_ needs: [StatusReport.Need], at now: Timestamp) {
        let due = state.withLock { state in
            var told: [String: Timestamp] = [:]
            let due = needs.filter { need in
                let key = Self.key(need)
                let last = state.told[key]
                let isDue = last.map { now < $0 || now - $0 >= Self.repetition } ?? true
                told[key] = isDue ? now : last
                return isDue
            }
            state.told = told
            return due
        }
        for need in due {
            logger.warning("\(need.message)", metadata: ["code": "\(need.code)", "hint": "\(need.hint)"])
        }
    }

    /// A count that moves makes nothing new of it.
    private static func key(_ need: StatusReport.Need) -> String {
        "\(need.code) \(need.message.filter { !$0.isNumber && $0 != "," })"
    }
}
