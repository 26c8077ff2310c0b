internal import ConfigurationFiles
internal import Crypto
internal import CurlTransport
internal import FoundationEssentials
internal import Grants
internal import OAuthProvider
internal import RotationWorker
internal import Scheduling

/// The connections to the providers of one configuration, each with what it has learnt: the server's pace, the pauses
/// it asked for, its metadata.
///
/// One that is not held any more ends by itself.
struct ProviderConnections: Sendable {
    private struct Connection: Sendable {
        let settings: ProviderSettings
        /// Those that hold grants there.
        let clients: [ClientSettings]
        let authorities: SHA256.Digest?
        let transport: CurlTransport
        let provider: OAuthProvider
    }

    private var connections: [Connection] = []
    /// Why the rates are kept by this process alone; nil: together with all that use the store.
    private(set) var unsharedRates: RateFile.Failure?

    static let none = ProviderConnections()

    private init() {}

    /// Connections to all providers of the settings; `old` ones are taken over where nothing of theirs has changed.
    ///
    /// `storePath` is the store's beside which the rates are kept.
    init(
        _ settings: RotationSettings,
        storePath: String,
        keeping old: ProviderConnections = .none,
        _ environment: ProgramEnvironment,
        _ metrics: WorkerMetrics
    ) throws {
        var rates: RateFile?
        do {
            rates = try RateFile(besideStore: storePath)
        } catch {
            unsharedRates = error
        }
        for provider in settings.providers {
            let clients = settings.clients.filter { $0.provider == provider.id }
            let authorities = provider.caFile.flatMap { Self.digest(ofFile: $0) }
            let same = old.connections.first {
                $0.settings == provider && $0.clients == clients && $0.authorities == authorities
            }
            if let same {
                connections.append(same)
                continue
            }
            let transport = try Self.transport(provider)
            let client = OAuthProvider(
                settings: provider,
                clients: clients,
                transport: MeteredTransport(transport: transport, provider: provider.id, metrics: metrics),
                clock: environment.clock,
                secrets: { try SecretReader.read($0) },
                buckets: rates?.buckets(of: provider.id) ?? RateBuckets(),
                uptime: ClockReading.sinceBoot,
                makeUpToken: environment.madeUpToken
            )
            connections.append(
                Connection(
                    settings: provider,
                    clients: clients,
                    authorities: authorities,
                    transport: transport,
                    provider: client
                )
            )
        }
    }

    var clients: [ProviderID: any ProviderClient] {
        connections.reduce(into: [:]) { $0[$1.settings.id] = $1.provider }
    }

    func provider(_ id: ProviderID) -> OAuthProvider? {
        connections.first { $0.settings.id == id }?.provider
    }

    /// Ends all of them; what is under way fails.
    func shutdown() async {
        for connection in connections { await connection.transport.shutdown() }
    }

    /// For metadata with all its lists, and for answers with a user's roles.
    private static let maximumBodyBytes = 262_144

    private static func transport(_ provider: ProviderSettings) throws -> CurlTransport {
        var options = CurlTransport.Options()
        options.caFile = provider.caFile
        options.proxy = provider.proxy
        options.maximumBodyBytes = maximumBodyBytes
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

    /// What a file holds; nil: it cannot be read.
    private static func digest(ofFile path: String) -> SHA256.Digest? {
        FileManager.default.contents(atPath: path).map { SHA256.hash(data: $0) }
    }
}
