import Testing

/// One server for all tests of the suite: it takes a second to start.
struct RunningDjango: SuiteTrait, TestScoping {
    @TaskLocal static var rig: DjangoRig?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await DjangoRig.run { rig in
            try await Self.$rig.withValue(rig) { try await function() }
        }
    }
}

extension Trait where Self == RunningDjango {
    static var runningDjango: Self { Self() }
}

/// The built program against a server that nobody here wrote.
///
/// One at a time: they count the server's requests, and share its CPU with it.
@Suite(.serialized, .runningDjango, .timeLimit(.minutes(15)))
struct RealServerTests {
    /// The server with its counts at nothing, and a fresh keeper beside it.
    static func scene(
        _ change: (inout KeeperSettings) -> Void = { _ in },
        _ body: (DjangoRig, Keeper) async throws -> Void
    ) async throws {
        let rig = try #require(RunningDjango.rig, "the rig is not running")
        try await rig.forgetRequests()
        var settings = KeeperSettings(issuer: rig.issuer)
        settings.canaryToken = try await rig.clientCredentials("canary-client", scope: "ticket.read").access
        change(&settings)
        let keeper = try Keeper(settings)
        defer { keeper.remove() }
        try await body(rig, keeper)
    }

    /// The same, with one setting of its own.
    static func scene<Value>(
        _ setting: WritableKeyPath<KeeperSettings, Value>,
        _ value: Value,
        _ body: (DjangoRig, Keeper) async throws -> Void
    ) async throws {
        let change: (inout KeeperSettings) -> Void = { $0[keyPath: setting] = value }
        try await scene(change, body)
    }
}
