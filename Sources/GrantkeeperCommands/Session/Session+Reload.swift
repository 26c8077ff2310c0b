internal import ConfigurationFiles
internal import EventDelivery
internal import Grants
internal import RotationWorker
internal import Scheduling

extension Session {
    /// The session of the configuration as it is now, with the store that is open already and the connections to those
    /// providers of which nothing has changed.
    ///
    /// Throws and changes nothing if the file is bad, or names another store or key: those need a restart.
    func reloaded(_ environment: ProgramEnvironment, _ options: CommonOptions) throws -> Session {
        let new = try Self.configuration(environment, options, checks: .secrets)
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
        let scopePolicies = try ScopePolicyDocuments.policies(of: new, at: environment.clock.now())
        let ownTokens = try Self.ownTokens(new.settings)
        let connections = try ProviderConnections(
            new.settings,
            storePath: new.storePath,
            keeping: connections,
            environment,
            metrics
        )
        let rotation = RotationEnvironment(
            store: store,
            settings: new.settings,
            providers: connections.clients,
            sinks: new.settings.sinks.map { $0.makeSink() },
            blackouts: blackouts,
            clock: environment.clock,
            actor: environment.actor,
            scopePolicies: scopePolicies,
            ownTokens: ownTokens,
            stop: rotation.stop,
            mode: rotation.mode
        )
        return Session(
            configuration: new,
            rotation: rotation,
            console: console,
            sqlite: sqlite,
            restoreGuard: restoreGuard,
            writes: writes,
            connections: connections,
            progress: progress,
            metrics: metrics
        )
    }
}
