import Grants
import HTTPTransport
import OAuthProvider
import Synchronization

/// A provider, the server it speaks to, its secrets and its time.
struct Scene: Sendable {
    static let issuer = "https://as.example"
    static let introspection = "https://as.example/introspect"
    static let revocation = "https://as.example/revoke"
    static let token = "https://as.example/token"
    static let ownSecret = "own-secret-5f1c"
    static let question = Secret("rt_8fK2-asked")

    let time: TestTime
    let transport: ScriptedTransport
    let provider: OAuthProvider
    let secrets: Secrets

    /// What the secret sources hold.
    final class Secrets: Sendable {
        private let values: Mutex<[SecretSource: String]>
        private let count = Mutex(0)

        init(_ values: [SecretSource: String]) { self.values = Mutex(values) }

        struct Missing: Error {}

        var reads: Int { count.withLock { $0 } }

        func set(_ source: SecretSource, _ value: String?) { values.withLock { $0[source] = value } }

        func read(_ source: SecretSource) throws -> Secret {
            count.withLock { $0 += 1 }
            guard let value = values.withLock({ $0[source] }) else { throw Missing() }
            return Secret(value)
        }
    }

    /// A closure in a box, so that the trailing closures of `init` are told apart.
    struct Sleep: Sendable {
        let body: @Sendable (Duration) async -> Void
    }

    /// Endpoints are configured unless `discovers` is set.
    init(
        discovers: Bool = false,
        clients: [ClientSettings] = [],
        secrets: [SecretSource: String] = [:],
        sleep: Sleep? = nil,
        time: TestTime = TestTime(),
        buckets: RateBuckets = RateBuckets(),
        configure: (inout ProviderSettings) -> Void = { _ in },
        _ handler: @escaping ScriptedTransport.Handler
    ) {
        let own = ClientSettings(id: "keeper", provider: "idp", secret: .file("own"))
        var settings = ProviderSettings(id: "idp", issuer: Self.issuer, client: own)
        if !discovers {
            settings.introspectionEndpoint = Self.introspection
            settings.revocationEndpoint = Self.revocation
            settings.tokenEndpoint = Self.token
        }
        configure(&settings)
        let transport = ScriptedTransport(handler)
        let holder = Secrets(secrets.merging([.file("own"): Self.ownSecret]) { given, _ in given })
        self.time = time
        self.transport = transport
        self.secrets = holder
        provider = OAuthProvider(
            settings: settings,
            clients: clients,
            transport: transport,
            clock: time,
            secrets: { try holder.read($0) },
            buckets: buckets,
            sleep: { duration in
                if let sleep { await sleep.body(duration) } else { time.sleep(duration) }
            },
            uptime: { time.uptime() },
            jitter: { 1 },
            makeUpToken: { Secret("made-up") }
        )
    }

    /// A server that gives these responses, one after the other.
    init(_ responses: [HTTPResponse], configure: (inout ProviderSettings) -> Void = { _ in }) {
        let script = Script(responses)
        self.init(configure: configure) { (_) throws(HTTPFailure) in script.next() }
    }

    func ask(_ kind: TokenKind = .refreshToken) async -> IntrospectionAnswer {
        await provider.introspect(Self.question, kind: kind)
    }
}
