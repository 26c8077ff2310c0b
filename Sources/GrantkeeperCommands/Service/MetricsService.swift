internal import ConfigurationFiles
internal import Grants
internal import Logging
internal import Monitoring
internal import RotationWorker
internal import ServiceLifecycle

/// Offers the metrics for as long as the worker works.
///
/// An address that is taken does not stop the worker: it is logged, and tried again.
struct MetricsService: Service, Unprintable {
    static let pause = Duration.seconds(30)

    let settings: MetricsSettings
    let live: LiveSession
    let registry: PrometheusRegistry
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await server.run()
                } catch {
                    let failure = CommandError(error)
                    logger.error(
                        "the metrics are not offered, trying again",
                        metadata: ["error": "\(failure.message)", "hint": "\(failure.hint ?? "")"]
                    )
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private var server: MetricsServer {
        MetricsServer(
            host: settings.host,
            port: settings.port,
            names: settings.names,
            logger: logger,
            body: { await text() },
            onListening: { [logger, settings] port in
                logger.notice("metrics are offered", metadata: ["host": "\(settings.host)", "port": "\(port)"])
            }
        )
    }

    /// What was counted, and what the store holds now.
    private func text() async -> String {
        let session = live.current
        let samples = await StatusReport.scrape(
            session.store,
            session.configuration,
            schedules: live.schedules.map(\.schedule),
            at: clock.now()
        )
        let pressure = session.rotation.providers.compactMapValues { provider in
            (provider as? any ProviderPressure).map { (inFlight: $0.inFlight, width: $0.width) }
        }
        return registry.text(samples + StatusReport.pressure(of: pressure))
    }
}
