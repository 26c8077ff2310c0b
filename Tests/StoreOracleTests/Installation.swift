import Glibc
import Grants
import GrantsTestSupport
import OAuthProvider
import RotationWorker
import SQLiteStore
import Synchronization

@testable import oracle

/// The product as it is installed, but for what is outside of it: a real store in a folder of its own, the real jobs
/// and the real client of an authorization server, in front of a world.
final class Installation: Sendable {
    static let other: ProviderID = "other"
    static let feed = "gateway"

    let world: World
    let events: TrueEvents
    let clock: WorldClock
    let watch: Watch
    let server: TrueServer
    let mode = ModeSwitch(.enforce)
    /// In memory: what is asked here is the order of things, not the disk's.
    private let folder = TemporaryFolder(in: "/dev/shm")
    private let watched: WatchedStore
    private let providers: [ProviderID: any ProviderClient]
    private let sink: WorldSink
    private let settings: RotationSettings

    init(_ world: World) async throws {
        self.world = world
        clock = WorldClock(world)
        events = TrueEvents(world)
        watch = Watch(world, clock)
        server = TrueServer(events, clock, watch)
        let ids = Mutex(0)
        let store = try await SQLiteGrantStore.open(
            path: folder.file("grants.sqlite"),
            keyring: Keyring(parsing: Secret(String(repeating: "A", count: 43) + "="))
        ) {
            let number = ids.withLock { number in
                number += 1
                return number
            }
            return "id-\(number)"
        }
        watched = WatchedStore(store, watch, events)
        sink = WorldSink(watch, isTold: world.isTold)
        var settings = RotationSettings()
        settings.policy.mode = .enforce
        settings.policy.defaults = world.policy
        settings.policy.totalValve = world.total
        settings.tenants = [TenantSettings(id: Core.tenant, party: .supplier)]
        settings.sinks = [sink.settings]
        if world.canRevoke {
            settings.clients = Core.clients.map {
                ClientSettings(id: $0, provider: Core.provider, secret: .file("client"))
            }
        }
        settings.providers = [Self.provider(of: world), Self.otherProvider]
        if world.hasFeed { settings.feeds = [Self.feed(of: world)] }
        self.settings = settings
        let (clock, server, clients) = (clock, server, settings.clients)
        let begins = world.begins
        let canary = { @Sendable in Secret("canary-refresh-\(Server(world: world).canaryMade(at: clock.truth))") }
        providers = Dictionary(
            uniqueKeysWithValues: settings.providers.map { provider in
                let client = OAuthProvider(
                    settings: provider,
                    clients: clients,
                    transport: server,
                    clock: clock,
                    secrets: { source in
                        switch source {
                        case .file("canary-refresh"): canary()
                        case .file("canary-access"): Secret("canary-access")
                        default: Secret("secret")
                        }
                    },
                    sleep: { clock.advance(by: $0.milliseconds) },
                    uptime: { .milliseconds(clock.truth - begins) },
                    jitter: { 1 },
                    makeUpToken: { Secret(TrueServer.madeUp) }
                )
                return (provider.id, client)
            }
        )
    }

    private static func provider(of world: World) -> ProviderSettings {
        var settings = ProviderSettings(
            id: Core.provider,
            issuer: "https://idp.example",
            client: ClientSettings(id: Core.ownClient, provider: Core.provider, secret: .file("own"))
        )
        settings.capabilities = Core.capabilities(of: world)
        settings.clock = world.clockIsTrusted ? .trusted : .checked
        // Orders one after another: at most one is on its way.
        settings.limits.inFlight = 1
        // Nobody can see that access tokens live for longer than a day, unless an answer tells or a person says so.
        if world.isOrdinary || world.tokenLifetime > Span.day {
            settings.accessTokenLifetime = .milliseconds(world.tokenLifetime)
        }
        for (kind, owner) in [(TokenKind.refreshToken, world.refreshCanary), (.accessToken, world.accessCanary)]
        where owner != .none {
            let source = kind == .refreshToken ? "canary-refresh" : "canary-access"
            settings.canaries.append(
                .init(
                    kind: kind,
                    origin: .token(.file(source)),
                    client: owner == .ours ? Core.ownClient : "another-client"
                )
            )
        }
        return settings
    }

    private static var otherProvider: ProviderSettings {
        ProviderSettings(
            id: other,
            issuer: "https://other.example",
            client: ClientSettings(id: Core.ownClient, provider: other, secret: .file("own"))
        )
    }

    private static func feed(of world: World) -> FeedSettings {
        var settings = FeedSettings(id: feed, covers: [.init(provider: Core.provider)])
        settings.late = .milliseconds(world.late)
        if world.strangersAreIgnored { settings.ignoredSubjects = (1_000..<1_005).map(World.subject) }
        return settings
    }

    /// As a command finds it: the mode and the scope documents as they are read now.
    var environment: RotationEnvironment {
        var settings = settings
        settings.policy.mode = mode.current
        return RotationEnvironment(
            store: watched,
            settings: settings,
            providers: providers,
            sinks: [sink],
            clock: clock,
            actor: Actor(kind: .person, user: "alice"),
            scopePolicies: scopePolicies,
            mode: mode
        )
    }

    // MARK: Scope documents

    /// Each grant has a role of its own, so that the documents can leave each out.
    private var scopePolicies: ScopePolicies {
        let now = clock.truth
        let outside = events.people.filter { $0.isOutside(at: now) }.map { "r-\($0.number)" }
        return ScopePolicies(present: Self.policy(leavingOut: outside)) { kept in
            Self.policy(
                leavingOut: String(decoding: kept.documents, as: UTF8.self).split(separator: " ").map(String.init)
            )
        }
    }

    private static func policy(leavingOut roles: [String]) -> ScopePolicy {
        let words = roles.joined(separator: " ")
        return ScopePolicy(hash: "without \(words)", revision: "without \(words)", documents: Array(words.utf8)) {
            roles.contains($0.role ?? "-") ? .outside(["ticket.read"]) : .allowed
        }
    }

    // MARK: Jobs

    func ingest(_ bytes: [UInt8], isBackfill: Bool = false) async throws -> UsageIngest.Report {
        let descriptor = file(bytes)
        defer { close(descriptor) }
        return try await UsageIngest(environment, source: "the log", isBackfill: isBackfill)
            .perform(descriptor: descriptor)
    }

    func importing(_ lines: [String]) async throws -> GrantImport.Report {
        let descriptor = file(Array(lines.map { $0 + "\n" }.joined().utf8))
        defer { close(descriptor) }
        return try await GrantImport(environment, skipsBad: false, takesShortLived: true)
            .perform(descriptor: descriptor, isFile: true)
    }

    private func file(_ bytes: [UInt8]) -> Int32 {
        folder.write(bytes, to: "input")
        return open(folder.file("input"), O_RDONLY | O_CLOEXEC)
    }

    func locked<Result>(_ job: String, _ body: (JobLock, Int64) async throws -> Result) async throws -> Result {
        let (lock, run) = try await begin(job)
        let result = try await body(lock, run)
        try await end(lock)
        return result
    }

    func begin(_ job: String) async throws -> (JobLock, Int64) {
        let (actor, now) = (environment.actor, clock.now())
        let lock = try await watched.lock(job, owner: actor, at: now)
        return (lock, try await watched.write { try $0.beginRun(job: job, actor: actor, at: now) })
    }

    func end(_ lock: JobLock) async throws { try await watched.unlock(lock) }

    func everything() async throws -> [Stored] {
        let people = events.people
        let (grants, tokens) = try await watched.read { try $0.everything() }
        let (recordedAt, toldAt) = watch.with { ($0.recordedAt, $0.toldAt) }
        return grants.compactMap { stored in
            Truth.stored(
                stored,
                tokens[stored.row] ?? [:],
                people,
                recordedAt: recordedAt[stored.grant.key.id] ?? world.begins,
                toldAt: toldAt[stored.grant.key.id]
            )
        }
    }
}
