import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// What a line of a usage log that cannot be read does to its feed: it may be anybody's use.
@Suite struct UnreadableLineTests {
    private static let observedFrom = #"{"feed":"gateway","observed_from":"2026-08-01T00:00:00Z"}"#
    private static let good = #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","grant":"g-1"}"#
    private static let moves = #"{"feed":"gateway","observed_until":"2026-11-23T00:00:00Z"}"#

    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = ["gateway", "audit"].map { FeedSettings(id: $0, covers: [.init(provider: "idp")]) }
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        try await rig.ingest(
            Self.observedFrom,
            #"{"feed":"audit","observed_from":"2026-08-01T00:00:00Z"}"#,
            #"{"feed":"audit","at":"2026-11-10T00:00:00Z","grant":"g-1"}"#
        )
        return rig
    }

    private func ingest(_ rig: Rig, _ bytes: [UInt8], feed: String? = nil, isBackfill: Bool = false) async throws
        -> UsageIngest.Report
    {
        rig.folder.write(bytes, to: "bytes")
        let descriptor = open(rig.folder.file("bytes"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await UsageIngest(rig.environment, source: "bytes", feed: feed, isBackfill: isBackfill)
            .perform(descriptor: descriptor)
    }

    @Test(arguments: [
        // nginx's escape; a member that nobody knows; cut off; times that are none.
        #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"j\xC3\xBCrgen"}"#,
        #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","grant":"g-2","trace_id":"x"}"#,
        #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","grant":"g-"#,
        #"{"feed":"gateway","at":"0001-01-01T00:00:00Z","grant":"g-2"}"#,
        #"{"feed":"gateway","at":"1970-01-01T00:00:00Z","grant":"g-2"}"#,
        #"{"feed":"gateway","at":"2009-12-31T23:59:59Z","grant":"g-2"}"#,
        #"{"feed":"gateway","observed_until":"2031-01-01T00:00:00Z"}"#,
    ])
    func `a feed does not move past a line that cannot be read`(line: String) async throws {
        let rig = try await rig()
        let report = try await rig.ingest(line, Self.good, Self.moves)
        #expect(report.stale["gateway"] != nil && report.moved.isEmpty && report.unreadable == ["gateway"])
        let feeds = try await rig.store.read { try $0.feeds() }
        #expect(feeds["gateway"]?.window?.until.description == "2026-08-01T00:00:00Z")
        #expect(feeds["gateway"]?.unreadable == 1 && feeds["audit"]?.unreadable == 0)
        let place = try #require(feeds["gateway"]?.firstUnreadable?.place)
        #expect(place.contains("line"))
    }

    @Test func `an offset is read, and stops nothing`() async throws {
        let rig = try await rig()
        let line = #"{"feed":"gateway","at":"2026-11-20T02:00:00+02:00","grant":"g-2"}"#
        let report = try await rig.ingest(line, Self.moves)
        #expect(report.moved == ["gateway"] && report.bad == 0)
        #expect(try await rig.grant("g-2")?.grant.lastUsedAt?.description == "2026-11-20T00:00:00Z")
    }

    @Test func `bad lines of one file hold the move of the next, although the file was refused`() async throws {
        let rig = try await rig()
        let refused = try await rig.ingest(#"{"feed":"gateway","at":"#)
        #expect(refused.bad == refused.lines && refused.unreadable == ["gateway"])
        let report = try await rig.ingest(Self.good, Self.moves)
        #expect(report.stale["gateway"] != nil)
    }

    @Test func `a line whose feed cannot be read counts for every feed of its input, before it and after it`()
        async throws
    {
        let rig = try await rig()
        _ = try await rig.ingest(Self.good, "garbage")
        #expect(try await rig.store.read { try $0.feeds() }["gateway"]?.unreadable == 1)
        _ = try await rig.ingest("garbage", #"{"feed":"audit","at":"2026-11-20T00:00:00Z","grant":"g-1"}"#)
        let feeds = try await rig.store.read { try $0.feeds() }
        #expect(feeds["gateway"]?.unreadable == 1 && feeds["audit"]?.unreadable == 1)
    }

    private static let utf16 = Array((good + "\n" + good + "\n").utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    /// No newline in it: what follows is never written.
    private static let gzip: [UInt8] = [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04]

    @Test(arguments: [utf16, [0xFF, 0xFE] + utf16, gzip, Array("plain words\n".utf8)])
    func `an input that names no feed counts for every declared one, unless it is said whose it is`(bytes: [UInt8])
        async throws
    {
        let rig = try await rig()
        let report = try await ingest(rig, bytes)
        #expect(report.unreadable == ["gateway", "audit"] && report.bad == report.lines)
        let other = try await self.rig()
        let given = try await ingest(other, bytes, feed: "audit")
        #expect(given.unreadable == ["audit"])
        let feeds = try await other.store.read { try $0.feeds() }
        #expect(feeds["gateway"]?.unreadable == 0 && (feeds["audit"]?.unreadable ?? 0) > 0)
    }

    @Test func `a last line without its newline is not read yet`() async throws {
        let rig = try await rig()
        let cut = try await ingest(rig, Array((Self.good + "\n" + #"{"feed":"gateway","obs"#).utf8))
        #expect(cut.bad == 0 && cut.unfinished == 2)
        let report = try await ingest(rig, Array((Self.good + "\n" + Self.moves).utf8))
        #expect(report.moved.isEmpty && report.bad == 0 && report.unfinished == 2 && report.lines == 1)
        #expect(try await rig.store.read { try $0.feeds() }["gateway"]?.unreadable == 0)
        let whole = try await ingest(rig, Array((Self.good + "\n" + Self.moves + "\n").utf8))
        #expect(whole.moved == ["gateway"] && whole.unfinished == nil)
    }

    @Test func `a sample shows the line's shape and no value of it`() async throws {
        let rig = try await rig()
        _ = try await rig.ingest(#"{"feed":"gateway","token":"secret-token-1","secret-token-2":3,"at":"x\xC3"}"#)
        let line = try #require(try await rig.store.read { try $0.feeds() }["gateway"]?.firstUnreadable)
        #expect(line.sample == #"{"feed":"…","token":"…","…":…,"at":"…"}"#)
        #expect(!"\(line)".contains("secret"))
    }

    @Test func `a use that nobody knew before the feed's word stops the feed, and counts as use all the same`()
        async throws
    {
        let rig = try await rig()
        _ = try await rig.ingest(Self.good, Self.moves)
        let late = #"{"feed":"gateway","at":"2026-11-21T00:00:00Z","grant":"g-2"}"#
        let later = #"{"feed":"gateway","observed_until":"2026-11-23T12:00:00Z"}"#
        let report = try await rig.ingest(late, Self.good, later)
        #expect(report.stale["gateway"] != nil && report.mapped == 2)
        #expect(try await rig.grant("g-2")?.grant.lastUsedAt?.description == "2026-11-21T00:00:00Z")
        let record = try await UsageIngest(rig.environment).accept("gateway", until: nil, reason: "a late log")
        #expect(record.unreadable == 0 && record.window?.until.description == "2026-11-23T11:00:00Z")
        // Now it is known: a replay.
        let replay = try await rig.ingest(late, Self.good)
        #expect(replay.unreadable.isEmpty)
    }

    @Test func `a backfill takes uses only: it moves no feed and breaks no word`() async throws {
        let rig = try await rig()
        _ = try await rig.ingest(Self.good, Self.moves)
        let late = #"{"feed":"gateway","at":"2026-11-21T00:00:00Z","grant":"g-2"}"#
        let lines = Array((late + "\n" + #"{"feed":"gateway","observed_until":"2026-11-23T12:00:00Z"}"# + "\n").utf8)
        let report = try await ingest(rig, lines, isBackfill: true)
        #expect(report.mapped == 1 && report.moved.isEmpty && report.bad == 1 && report.unreadable.isEmpty)
        #expect(try await rig.grant("g-2")?.grant.lastUsedAt?.description == "2026-11-21T00:00:00Z")
    }

    @Test func `a finished file's last line without its newline stops the feed once another input of it comes`()
        async throws
    {
        let rig = try await rig()
        let cut = Array((Self.good + "\n" + #"{"feed":"gateway","at":"2026-11-21T00:00:00Z","grant":"g-2"}"#).utf8)
        _ = try await ingest(rig, cut)
        // Another feed's file says nothing of it.
        _ = try await rig.ingest(#"{"feed":"audit","at":"2026-11-20T00:00:00Z","grant":"g-1"}"#)
        #expect(try await rig.store.read { try $0.feeds() }["gateway"]?.unreadable == 0)
        let report = try await rig.ingest(Self.good, Self.moves)
        #expect(report.stale["gateway"] != nil && report.unreadable == ["gateway"])
        let first = try #require(try await rig.store.read { try $0.feeds() }["gateway"]?.firstUnreadable)
        #expect(first.place == "bytes, line 2" && first.problem.contains("newline"))
    }

    @Test func `a growing file's last line holds nothing, as often as it is read before it is complete`() async throws {
        let rig = try await rig()
        let lines = [Self.good, #"{"feed":"gateway","at":"2026-11-21T00:00:00Z","grant":"g-2"}"#, Self.moves]
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        for end in stride(from: 20, to: text.count, by: 16) {
            #expect(try await ingest(rig, Array(text.prefix(end))).unfinished != nil)
        }
        let report = try await ingest(rig, text)
        #expect(report.moved == ["gateway"] && report.unreadable.isEmpty && report.unfinished == nil)
    }
}
