import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Synchronization

/// The day on which the tests begin.
let start = Timestamp(milliseconds: 1_795_478_400_000)

/// A clock that a test moves.
final class HandClock: WallClock {
    private let time = Mutex(start)
    func now() -> Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
    func set(_ instant: Timestamp) { time.withLock { $0 = instant } }
}

/// A real store in a folder of its own, with a scripted provider, recording sinks and a clock by hand.
final class Rig {
    let folder = TemporaryFolder()
    let clock: HandClock
    let store: SQLiteGrantStore
    let provider = ScriptedProvider()
    let sink = RecordingSink("told", notifies: true, enforces: true)
    /// Beside ``provider``.
    var otherProviders: [ScriptedProvider] = []
    var settings = RotationSettings()
    var ownTokens: [Secret] = []
    var scopePolicies = ScopePolicies.none
    var blackouts = BlackoutCalendar.none
    /// Told between batches.
    var progress: @Sendable (RotationEnvironment.Progress) -> Void = { _ in }

    init(clock: HandClock = HandClock()) async throws {
        self.clock = clock
        let ids = Counter()
        store = try await .open(
            path: folder.file("grants.sqlite"),
            keyring: Keyring(parsing: Secret(String(repeating: "A", count: 43) + "="))
        ) { "id-\(ids.next())" }
        settings.policy.mode = .enforce
        settings.policy.defaults.notice = .zero
        settings.providers = [provider.settings]
        settings.clients = [ClientSettings(id: "portal", provider: "idp", secret: .file("none"))]
        settings.tenants = [TenantSettings(id: "acme", party: .supplier)]
        settings.sinks = [sink.settings]
    }

    var environment: RotationEnvironment {
        RotationEnvironment(
            store: store,
            settings: settings,
            providers: Dictionary(uniqueKeysWithValues: ([provider] + otherProviders).map { ($0.settings.id, $0) }),
            sinks: [sink],
            blackouts: blackouts,
            clock: clock,
            actor: Actor(kind: .person, user: "alice"),
            scopePolicies: scopePolicies,
            ownTokens: ownTokens,
            progress: progress
        )
    }

    // MARK: Grants

    /// Adds grants in one transaction, each with its own refresh token, and returns their rows.
    @discardableResult
    func add(_ grants: [Grant], family: String? = nil, hasToken: Bool = true) async throws -> [Int64] {
        let now = clock.now()
        return try await store.write { writing in
            try grants.map { given in
                var grant = given
                if let family { grant.family = try writing.family(named: family, at: grant.key.provider) }
                let token = Secret("rt-\(grant.key.id)")
                let stored = try writing.insert(grant, tokens: hasToken ? [.refreshToken: token] : [:], at: now)
                return stored.row
            }
        }
    }

    /// Adds one grant with these tokens and returns its row.
    @discardableResult
    func add(_ grant: Grant, tokens: [TokenKind: Secret]) async throws -> Int64 {
        let now = clock.now()
        return try await store.write { try $0.insert(grant, tokens: tokens, at: now).row }
    }

    /// Changes what is stored of a grant, past all rules.
    func change(_ id: String, _ change: @escaping @Sendable (inout StoredGrant) -> Void) async throws {
        try await store.write { writing in
            guard var stored = try writing.grant(.init(provider: "idp", id: id)) else { return }
            change(&stored)
            try writing.saveRecord(stored)
            try writing.save(stored)
        }
    }

    func tokens(_ id: String) async throws -> [TokenKind: Secret] {
        try await store.read { reading in
            try reading.grant(.init(provider: "idp", id: id)).map { try reading.tokens(of: $0.row) } ?? [:]
        }
    }

    func grant(_ id: String) async throws -> StoredGrant? {
        try await store.read { try $0.grant(.init(provider: "idp", id: id)) }
    }

    func standings() async throws -> [String: Standing] {
        try await store.read { reading in
            var standings: [String: Standing] = [:]
            try reading.forEach(.all, in: GrantSelection()) { standings[$0.grant.key.id] = $0.grant.standing }
            return standings
        }
    }

    // MARK: Jobs

    func plan(full: Bool = true, selection: GrantSelection = GrantSelection()) async throws -> (ExpiryPlan, ExpiryJob) {
        let job = ExpiryJob(environment, selection: selection, isFull: full)
        return (try await job.plan(), job)
    }

    @discardableResult
    func apply(_ plan: ExpiryPlan, _ job: ExpiryJob, approving hash: String? = nil) async throws -> ExpiryJob.Applied {
        try await locked(ExpiryJob.name) { lock, run in
            try await job.apply(plan, run: run, lock: lock, approving: hash)
        }
    }

    /// What a run looks at before it plans.
    func prepare() async throws {
        let job = ExpiryJob(environment, selection: GrantSelection(), isFull: false)
        try await locked(ExpiryJob.name) { lock, run in try await job.prepare(run: run, lock: lock) }
    }

    @discardableResult
    func rotate(full: Bool = true) async throws -> (plan: ExpiryPlan, applied: ExpiryJob.Applied) {
        try await prepare()
        let (plan, job) = try await plan(full: full)
        return (plan, try await apply(plan, job))
    }

    func revoke() async throws -> RevocationJob.Report {
        let environment = environment
        return try await locked(RevocationJob.name) { lock, run in
            try await RevocationJob(environment, selection: GrantSelection(), run: run, lock: lock) {
                ScriptedProvider.madeUp
            }.perform()
        }
    }

    /// Orders ends by hand; the queue is worked apart.
    @discardableResult
    func order(_ ids: String..., options: OrderOptions = OrderOptions()) async throws -> Set<Int64> {
        let order = RevocationByHand(environment)
        let forecast = try await order.forecast(
            ids.map { .init(provider: "idp", id: $0) },
            nil,
            takesAlong: false,
            options: options
        )
        return try await order.execute(forecast, reason: "left", reference: nil, run: 1, options: options)
    }

    func revalidate(
        _ scope: RevalidationJob.Scope = .all(GrantSelection()),
        budget: QuestionBudget? = nil
    ) async throws -> VerdictReport {
        let environment = environment
        return try await locked(RevalidationJob.name) { lock, run in
            try await RevalidationJob(environment, scope: scope, run: run, lock: lock, budget: budget) {
                ScriptedProvider.madeUp
            }.perform()
        }
    }

    @discardableResult
    func deliver(_ sinks: [any EventSink]? = nil) async throws -> [DeliveryJob.Line] {
        var environment = environment
        if let sinks { environment.sinks = sinks }
        let fixed = environment
        return try await locked(DeliveryJob.name) { lock, _ in try await DeliveryJob(fixed, lock: lock).perform() }
    }

    private func locked<Result>(_ job: String, _ body: (JobLock, Int64) async throws -> Result) async throws -> Result {
        let (actor, now) = (environment.actor, clock.now())
        let lock = try await store.lock(job, owner: actor, at: now)
        let run = try await store.write { try $0.beginRun(job: job, actor: actor, at: now) }
        let result = try await body(lock, run)
        try await store.unlock(lock)
        return result
    }

    @discardableResult
    func ingest(_ lines: String...) async throws -> UsageIngest.Report {
        folder.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "usage.ndjson")
        let descriptor = open(folder.file("usage.ndjson"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await UsageIngest(environment).perform(descriptor: descriptor)
    }

    func importing(_ lines: String..., takesShortLived: Bool = false) async throws -> GrantImport.Report {
        folder.write(Array(lines.joined(separator: "\n").utf8), to: "grants.ndjson")
        let descriptor = open(folder.file("grants.ndjson"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await GrantImport(environment, skipsBad: false, takesShortLived: takesShortLived)
            .perform(descriptor: descriptor, isFile: true)
    }

    /// The types of all journal entries from one on.
    func events(after seq: Int64 = 0) async throws -> [String] {
        try await store.read { try $0.journal(after: seq, limit: 10_000) }.map { try OutgoingEvent($0).type }
    }
}

/// Numbers from 1.
final class Counter: Sendable {
    private let number = Atomic(0)
    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}

/// A grant a year old, observed all the time, and last used `idle` days ago.
func idleGrant(
    _ id: String,
    idle: Int64 = 200,
    at now: Timestamp = start,
    _ change: (inout Grant) -> Void = { _ in }
) -> Grant {
    var grant = Grant(
        key: .init(provider: "idp", id: id),
        tenant: "acme",
        client: "portal",
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: now - .days(365)
    )
    grant.observedFrom = now - .days(365)
    grant.observedUntil = now
    grant.lastUsedAt = now - .days(idle)
    change(&grant)
    return grant
}

/// A provider that answers as a test says; everything it does not know is active.
final class ScriptedProvider: ProviderClient {
    static let madeUp = Secret("made-up")
    static let canary = Secret("canary")

    private struct State {
        var settings: ProviderSettings
        var inactive: Set<Secret> = [ScriptedProvider.madeUp]
        var unknown: [Secret: UnknownReason] = [:]
        var revocation: RevocationAnswer = .accepted
        var revocations: @Sendable (Secret) -> RevocationAnswer? = { _ in nil }
        var beforeRevoking: @Sendable (Secret) async -> Void = { _ in }
        var grantManagement: RevocationAnswer?
        var keepsRevoked = false
        var canRevoke = true
        var asked = 0
        var revoked: [Secret] = []
        var canaries = [CanaryToken(kind: .refreshToken, isOwnClient: false, token: ScriptedProvider.canary)]
        var script: @Sendable (Secret) -> IntrospectionAnswer.Outcome? = { _ in nil }
        var meanwhile: @Sendable (Secret) async -> Void = { _ in }
        var refusal: @Sendable (Secret) -> IntrospectionAnswer? = { _ in nil }
        var questions: [Secret] = []
        var date: @Sendable () -> Timestamp? = { nil }
        var namesRevocationEndpoint: Bool? = true
        var looks = 0
    }

    private let state: Mutex<State>

    init(id: ProviderID = "idp") {
        var settings = ProviderSettings(
            id: id,
            issuer: "https://\(id).example",
            client: ClientSettings(id: "grantkeeper", provider: id, secret: .file("none"))
        )
        settings.capabilities.rotatesRefreshTokens = false
        // It bears no Date unless a test says which.
        settings.clock = .trusted
        // Its canary speaks for all grants from the first answer on.
        settings.accessTokenLifetime = .zero
        state = Mutex(State(settings: settings))
    }

    var settings: ProviderSettings { state.withLock { $0.settings } }
    var asked: Int { state.withLock { $0.asked } }
    /// In the order in which they came.
    var questions: [Secret] { state.withLock { $0.questions } }
    /// Whole answers, before any other script.
    func refuse(_ refusal: @escaping @Sendable (Secret) -> IntrospectionAnswer?) {
        state.withLock { $0.refusal = refusal }
    }
    /// Changes the settings; give them to the rig again.
    func configure(_ change: (inout ProviderSettings) -> Void) { state.withLock { change(&$0.settings) } }
    var revoked: [Secret] { state.withLock { $0.revoked } }

    func forget(_ ids: String...) { state.withLock { $0.inactive.formUnion(ids.map { Secret("rt-\($0)") }) } }
    func silence(_ id: String, _ why: UnknownReason) { state.withLock { $0.unknown[Secret("rt-\(id)")] = why } }
    func answerRevocations(_ answer: RevocationAnswer) { state.withLock { $0.revocation = answer } }
    /// What it answers to the revocation of a token, to which nothing happens then; nil: as to all others.
    func answerRevocations(_ script: @escaping @Sendable (Secret) -> RevocationAnswer?) {
        state.withLock { $0.revocations = script }
    }
    /// What happens elsewhere before a revocation is answered.
    func beforeRevoking(_ body: @escaping @Sendable (Secret) async -> Void) {
        state.withLock { $0.beforeRevoking = body }
    }
    /// It has a grant-management endpoint, which says so.
    func manageGrants(_ answer: RevocationAnswer) { state.withLock { $0.grantManagement = answer } }
    func kill(_ tokens: Secret...) { state.withLock { $0.inactive.formUnion(tokens) } }
    func isRevoked(_ token: Secret) -> Bool { state.withLock { $0.revoked.contains(token) } }
    func use(_ canaries: [CanaryToken]) { state.withLock { $0.canaries = canaries } }
    /// What it answers where the script gives an outcome; it is asked for each question.
    func answer(_ script: @escaping @Sendable (Secret) -> IntrospectionAnswer.Outcome?) {
        state.withLock { $0.script = script }
    }
    /// What happens elsewhere while a question is on the wire.
    func meanwhile(_ body: @escaping @Sendable (Secret) async -> Void) { state.withLock { $0.meanwhile = body } }
    /// What its answers' `Date` says.
    func dateAnswers(_ date: @escaping @Sendable () -> Timestamp) { state.withLock { $0.date = date } }
    /// Says yes and does nothing, as servers do with tokens of other clients.
    func lie() { state.withLock { $0.keepsRevoked = true } }

    /// What its metadata says.
    func name(revocationEndpoint: Bool?) { state.withLock { $0.namesRevocationEndpoint = revocationEndpoint } }
    /// How often somebody looked at the server itself.
    var looks: Int { state.withLock { $0.looks } }

    func observe() async -> ServerObservation {
        state.withLock { state in
            state.looks += 1
            return ServerObservation(
                date: state.date(),
                namesRevocationEndpoint: state.namesRevocationEndpoint
            )
        }
    }

    func introspect(_ token: Secret, kind: TokenKind) async -> IntrospectionAnswer {
        let (meanwhile, script) = state.withLock { ($0.meanwhile, $0.script) }
        state.withLock { $0.questions.append(token) }
        await meanwhile(token)
        let outcome = script(token)
        return state.withLock { state in
            state.asked += 1
            if let refusal = state.refusal(token) { return refusal }
            let known: IntrospectionAnswer.Outcome = state.inactive.contains(token) ? .inactive : .active(TokenFacts())
            let answer = outcome ?? state.unknown[token].map { .unknown($0) } ?? known
            return IntrospectionAnswer(answer, serverDate: state.date())
        }
    }

    func introspect(
        _ questions: [TokenQuestion],
        until isEnough: @escaping @Sendable (IntrospectionAnswer) -> Bool
    ) async -> [IntrospectionAnswer?] {
        let width = settings.limits.inFlight
        return await withTaskGroup(of: (Int, IntrospectionAnswer).self) { group in
            var answers = [IntrospectionAnswer?](repeating: nil, count: questions.count)
            var (next, isOver) = (0, false)
            func begin() {
                guard next < questions.count, !isOver else { return }
                let (index, question) = (next, questions[next])
                next += 1
                group.addTask { (index, await self.introspect(question.token, kind: question.kind)) }
            }
            for _ in 0..<width { begin() }
            while let (index, answer) = await group.next() {
                answers[index] = answer
                if isEnough(answer) { isOver = true }
                begin()
            }
            return answers
        }
    }

    func canaries() async -> [CanaryToken] { state.withLock { $0.canaries } }

    func revoke(_ token: Secret, kind: TokenKind, of client: ClientID) async -> RevocationAnswer {
        let (script, before) = state.withLock { ($0.revocations, $0.beforeRevoking) }
        await before(token)
        let scripted = script(token)
        return state.withLock { state in
            if let scripted {
                state.revoked.append(token)
                return scripted
            }
            guard case .accepted = state.revocation else { return state.revocation }
            state.revoked.append(token)
            if !state.keepsRevoked { state.inactive.insert(token) }
            return .accepted
        }
    }

    func endGrant(_ providerGrantID: String, of client: ClientID) async -> RevocationAnswer? {
        state.withLock { state in
            guard let answer = state.grantManagement else { return nil }
            state.revoked.append(Secret("grant \(providerGrantID)"))
            return answer
        }
    }

    func canRevoke(for client: ClientID) -> Bool { state.withLock { $0.canRevoke } }
}

/// Remembers what it took; fails as often as it is told to, after it has taken.
final class RecordingSink: EventSink {
    private struct State {
        var taken: [[OutgoingEvent]] = []
        var failures = 0
    }

    let settings: SinkSettings
    private let state = Mutex(State())

    init(_ id: String, notifies: Bool = false, enforces: Bool = false) {
        var settings = SinkSettings(id: id, kind: .file(path: "none"))
        settings.notifies = notifies
        settings.enforces = enforces
        self.settings = settings
    }

    var batches: [[OutgoingEvent]] { state.withLock { $0.taken } }
    func fail(times: Int) { state.withLock { $0.failures = times } }

    func deliver(_ events: [OutgoingEvent]) async throws(SinkError) {
        let fails = state.withLock { state in
            state.taken.append(events)
            state.failures -= 1
            return state.failures >= 0
        }
        if fails { throw SinkError("no receiver") }
    }
}
