internal import ConfigurationFiles
internal import CurlTransport
internal import EventDelivery
internal import Grants
internal import OAuthProvider
internal import RotationWorker
internal import Scheduling

extension Session {
    /// The session of the configuration as it is now, with the store that is open already.
    ///
    /// Throws and changes nothing if the file is bad, or names another store or key: those need a restart.
    func reloaded(_ environment: ProgramEnvironment, _ options: CommonOptions) async throws -> Session {
        let new = try Self.configuration(environment, options, checksFiles: true)
        for (name, isSame) in [
            ("store.sqlite", new.storePath == configuration.storePath),
            ("store.key", new.keySource == configuration.keySource),
            ("metrics", new.metrics == configuration.metrics),
            ("store.high_water", new.highWaterPath == configuration.highWaterPath),
        ] where !isSame {
            throw CommandError(
                .badConfiguration,
                "needs-restart",
                "'\(name)' has changed, which a reload cannot follow",
                hint: "restart the worker"
            )
        }
        let blackouts = try BlackoutCalendar(new.settings.policy.blackouts)
        let ownTokens = try Self.ownTokens(new.settings)
        var transports: [CurlTransport] = []
        var providers: [ProviderID: any ProviderClient] = [:]
        do {
            for provider in new.settings.providers {
                let transport = try Self.transport(provider)
                transports.append(transport)
                providers[provider.id] = Self.provider(provider, new.settings, transport, environment, metrics)
            }
        } catch {
            for transport in transports { await transport.shutdown() }
            throw error
        }
        let rotation = RotationEnvironment(
            store: store,
            settings: new.settings,
            providers: providers,
            sinks: new.settings.sinks.map { $0.makeSink() },
            blackouts: blackouts,
            clock: environment.clock,
            actor: environment.actor,
            ownTokens: ownTokens,
            stop: rotation.stop
        )
        return Session(
            configuration: new,
            rotation: rotation,
            console: console,
            sqlite: sqlite,
            restoreGuard: restoreGuard,
            writes: writes,
            transports: transports,
            progress: progress,
            metrics: metrics
        )
    }

    /// The connections to the providers, not the store.
    func closeTransports() async {
        for transport in transports { await transport.shutdown() }
    }
}
