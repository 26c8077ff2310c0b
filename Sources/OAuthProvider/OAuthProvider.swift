package import Grants
package import HTTPTransport
internal import Synchronization

/// An authorization server spoken to over HTTP: metadata, introspection, revocation and canaries.
///
/// What it knows of the server is fetched when first needed, and again once a day. Any number of tasks may use it at
/// once. No cancelled call is sent; one cancelled on the wire may have been acted upon.
package final class OAuthProvider: ProviderClient, ProviderPressure {
    package let settings: ProviderSettings

    /// A client that holds grants, with what authenticates it.
    struct Holder: Sendable {
        let settings: ClientSettings
        let credentials: any ClientCredentials
    }

    let clock: any WallClock
    let endpoints: Endpoints
    let holders: [ClientID: Holder]
    let reader: SecretReader
    let makeUpToken: @Sendable () -> Secret
    let wire: Wire
    let own: any ClientCredentials
    let grantManagers: GrantManagers
    private let canaryKeeper: CanaryKeeper
    /// False: the server took a revocation only without `token_type_hint`.
    private let takesHints = Atomic(true)

    /// A provider as configured, with what it needs of the world.
    ///
    /// `clients` are those that hold grants; the ones of other providers are left out. `secrets` reads a
    /// secret, and is called again when the server refuses what it returned. `sleep` has to return early when
    /// its task is cancelled; `uptime` is a monotonic clock, for the rate and for pauses that the server asks
    /// for, and the machine's own where `buckets` are shared with other processes, with whom the rate is kept together;
    /// `jitter`, between 0 and 1, makes those differ whose length it leaves to us. `makeUpToken` makes a
    /// token that no server can know, for ``check()``.
    package init(
        settings: ProviderSettings,
        clients: [ClientSettings],
        transport: any HTTPTransport,
        clock: any WallClock,
        secrets: @escaping @Sendable (SecretSource) throws -> Secret,
        buckets: RateBuckets = RateBuckets(),
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        uptime: (@Sendable () -> Duration)? = nil,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        makeUpToken: @escaping @Sendable () -> Secret = { OAuthProvider.randomToken() }
    ) {
        let start = ContinuousClock.now
        let wire = Wire(
            limits: settings.limits,
            buckets: buckets,
            transport: transport,
            clock: clock,
            sleep: sleep,
            uptime: uptime ?? { ContinuousClock.now - start },
            jitter: jitter
        )
        let endpoints = Endpoints(settings: settings, wire: wire)
        let tokens = TokenEndpoint(endpoints: endpoints, wire: wire)
        let reader = SecretReader(secrets)
        let credentials = { (client: ClientSettings) -> any ClientCredentials in
            if client.authentication == .bearer, let grant = client.bearerGrant {
                return ObtainedToken(client, grant: grant, tokens: tokens, reader: reader)
            }
            return StoredSecret(client, as: client.authentication, reader: reader)
        }
        let ours = clients.filter { $0.provider == settings.id }
        let holders = ours.map { ($0.id, Holder(settings: $0, credentials: credentials($0))) }
        self.settings = settings
        self.clock = clock
        self.endpoints = endpoints
        self.holders = Dictionary(holders) { first, _ in first }
        self.reader = reader
        self.makeUpToken = makeUpToken
        self.wire = wire
        own = credentials(settings.client)
        grantManagers = GrantManagers(
            ours + [settings.client],
            endpoints: endpoints,
            wire: wire,
            tokens: tokens,
            reader: reader
        )
        canaryKeeper = CanaryKeeper(
            settings: settings,
            tokens: tokens,
            reader: reader,
            credentials: Self.tokenEndpointCredentials(settings.client, reader: reader),
            uptime: wire.uptime
        )
    }

    package func introspect(_ token: Secret, kind: TokenKind) async -> IntrospectionAnswer {
        do {
            let url = try await endpoints.required(.introspection)
            let reply = try await wire.post(Self.form(token, kind), to: url, as: own, isIdempotent: true)
            return IntrospectionResponse.answer(reply, about: kind)
        } catch {
            return IntrospectionResponse.unknown(error)
        }
    }

    package func canaries() async -> [CanaryToken] {
        await canaryKeeper.canaries()
    }

    package func revoke(_ token: Secret, kind: TokenKind, of client: ClientID) async -> RevocationAnswer {
        guard let credentials = revoker(for: client) else { return Self.noCredentials(client) }
        do {
            guard let url = try await endpoints.url(.revocation) else {
                return .refused(
                    why: "no-endpoint",
                    detail:
                        "the metadata names no revocation_endpoint; configure one, or set revocation: events"
                )
            }
            guard takesHints.load(ordering: .relaxed) else {
                return try await revoke(Self.form(token), at: url, as: credentials)
            }
            let answer = try await revoke(Self.form(token, kind), at: url, as: credentials)
            guard case .refused(let why, _) = answer, why == "request" || why == "unsupported-token-type" else {
                return answer
            }
            // RFC 7009 §2.1 lets a server ignore the hint, and some refuse it.
            let plain = try await revoke(Self.form(token), at: url, as: credentials)
            guard plain == .accepted else { return answer }
            takesHints.store(false, ordering: .relaxed)
            return plain
        } catch {
            return RevocationResponse.failed(error)
        }
    }

    private func revoke(
        _ form: FormBody,
        at url: String,
        as credentials: any ClientCredentials
    ) async throws(CallFailure) -> RevocationAnswer {
        RevocationResponse.answer(try await wire.post(form, to: url, as: credentials, isIdempotent: false))
    }

    package func endGrant(_ providerGrantID: String, of client: ClientID) async -> RevocationAnswer? {
        guard let url = try? await endpoints.url(.grantManagement) else { return nil }
        let isOurs = client == settings.client.id || settings.capabilities.revokesForeign
        guard holders[client] != nil || isOurs else { return Self.noCredentials(client) }
        return await grantManagers.end(
            providerGrantID,
            at: url,
            as: holders[client] != nil ? client : settings.client.id
        )
    }

    private static func noCredentials(_ client: ClientID) -> RevocationAnswer {
        .refused(
            why: "no-credentials",
            detail: "the credentials of client '\(client)' are not configured, and our own client "
                + "does not revoke for others; add it to clients"
        )
    }

    // MARK: ProviderPressure

    package var inFlight: Int { wire.inFlight.inFlight }
    package var width: Int { wire.inFlight.width }

    package func canRevoke(for client: ClientID) -> Bool {
        revoker(for: client) != nil
    }

    /// RFC 7009 §2.1: a token is revoked by the client it was issued to, unless the server says otherwise.
    private func revoker(for client: ClientID) -> (any ClientCredentials)? {
        if let holder = holders[client] { return holder.credentials }
        return client == settings.client.id || settings.capabilities.revokesForeign ? own : nil
    }

    /// The parameters that RFC 7662 §2.1 and RFC 7009 §2.1 have in common.
    ///
    /// nil: without the hint.
    static func form(_ token: Secret, _ kind: TokenKind? = nil) -> FormBody {
        var form = FormBody()
        form.append("token", token)
        if let kind { form.append("token_type_hint", kind.rawValue) }
        return form
    }

    /// A bearer token opens no token endpoint; the secret behind an obtained one does.
    private static func tokenEndpointCredentials(
        _ client: ClientSettings,
        reader: SecretReader
    ) -> any ClientCredentials {
        guard client.authentication == .bearer else {
            return StoredSecret(client, as: client.authentication, reader: reader)
        }
        guard client.bearerGrant != nil else { return NoCredentials(client: client.id) }
        return StoredSecret(client, as: .clientSecretBasic, reader: reader)
    }

    /// 256 random bits in hexadecimal.
    package static func randomToken() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret(
            (0..<4).map { _ in
                let digits = String(generator.next() as UInt64, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        )
    }
}
