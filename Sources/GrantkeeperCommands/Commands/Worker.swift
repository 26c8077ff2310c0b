internal import ArgumentParser
internal import Grants
internal import Logging
internal import Monitoring
internal import RotationWorker
internal import Scheduling
internal import ServiceLifecycle
internal import UnixSignals

struct Worker: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run the schedules, for months, until told to stop.",
        discussion: """
            Begins what schedules/*.yaml say, works the queues of revocations and events whenever they hold \
            something, and writes what it does to standard error. SIGHUP reads the files again; SIGTERM and SIGINT \
            end it after the batch in hand, a second one at once.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "How log lines look: text or json.")
    var logFormat: LogFormat = .text
    @Option(help: "The least level that is logged: \(LogLevel.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel: LogLevel = .info

    func perform(_ given: ProgramEnvironment) async throws -> ExitStatus {
        var environment = given
        environment.showsProgress = false
        environment.actor = Actor(kind: .schedule, user: given.actor.user, host: given.actor.host)
        let logger = WorkerLog.logger(logFormat, logLevel.level, environment)
        let bare = WorkerLog.logger(logFormat, logLevel.level, environment, isBare: true)
        let scene = environment
        let registry = PrometheusRegistry.forWorker()
        return try await Session.live(scene, common, .providers, metrics: WorkerMetrics(registry)) { live in
            try await WorkerRun(live, scene, common, logger, bare: bare, registry).perform()
        }
    }
}

extension LogFormat: ExpressibleByArgument {}

/// How much is logged.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
