internal import ConfigurationFiles
internal import Grants
internal import HTTPTransport
internal import Monitoring
internal import Records
internal import Sandbox
internal import Scheduling

/// Why a command ended without doing what it was asked: a sentence, a hint, a status.
struct CommandError: Error {
    var status: ExitStatus
    /// A stable word for scripts.
    var code: String
    var message: String
    var hint: String?
    /// Further sentences, each on a line of its own: a configuration has all its mistakes at once.
    var more: [String] = []

    init(_ status: ExitStatus, _ code: String, _ message: String, hint: String? = nil, more: [String] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.more = more
    }

    /// What the argument parser says: the error on the first line, then the usage.
    init(parserMessage text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        let first = lines.first ?? ""
        self.init(.usage, "usage", first.hasPrefix("Error: ") ? String(first.dropFirst(7)) : first)
        more = Array(lines.dropFirst())
    }

    /// What any error below means for the person who runs the command.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as StoreError: self.init(error)
        case let error as ConfigurationErrors: self.init(error)
        case let error as ScheduleError:
            self.init(.badConfiguration, error.code.rawValue, error.message, hint: error.hint)
        case let error as SecretError: self.init(.badConfiguration, "secret", error.message, hint: error.hint)
        case let error as RecordError:
            self.init(
                error.code == .unreadable ? .failed : .badData,
                error.code.rawValue,
                error.description,
                hint: error.hint
            )
        case let error as HTTPFailure: self.init(.failed, error.code.description, error.description, hint: error.hint)
        case let error as SandboxError: self.init(.failed, "sandbox", error.message, hint: error.hint)
        case let error as MetricsServerError: self.init(.failed, "metrics", error.message, hint: error.hint)
        case is CancellationError:
            self.init(
                .failed,
                "interrupted",
                "interrupted; what was committed stays",
                hint: "run the same command again to go on where it stopped"
            )
        default: self.init(.failed, "failed", "\(error)")
        }
    }

    private init(_ error: StoreError) {
        let status: ExitStatus
        switch error.code {
        case .needsMigration, .newer, .notOurs, .noKey, .wrongKey: status = .badConfiguration
        case .missing, .readOnly: status = .badConfiguration
        case .lockHeld, .busy: status = .locked
        case .unknownName: status = .usage
        default: status = .failed
        }
        self.init(status, error.code.rawValue, error.message, hint: error.hint)
    }

    init(_ errors: ConfigurationErrors) {
        let lines = errors.problems.map { problem in
            problem.hint.map { "\(problem) (\($0))" } ?? "\(problem)"
        }
        let count = lines.count == 1 ? "one mistake" : "\(lines.count) mistakes"
        self.init(.badConfiguration, "configuration", "the configuration has \(count)", more: lines)
    }
}
