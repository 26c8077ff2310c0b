internal import ConfigurationFiles
internal import Grants
internal import Logging
internal import Monitoring
internal import RotationWorker
internal import Scheduling
internal import ServiceLifecycle
internal import UnixSignals

/// One life of the worker: puts its parts together, listens to signals, ends when all have ended.
struct WorkerRun {
    /// The store is asked for changes at least this often.
    static let longestWait = Duration.seconds(5)

    private let live: LiveSession
    private let environment: ProgramEnvironment
    private let options: CommonOptions
    private let logger: Logger
    /// Writes messages alone: what a library logs beside them may be the description of anything.
    private let bareLogger: Logger
    private let stop: StopRequest
    private let notifier: ServiceNotifier
    private let registry: PrometheusRegistry

    init(
        _ live: LiveSession,
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ logger: Logger,
        bare bareLogger: Logger,
        _ registry: PrometheusRegistry
    ) throws {
        self.live = live
        live.replace(with: live.current, try Self.schedules(live.current))
        self.environment = environment
        self.options = options
        self.logger = logger
        self.bareLogger = bareLogger
        stop = live.current.rotation.stop
        notifier = ServiceNotifier(
            variables: environment.variables.only("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        )
        self.registry = registry
    }

    func perform() async throws -> ExitStatus {
        let schedules = live.schedules
        announce(schedules)
        let (triggers, continuation) = AsyncStream.makeStream(of: Trigger.self)
        let timer = ScheduleTimer(longest: longest) { continuation.yield(.tick) }
        let loop = WorkerLoop(parts(timer, schedules), schedules: schedules)
        let service = WorkerService(
            loop: loop,
            triggers: triggers,
            continuation: continuation,
            stop: stop,
            notifier: notifier
        )
        // The worker is last, because it is asked first to stop.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: metricsServices + [
                    .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        // Beside the group, which listens to the first signal and to no other.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        environment.releaseSignals()
        let listening = Task { [logger] in
            var stops = 0
            for await signal in signals {
                if signal == .sighup {
                    continuation.yield(.reload)
                    continue
                }
                stops += 1
                if stops == 1 {
                    logger.notice("told to stop: the batch in hand is ended")
                    await group.triggerGracefulShutdown()
                } else {
                    logger.warning("told again to stop: what is in hand is cut short")
                    continuation.yield(.cutShort)
                }
            }
        }
        defer { listening.cancel() }
        do {
            try await group.run()
        } catch let error as ServiceGroupError where error == .alreadyFinished() {
            // Told to stop before it began.
        }
        timer.cancel()
        continuation.finish()
        logger.notice("stopped")
        return .success
    }

    private var metricsServices: [ServiceGroupConfiguration.ServiceConfiguration] {
        guard let settings = live.current.configuration.metrics else { return [] }
        let service = MetricsService(
            settings: settings,
            live: live,
            registry: registry,
            clock: environment.clock,
            logger: logger
        )
        return [.init(service: service, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore)]
    }

    /// The group's own remarks help only to find a mistake in it.
    private var quiet: Logger {
        var logger = bareLogger
        if logger.logLevel >= .info { logger.logLevel = .warning }
        return logger
    }

    private var longest: Duration { min(Self.longestWait, notifier.watchdogInterval ?? Self.longestWait) }

    // MARK: Parts

    private func parts(_ timer: ScheduleTimer, _ schedules: [TimedSchedule]) -> WorkerLoop.Parts {
        let told = TurnNotices(notifier)
        let healthWatch = HealthWatch(logger: logger) { [live] now in
            let session = live.current
            return try await StatusReport.read(
                session.store,
                session.configuration,
                schedules: live.schedules.map(\.schedule),
                at: now
            ).needs
        }
        let guardWatch = GuardWatch(logger: logger) { [live] in try await live.current.markHighWater() }
        return WorkerLoop.Parts(
            store: live.current.store,
            clock: environment.clock,
            runner: ScheduledJobs(
                live: live,
                environment: environment,
                logger: logger,
                metrics: live.current.metrics,
                guardWatch: guardWatch
            ),
            logger: logger,
            clocks: { ClockReading.now() },
            reload: { reload() },
            circumstances: { [live] now in
                let rotation = live.current.rotation
                return (rotation.sinks.map(\.settings.id), rotation.holdsAutomaticEnds(at: now))
            },
            afterTurn: { [environment, metrics = live.current.metrics] turn in
                metrics.turned(in: turn.took)
                told.tell(turn)
                await guardWatch.keep(at: turn.now)
                await healthWatch.keep(at: turn.now)
                timer.arm(in: turn.next.map { $0.at - environment.clock.now() })
            }
        )
    }

    private static func schedules(_ session: Session) throws -> [TimedSchedule] {
        let configuration = session.configuration
        return try ScheduleDirectory.read(path: configuration.schedulesPath, knowing: configuration.settings)
            .map { try TimedSchedule($0) }
    }

    private func reload() -> [TimedSchedule]? {
        notifier.reloading()
        let schedules = readAgain()
        notifier.ready(
            status: schedules == nil ? "the configuration is bad; what was in force stays in force" : "reloaded"
        )
        return schedules
    }

    /// nil: it is bad, and nothing has changed.
    private func readAgain() -> [TimedSchedule]? {
        do {
            let session = try live.current.reloaded(environment, options)
            let schedules = try Self.schedules(session)
            live.replace(with: session, schedules)
            announce(schedules)
            return schedules
        } catch {
            let failure = CommandError(error)
            logger.error(
                "the configuration is bad; what was in force stays in force",
                metadata: ["error": "\(failure.message)", "details": "\(failure.more.joined(separator: "; "))"]
            )
            return nil
        }
    }

    private func announce(_ schedules: [TimedSchedule]) {
        let session = live.current
        logger.notice(
            "configuration in force",
            metadata: [
                "mode": "\(session.rotation.settings.policy.mode.rawValue)",
                "providers": "\(session.rotation.settings.providers.count)",
                "schedules": "\(schedules.map(\.schedule.name).joined(separator: " "))",
            ]
        )
        for warning in session.configuration.warnings { logger.warning("\(warning)") }
        for job in [Schedule.Job.expire, .revalidate] where !schedules.contains(where: { $0.schedule.job == job }) {
            logger.warning(
                "no schedule: this job never runs by itself",
                metadata: ["job": "\(job.rawValue)", "directory": "\(session.configuration.schedulesPath)"]
            )
        }
    }
}
