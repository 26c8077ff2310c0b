import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// What an ingest leaves that was killed: nobody has read the rest of its input.
@Suite struct KilledIngestTests {
    private static let lines = [
        #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","grant":"g-1"}"#,
        #"{"feed":"gateway","observed_until":"2026-11-21T00:00:00Z"}"#,
        #"{"feed":"gateway","at":"2026-11-21T12:00:00Z","grant":"g-2"}"#,
        #"{"feed":"gateway","observed_until":"2026-11-22T00:00:00Z"}"#,
    ]
    private static let nextDay = [
        #"{"feed":"gateway","at":"2026-11-22T12:00:00Z","grant":"g-1"}"#,
        #"{"feed":"gateway","observed_until":"2026-11-23T00:00:00Z"}"#,
    ]

    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = ["gateway", "audit"].map { FeedSettings(id: $0, covers: [.init(provider: "idp")]) }
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        _ = try await rig.ingest(
            #"{"feed":"gateway","observed_from":"2026-08-01T00:00:00Z"}"#,
            #"{"feed":"audit","observed_from":"2026-08-01T00:00:00Z"}"#
        )
        return rig
    }

    /// The environment of a process of this number: that of one that is no more, or this one's.
    private func environment(_ rig: Rig, pid: Int32, namespace: String? = nil) async throws -> RotationEnvironment {
        let now = ProcessIdentity.current()
        var environment = rig.environment
        environment.store = try await SQLiteGrantStore.open(
            path: rig.folder.file("grants.sqlite"),
            keyring: Keyring(parsing: Secret(String(repeating: "A", count: 43) + "=")),
            identity: ProcessIdentity(
                pid: pid,
                namespace: namespace ?? now.namespace,
                start: now.start,
                boot: now.boot,
                bootMilliseconds: now.bootMilliseconds
            )
        ) { "id-\(UInt64.random(in: 0 ... .max))" }
        return environment
    }

    /// Ingests what is written to a pipe or read from a file, by a process that is gone when the body runs.
    private func killed(
        _ rig: Rig,
        _ descriptor: Int32,
        source: String,
        pid: Int32 = 2_000_000_000,
        namespace: String? = nil,
        _ body: () async throws -> Void
    ) async throws {
        var environment = try await environment(rig, pid: pid, namespace: namespace)
        let (steps, step) = AsyncStream<Void>.makeStream()
        environment.progress = { _ in step.yield() }
        let fixed = environment
        let ingest = Task { try await UsageIngest(fixed, source: source).perform(descriptor: descriptor) }
        // The first stretch has been entered, and the input is not over.
        for await _ in steps { break }
        try await body()
        ingest.cancel()
        _ = try? await ingest.value
    }

    /// A pipe that holds the lines and does not end.
    private func openPipe(_ lines: [String]) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        _ = Glibc.pipe(&ends)
        let text = Array(lines.map { $0 + "\n" }.joined().utf8)
        _ = Glibc.write(ends[1], text, text.count)
        return (ends[0], ends[1])
    }

    private func ingest(_ rig: Rig, _ lines: [String], _ name: String = "next.ndjson") async throws
        -> UsageIngest.Report
    {
        rig.folder.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: name)
        let descriptor = open(rig.folder.file(name), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await UsageIngest(rig.environment, source: name).perform(descriptor: descriptor)
    }

    private func until(_ rig: Rig) async throws -> String? {
        try await rig.store.read { try $0.feeds() }["gateway"]?.window?.until.description
    }

    @Test func `the feed of an input that a kill cut off does not move past it by the next`() async throws {
        let rig = try await rig()
        let ends = openPipe(Self.lines)
        defer { close(ends.read) }
        try await killed(rig, ends.read, source: "standard input") {
            #expect(try await until(rig) == "2026-11-20T23:00:00Z")
            let report = try await ingest(rig, Self.nextDay)
            #expect(report.stale["gateway"] != nil && report.unreadable == ["gateway"])
            let feeds = try await rig.store.read { try $0.feeds() }
            #expect(feeds["gateway"]?.window?.until.description == "2026-11-20T23:00:00Z")
            #expect(feeds["gateway"]?.firstUnreadable?.place == "standard input")
            // Once for each kill, and for its feeds only.
            #expect(feeds["gateway"]?.unreadable == 1 && feeds["audit"]?.unreadable == 0)
            _ = try await ingest(rig, Self.nextDay)
            #expect(try await rig.store.read { try $0.feeds() }["gateway"]?.unreadable == 1)
            close(ends.write)
        }
    }

    @Test(arguments: [getpid(), 2_000_000_000])
    func `an input that somebody still reads counts for nothing`(pid: Int32) async throws {
        let rig = try await rig()
        let ends = openPipe(Self.lines)
        defer { close(ends.read) }
        // What runs in another namespace cannot be seen from here: for an hour it counts as running.
        try await killed(
            rig,
            ends.read,
            source: "standard input",
            pid: pid,
            namespace: pid == getpid() ? nil : "pid:[1]"
        ) {
            let report = try await ingest(rig, Self.nextDay)
            #expect(report.moved == ["gateway"] && report.unreadable.isEmpty)
            close(ends.write)
        }
    }
}
