import FoundationEssentials
import Glibc
import GrantsTestSupport
import Subprocess
import Testing

/// The built worker as a process, beside no server: what it prints, starts and heeds.
@Suite("The worker as a process", .serialized, .timeLimit(.minutes(15)))
struct WorkerProcessTests {
    private static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
    private static let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    /// What must be found nowhere: each is given in another way.
    private static let marks = [
        key, "ENVSECRETMARK", "FILESECRETMARK", "CREDENTIALSECRETMARK", "CANARYSECRETMARK", "UNRELATEDVARIABLEMARK",
    ]

    private func keeper(sinks: String = "") throws -> Keeper {
        let keeper = try Keeper(KeeperSettings(issuer: "http://127.0.0.1:9"))
        let yaml = """
            store: { sqlite: grants.sqlite, key: { env: GRANTKEEPER_TEST_KEY } }
            providers:
              - id: idp
                issuer: http://127.0.0.1:9
                client: { id: grantkeeper, secret: { env: GRANTKEEPER_TEST_SECRET } }
                canaries: [{ kind: access_token, client: canary-client, token: { file: canary.token } }]
            clients:
              - { id: by-file, provider: idp, secret: { file: keeper.secret } }
              - { id: by-credential, provider: idp, secret: { credential: client } }
            metrics: { listen: 127.0.0.1:0 }
            rotation: { mode: enforce, default: { notice: 0s } }
            \(sinks)

            """
        try keeper.write(yaml, to: "grantkeeper.yaml")
        try keeper.write("FILESECRETMARK", to: "keeper.secret")
        try keeper.write("CREDENTIALSECRETMARK", to: "client")
        try keeper.write("CANARYSECRETMARK", to: "canary.token")
        return keeper
    }

    private func variables(_ keeper: Keeper) -> [String: String] {
        [
            "NOTIFY_SOCKET": keeper.path("notify"), "GRANTKEEPER_TEST_KEY": Self.key,
            "GRANTKEEPER_TEST_SECRET": "ENVSECRETMARK", "CREDENTIALS_DIRECTORY": keeper.folder,
            "UNRELATED": "UNRELATEDVARIABLEMARK", "SSLKEYLOGFILE": keeper.path("keys.log"),
        ]
    }

    /// Starts a worker, and sends it the signal as soon as it is ready.
    private func worker(
        _ keeper: Keeper,
        _ arguments: [String] = [],
        signal: Signal = .terminate,
        whenReady: (NotifySocket) async throws -> Void = { _ in }
    ) async throws -> Keeper.Outcome {
        let manager = NotifySocket(keeper.path("notify"))
        defer { unlink(keeper.path("notify")) }
        return try await keeper.start(["worker"] + arguments, environment: variables(keeper)) { child in
            #expect(await manager.first { $0.hasPrefix("READY=1") } != nil)
            try await whenReady(manager)
            try child.send(signal: signal)
        }
    }

    @Test(arguments: ["text", "json"])
    func `no log level prints a secret, whether it is given by env, file or credential`(format: String) async throws {
        let keeper = try keeper()
        defer { keeper.remove() }
        for level in Self.levels {
            let ended = try await worker(keeper, ["--log-level", level, "--log-format", format])
            #expect(ended.status == 0, "\(level): \(ended.errors)")
            #expect(level != "debug" || ended.errors.contains("Starting service lifecycle"))
            for mark in Self.marks {
                #expect(!ended.errors.contains(mark) && !ended.output.contains(mark), "\(level): \(mark)")
            }
        }
    }

    @Test(arguments: [SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGQUIT])
    func `a fatal signal from outside ends the worker at once, and nothing of its memory is printed`(
        number: Int32
    ) async throws {
        let keeper = try keeper()
        defer { keeper.remove() }
        let ended = try await worker(keeper, signal: Signal(rawValue: number))
        #expect(ended.termination == .signaled(number))
        #expect(!ended.errors.contains("Backtrace"))
        for mark in Self.marks { #expect(!ended.errors.contains(mark)) }
    }

    @Test func `a program that a sink starts gets few variables, and those that the sink lists, but no key log`()
        async throws
    {
        let sink = "{ id: env, type: exec, command: [/bin/sh, -c, \"cat >/dev/null; env >$HOME/env\"]"
        let keeper = try keeper(sinks: "sinks: [\(sink), environment: [GRANTKEEPER_TEST_SECRET, SSLKEYLOGFILE] }]")
        defer { keeper.remove() }
        try keeper.write(
            #"{"id":"g-1","provider":"idp","tenant":"acme","client":"by-file","scopes":["a"],"#
                + #""issued_at":"2026-01-01T00:00:00Z"}"# + "\n",
            to: "grants.ndjson"
        )
        var variables = variables(keeper)
        variables["HOME"] = keeper.folder
        for command in [["grants", "import", keeper.path("grants.ndjson")], ["events", "deliver"]] {
            let outcome = try await keeper.start(command, environment: variables) { _ in }
            #expect(outcome.status == 0 || outcome.status == 2, "\(command): \(outcome.errors)")
        }
        let lines = String(decoding: try #require(keeper.bytes("env")), as: UTF8.self).split(separator: "\n")
        let names = Set(lines.map { String($0.prefix { $0 != "=" }) })
        // The shell adds the last three by itself.
        let known: Set = ["PATH", "LANG", "HOME", "TZ", "GRANTKEEPER_TEST_SECRET", "PWD", "SHLVL", "_", "OLDPWD"]
        #expect(names.subtracting(known) == [])
        #expect(names.isSuperset(of: ["PATH", "HOME", "GRANTKEEPER_TEST_SECRET"]))
    }

    @Test func `a pipe that a file sink names neither takes events nor keeps the worker from ending`() async throws {
        let keeper = try keeper(sinks: "sinks: [{ id: pipe, type: file, path: events.pipe }]")
        defer { keeper.remove() }
        try #require(mkfifo(keeper.path("events.pipe"), 0o600) == 0)
        try keeper.write(
            #"{"id":"g-1","provider":"idp","tenant":"acme","client":"by-file","scopes":["a"],"#
                + #""issued_at":"2026-01-01T00:00:00Z"}"# + "\n",
            to: "grants.ndjson"
        )
        let imported = try await keeper.start(
            ["grants", "import", keeper.path("grants.ndjson")],
            environment: variables(keeper)
        ) { _ in }
        #expect(imported.status == 0 || imported.status == 2, "\(imported.errors)")
        let delivered = try await keeper.start(["events", "deliver"], environment: variables(keeper)) { _ in }
        #expect(delivered.status == 2)
        #expect((delivered.output + delivered.errors).contains("is a pipe or a socket"))
        #expect(try await worker(keeper).status == 0)
    }
}
