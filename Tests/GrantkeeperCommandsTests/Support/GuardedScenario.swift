import Glibc
import Grants
import GrantsTestSupport
import Testing

/// A scenario with the restore guard on, its file in a folder of its own.
struct GuardedScenario {
    static let name = "high-water"

    let scenario: Scenario
    let folder: TemporaryFolder

    /// A notice of 2 days, and owners who are told.
    static func with(
        _ configure: (inout Setup) -> Void = { _ in },
        _ body: (GuardedScenario) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        try await withScenario {
            $0.feeds = [Setup.gateway]
            $0.sinks = [Setup.owners]
            $0.policy["notice"] = "2d"
            $0.highWater = folder.file(name)
            configure(&$0)
        } _: { scenario in
            try await body(GuardedScenario(scenario: scenario, folder: folder))
        }
    }

    /// i-1 was announced 3 days ago: the next run ends it.
    static func withNoticeOver(
        _ configure: (inout Setup) -> Void = { _ in },
        _ body: (GuardedScenario) async throws -> Void
    ) async throws {
        try await with(configure) { guarded in
            try await guarded.scenario.grants([.idle("i-1")] + (1...10).map { .used("u-\($0)") })
            for _ in 0..<2 {
                try await guarded.day()
                guarded.scenario.advance(.days(1))
            }
            #expect(try await guarded.scenario.standing("i-1") == "noticed")
            guarded.scenario.advance(.days(1))
            try await guarded.observe()
            try await body(guarded)
        }
    }

    /// Everything that can be seen until now is seen.
    func observe() async throws { try await scenario.ingest(["u-1"], observedUntil: scenario.now) }

    /// What a day brings: the usage log and a run.
    @discardableResult
    func day(statuses: Set<Int32> = [0]) async throws -> Int32 {
        try await observe()
        let outcome = await scenario.run("rotate", "--json")
        #expect(statuses.contains(outcome.status), "\(outcome.status) \(outcome.errors)")
        return outcome.status
    }

    // MARK: The mark

    /// nil: there is no such file, or it is none.
    var markBytes: [UInt8]? {
        var status = stat()
        guard lstat(folder.file(Self.name), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return folder.bytes(Self.name)
    }

    func mark(at location: SourceLocation = #_sourceLocation) throws -> HighWaterMark {
        try HighWaterMark(json: try #require(markBytes, sourceLocation: location))
    }

    func change(_ change: (inout HighWaterMark) -> Void) throws {
        var mark = try mark()
        change(&mark)
        folder.write(mark.json, to: Self.name)
    }

    func removeMark() {
        _ = remove(folder.file(Self.name))
    }

    // MARK: The store's files

    struct Copy { var main: [UInt8]?, log: [UInt8]? }

    func copy() -> Copy {
        Copy(main: scenario.bytes("grants.sqlite"), log: scenario.bytes("grants.sqlite-wal"))
    }

    /// Puts files in the place of the store's, as a restore does.
    func restore(_ copy: Copy) throws {
        for file in ["grants.sqlite", "grants.sqlite-wal", "grants.sqlite-shm"] { unlink(scenario.path(file)) }
        if let main = copy.main { try scenario.write("grants.sqlite", main) }
        if let log = copy.log { try scenario.write("grants.sqlite-wal", log) }
    }

    // MARK: Expectations

    /// The plan is shown and held, nothing ends, and it is said why: first looked at, then for good.
    func expectFrozen(_ why: String, at location: SourceLocation = #_sourceLocation) async throws {
        let (store, mark) = (scenario.storeBytes(), markBytes)
        let earlier = try await freezes().count
        let look = await scenario.run("rotate", "--dry-run", "--json")
        #expect(look.status == 2, "\(look.errors)", sourceLocation: location)
        #expect(try look.json.bool("frozen") == true, sourceLocation: location)
        #expect(try look.json.int("counts.end") == 1, sourceLocation: location)
        #expect(look.errors.contains(why), "\(look.errors)", sourceLocation: location)
        let order = await scenario.run("revoke", "i-1", "--reason", "x", "--dry-run", "--json")
        #expect(order.status == 2 && order.output.contains("--while-frozen"), sourceLocation: location)
        #expect(scenario.storeBytes() == store, sourceLocation: location)
        #expect(markBytes == mark, sourceLocation: location)
        for _ in 1...2 {
            let report = try await scenario.rotate(statuses: [2], at: location)
            #expect(report.bool("frozen") == true, sourceLocation: location)
            #expect(report.int("counts.end") == 1, sourceLocation: location)
            #expect(report.objects("held").compactMap { $0.text("why") } == ["frozen"], sourceLocation: location)
            #expect(report.int("ended.expired") == 0, sourceLocation: location)
        }
        #expect(try await scenario.standing("i-1") == "noticed", sourceLocation: location)
        #expect(try await scenario.lives("i-1") == true, sourceLocation: location)
        let said = try await freezes()
        #expect(said.count <= earlier + 1 && !said.isEmpty, sourceLocation: location)
        #expect(said.last?.hasPrefix("restored: ") == true, sourceLocation: location)
        #expect(said.last?.contains(why) == true, "\(said)", sourceLocation: location)
    }

    func freezes() async throws -> [String] {
        try await scenario.events("worker.frozen").compactMap { $0.text("reason") }
    }

    func expectThaws(at location: SourceLocation = #_sourceLocation) async throws {
        let outcome = await scenario.run("thaw", "--reason", "looked at")
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
        #expect(try mark(at: location).finding == nil, sourceLocation: location)
        let report = try await scenario.rotate(statuses: [0], at: location)
        #expect(report.bool("frozen") == false, sourceLocation: location)
    }
}
