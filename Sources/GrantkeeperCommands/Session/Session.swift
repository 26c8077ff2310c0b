internal import ConfigurationFiles
internal import EventDelivery
internal import FoundationEssentials
internal import Grants
internal import RotationWorker
internal import SQLiteStore
internal import Scheduling

/// What a command works with: the configuration, the open store, the providers.
struct Session: Sendable, Unprintable {
    /// How much of it a command needs.
    enum Access {
        /// Reads the store; no key, no file but the store has to be there.
        case read
        /// Reads the store, for people who look: our own tokens are known where the key can be read.
        case look
        /// Reads the store; the key where one is configured, because our own tokens are looked up.
        case plan
        /// Writes the store; no token is touched.
        case write
        /// Writes the store; the key where one is configured.
        case tokens
        /// Writes the store and speaks with providers: needs the key.
        case providers
    }

    let configuration: Configuration
    let rotation: RotationEnvironment
    let console: Console
    let sqlite: SQLiteGrantStore
    let restoreGuard: StoreGuard
    let writes: Bool
    let connections: ProviderConnections
    let progress: ProgressLine
    let metrics: WorkerMetrics
    /// What the command's selections leave out and a person may take for covered.
    let lookAlikes = LookAlikes()

    /// Opens what is needed, runs the body, and closes all of it whatever happens.
    ///
    /// Only what neither runs nor shows the planner may do without the scope documents: without them the planner would
    /// take their policy for withdrawn. An order for an emergency must do without, or a typo in them would stop it.
    static func run<Result: Sendable>(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ access: Access,
        readsScopes: Bool = true,
        metrics: WorkerMetrics = WorkerMetrics(),
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        try await live(environment, options, access, readsScopes: readsScopes, metrics: metrics) {
            try await body($0.current)
        }
    }

    /// The same for a process whose configuration may be replaced: what is in force in the end is closed.
    static func live<Result: Sendable>(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ access: Access,
        readsScopes: Bool = true,
        metrics: WorkerMetrics = WorkerMetrics(),
        _ body: (LiveSession) async throws -> Result
    ) async throws -> Result {
        // Nothing else here holds the first session: connections that a reload does not keep have to end.
        let live = LiveSession(try await open(environment, options, access, readsScopes, metrics))
        let result: Result
        do {
            result = try await body(live)
        } catch {
            do { try await live.current.close() } catch let other {
                let failure = CommandError(other)
                live.current.console.warning(failure.message, hint: failure.hint)
            }
            throw error
        }
        try await live.current.close()
        // Done, but not for all that the person may have meant.
        if live.current.lookAlikes.wereFound, result as? ExitStatus == .success,
            let findings = ExitStatus.findings as? Result
        {
            return findings
        }
        return result
    }

    private static func open(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ access: Access,
        _ readsScopes: Bool,
        _ metrics: WorkerMetrics
    ) async throws -> Session {
        let console = Console(environment)
        let configuration = try Self.configuration(
            environment,
            options,
            checks: access == .providers ? .secrets : .none
        )
        for warning in configuration.warnings { console.warning("\(warning)", hint: warning.hint) }
        let settings = configuration.settings
        var ownTokens: [Secret] = []
        var keyring: Keyring?
        switch access {
        case .read, .write:
            break
        case .look:
            keyring = try? Self.keyring(configuration)
            if keyring != nil { ownTokens = (try? Self.ownTokens(settings)) ?? [] }
        case .plan:
            ownTokens = try Self.ownTokens(settings)
            if !ownTokens.isEmpty { keyring = try Self.keyring(configuration) }
        case .tokens:
            keyring = try Self.keyring(configuration)
        case .providers:
            ownTokens = try Self.ownTokens(settings)
            keyring = try Self.keyring(configuration)
        }
        // What may fail comes before the store, which has to be closed.
        let blackouts = try BlackoutCalendar(settings.policy.blackouts)
        let scopePolicies =
            switch access {
            case .look, .plan, .providers:
                readsScopes ? try ScopePolicyDocuments.policies(of: configuration, at: environment.clock.now()) : .none
            case .read, .write, .tokens: ScopePolicies.none
            }
        let connections =
            access == .providers
            ? try ProviderConnections(settings, storePath: configuration.storePath, environment, metrics) : .none
        if let failure = connections.unsharedRates { console.warning(failure.message, hint: failure.hint) }
        let restoreGuard = StoreGuard(configuration, environment)
        let opened: StoreGuard.Opened
        let writes: Bool
        switch access {
        case .read, .look, .plan:
            writes = false
            opened = try await restoreGuard.openToRead(keyring)
        case .write, .tokens, .providers:
            writes = true
            opened = try await restoreGuard.openToWrite(keyring, newEventID: environment.newEventID)
        }
        let store = opened.store
        if let finding = opened.finding {
            console.warning("everything is frozen, this may be a restored store: \(finding)", hint: Self.afterRestore)
        }
        let progress = ProgressLine(environment)
        let rotation = RotationEnvironment(
            store: store,
            settings: settings,
            providers: connections.clients,
            sinks: settings.sinks.map { $0.makeSink() },
            blackouts: blackouts,
            clock: environment.clock,
            actor: environment.actor,
            scopePolicies: scopePolicies,
            ownTokens: ownTokens
        ) { progress.show($0) }
        return Session(
            configuration: configuration,
            rotation: rotation,
            console: console,
            sqlite: store,
            restoreGuard: restoreGuard,
            writes: writes,
            connections: connections,
            progress: progress,
            metrics: metrics
        )
    }

    func close() async throws {
        progress.clear()
        await connections.shutdown()
        if writes { try await restoreGuard.close(sqlite) } else { await sqlite.close() }
    }

    static let afterRestore = "docs/runbook.md, 'After a restore'; then 'grantkeeper thaw --reason …'"

    /// Judges the store again and moves the restore guard's mark on; for a process that lives long.
    ///
    /// Before each run and after it, and daily at least: after 7 days without a mark the store counts as restored.
    /// Freezes everything where it finds something; writes nothing where nothing has moved.
    /// Returns what the guard has against the store; nil: nothing.
    func markHighWater() async throws -> String? { try await restoreGuard.mark(sqlite) }

    /// Lets the body thaw; where that ends the restore guard's freeze, its mark is made anew.
    func thawing(_ body: () async throws -> Bool) async throws -> Bool {
        try await restoreGuard.renewing(sqlite, body)
    }

    var store: any GrantStore { rotation.store }

    func clearProgress() { progress.clear() }

    // MARK: Parts

    static func configuration(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        checks: FileChecks
    ) throws -> Configuration {
        let path = options.config ?? environment.variables["GRANTKEEPER_CONFIG"] ?? systemConfiguration
        return try ConfigurationFile.read(path: path, checks: checks)
    }

    private static let systemConfiguration = "/etc/grantkeeper/grantkeeper.yaml"

    /// Whether one is named, or the system has one.
    static func hasConfiguration(_ environment: ProgramEnvironment, _ options: CommonOptions) -> Bool {
        options.config != nil || environment.variables["GRANTKEEPER_CONFIG"] != nil
            || FileManager.default.fileExists(atPath: systemConfiguration)
    }

    /// Tokens that we live on and that the configuration names: never to be ended.
    static func ownTokens(_ settings: RotationSettings) throws -> [Secret] {
        var sources: [SecretSource] = []
        for provider in settings.providers {
            for canary in provider.canaries {
                if case .token(let source) = canary.origin { sources.append(source) }
            }
            if provider.client.authentication == .bearer, provider.client.bearerGrant == nil {
                sources.append(provider.client.secret)
            }
        }
        return try sources.map { try SecretReader.read($0) }
    }

    private static func keyring(_ configuration: Configuration) throws -> Keyring? {
        guard let source = configuration.keySource else { return nil }
        return try Keyring(parsing: SecretReader.read(source))
    }
}
