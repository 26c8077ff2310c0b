internal import ConfigurationFiles
internal import CurlTransport
internal import EventDelivery
internal import Grants
internal import HTTPTransport
internal import OAuthProvider
internal import RotationWorker
internal import SQLiteStore
internal import Scheduling

/// What a command works with: the configuration, the open store, the providers.
struct Session: Sendable {
    /// How much of it a command needs.
    enum Access {
        /// Reads the store; no key, no file but the store has to be there.
        case read
        /// Reads the store, for people who look: our own tokens are known where the key can be read.
        case look
        /// Reads the store; the key where one is configured, because our own tokens are looked up.
        case plan
        /// Reads the store and its tokens.
        case export
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
    let transports: [CurlTransport]
    let progress: ProgressLine
    let metrics: WorkerMetrics

    /// Opens what is needed, runs the body, and closes all of it whatever happens.
    static func run<Result: Sendable>(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ access: Access,
        metrics: WorkerMetrics = WorkerMetrics(),
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        let session = try await open(environment, options, access, metrics)
        let result: Result
        do {
            result = try await body(session)
        } catch {
            do { try await session.close() } catch let other {
                let failure = CommandError(other)
                session.console.warning(failure.message, hint: failure.hint)
            }
            throw error
        }
        try await session.close()
        return result
    }

    private static func open(
        _ environment: ProgramEnvironment,
        _ options: CommonOptions,
        _ access: Access,
        _ metrics: WorkerMetrics
    ) async throws -> Session {
        let console = Console(environment)
        let configuration = try Self.configuration(environment, options, checksFiles: access == .providers)
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
        case .export, .tokens:
            keyring = try Self.keyring(configuration)
        case .providers:
            ownTokens = try Self.ownTokens(settings)
            keyring = try Self.keyring(configuration)
        }
        let restoreGuard = StoreGuard(configuration, environment)
        let opened: StoreGuard.Opened
        let writes: Bool
        switch access {
        case .read, .look, .plan, .export:
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
        var transports: [CurlTransport] = []
        var providers: [ProviderID: any ProviderClient] = [:]
        if access == .providers {
            for provider in settings.providers {
                let transport = try Self.transport(provider)
                transports.append(transport)
                providers[provider.id] = Self.provider(provider, settings, transport, environment, metrics)
            }
        }
        let progress = ProgressLine(environment)
        let rotation = RotationEnvironment(
            store: store,
            settings: settings,
            providers: providers,
            sinks: settings.sinks.map { $0.makeSink() },
            blackouts: try BlackoutCalendar(settings.policy.blackouts),
            clock: environment.clock,
            actor: environment.actor,
            ownTokens: ownTokens
        ) { progress.show($0) }
        return Session(
            configuration: configuration,
            rotation: rotation,
            console: console,
            sqlite: store,
            restoreGuard: restoreGuard,
            writes: writes,
            transports: transports,
            progress: progress,
            metrics: metrics
        )
    }

    func close() async throws {
        progress.clear()
        for transport in transports { await transport.shutdown() }
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
        checksFiles: Bool
    ) throws -> Configuration {
        let path = options.config ?? environment.variables["GRANTKEEPER_CONFIG"] ?? "/etc/grantkeeper/grantkeeper.yaml"
        return try ConfigurationFile.read(path: path, checkFiles: checksFiles)
    }

    static func transport(_ provider: ProviderSettings) throws -> CurlTransport {
        var options = CurlTransport.Options()
        options.caFile = provider.caFile
        options.proxy = provider.proxy
        options.maximumConnectionsPerHost = max(1, provider.limits.inFlight)
        options.connectTimeout = min(.seconds(5), provider.limits.timeout)
        if provider.allowsInsecureHTTP {
            for url in [
                provider.issuer, provider.introspectionEndpoint, provider.revocationEndpoint, provider.tokenEndpoint,
            ] {
                if let host = url.flatMap(Self.host) { options.allowInsecureHTTP.insert(host) }
            }
        }
        return try CurlTransport(options: options)
    }

    private static func host(_ url: String) -> String? {
        guard let start = url.firstRange(of: "://") else { return nil }
        let authority = url[start.upperBound...].prefix { !"/?#".contains($0) }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return host.lowercased()
    }

    static func provider(
        _ provider: ProviderSettings,
        _ settings: RotationSettings,
        _ transport: CurlTransport,
        _ environment: ProgramEnvironment,
        _ metrics: WorkerMetrics
    ) -> OAuthProvider {
        OAuthProvider(
            settings: provider,
            clients: settings.clients,
            transport: MeteredTransport(transport: transport, provider: provider.id, metrics: metrics),
            clock: environment.clock,
            secrets: { try SecretReader.read($0) },
            makeUpToken: environment.madeUpToken
        )
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
