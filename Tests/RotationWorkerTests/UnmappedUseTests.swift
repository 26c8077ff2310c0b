import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Uses that name no known grant hold their client's disuse, until it is known whose they are.
@Suite struct UnmappedUseTests {
    private static let unknown = #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"new"}"#
    private static let known = #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"u-1"}"#
    private static let moves = #"{"feed":"gateway","observed_until":"2026-11-23T23:00:00Z"}"#

    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }, idleGrant("g-2") { $0.client = "other" }])
        try await rig.ingest(#"{"feed":"gateway","observed_from":"2026-05-01T00:00:00Z"}"#)
        return rig
    }

    private func until(_ rig: Rig, _ client: ClientID = "portal") async throws -> String? {
        let feed = try await rig.store.read { try $0.feeds() }["gateway"]
        return feed?.window(of: client, at: "idp")?.until.description
    }

    @Test func `a use of an unknown subject holds its client and nothing else, and the feed moves`() async throws {
        let rig = try await rig()
        let report = try await rig.ingest(Self.unknown, Self.known, Self.moves)
        #expect(report.moved == ["gateway"] && report.unmapped == 1 && report.mapped == 1)
        #expect(try await until(rig) == "2026-11-19T23:59:59.999Z")
        #expect(try await until(rig, "other") == "2026-11-23T22:00:00Z")
    }

    @Test(arguments: [#""grant":"unknown""#, #""token":"unknown""#])
    func `a use that names neither a grant nor a client holds all that the feed covers`(name: String) async throws {
        let rig = try await rig()
        let lines = (0..<9).map { _ in Self.known }.joined(separator: "\n")
        _ = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-20T00:00:00Z",\#(name)}"#, lines, Self.moves)
        #expect(try await until(rig) == "2026-11-19T23:59:59.999Z")
        #expect(try await until(rig, "other") == "2026-11-19T23:59:59.999Z")
        _ = try await UsageIngest(rig.environment).accept("gateway", until: start, reason: "a scanner")
        #expect(try await until(rig, "other") == start.description)
    }

    @Test func `an import that brings what it names makes it a use and lets the client go on`() async throws {
        let rig = try await rig()
        _ = try await rig.ingest(
            Self.unknown,
            Self.known,
            #"{"feed":"gateway","at":"2026-11-20T01:00:00Z","grant":"g-9","client":"portal"}"#,
            #"{"feed":"gateway","at":"2026-11-20T02:00:00Z","token":"rt-8","client":"portal"}"#,
            Self.moves
        )
        _ = try await rig.importing(
            grantLine("g-7", #","subject":"new""#),
            grantLine("g-8", #","refresh_token":"rt-8""#),
            grantLine("g-9")
        )
        var uses: [String?] = []
        for id in ["g-7", "g-8", "g-9"] { uses.append(try await rig.grant(id)?.grant.lastUsedAt?.description) }
        #expect(uses == ["2026-11-20T00:00:00Z", "2026-11-20T02:00:00Z", "2026-11-20T01:00:00Z"])
        #expect(try await until(rig) == "2026-11-23T22:00:00Z")
    }

    @Test func `a person accepts a client's uses until an instant, and none that come later`() async throws {
        let rig = try await rig()
        _ = try await rig.ingest(
            Self.unknown,
            #"{"feed":"gateway","at":"2026-11-22T00:00:00Z","client":"portal","subject":"newer"}"#,
            Self.known,
            Self.moves
        )
        let instant = start - .days(3)
        _ = try await UsageIngest(rig.environment)
            .accept("gateway", of: "portal", until: instant, reason: "a test user")
        #expect(try await until(rig) == "2026-11-21T23:59:59.999Z")
        #expect(try await rig.events().contains("feed.accepted"))
    }

    @Test func `an ignored subject is neither use nor unmapped, and what it held is let go`() async throws {
        let rig = try await rig()
        _ = try await rig.ingest(Self.unknown, Self.known, Self.moves)
        rig.settings.feeds[0].ignoredSubjects = ["new", "u-1"]
        let line = #"{"feed":"gateway","at":"2026-11-23T00:00:00Z","client":"portal","subject":"u-1"}"#
        let report = try await rig.ingest(line)
        #expect(report.ignored == 1 && report.mapped == 0 && report.unmapped == 0)
        #expect(try await rig.grant("g-1")?.grant.lastUsedAt?.description == "2026-11-20T00:00:00Z")
        #expect(try await until(rig) == "2026-11-23T22:00:00Z")
    }

    @Test func `max_unmapped is for lines of clients that the store does not know`() async throws {
        let rig = try await rig()
        let strangers = (0..<5).map {
            #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"stranger","subject":"s-\#($0)"}"#
        }
        let users = (0..<5).map { Self.unknown.replacing("new", with: "n-\($0)") }
        var report = try await rig.ingest(Self.known, users.joined(separator: "\n"), Self.moves)
        #expect(report.moved == ["gateway"])
        report = try await rig.ingest(
            Self.known,
            strangers.joined(separator: "\n"),
            #"{"feed":"gateway","observed_until":"2026-11-23T23:30:00Z"}"#
        )
        #expect(report.stale["gateway"] != nil)
    }

    @Test func `beyond the limit a client's names are kept as one, which only a person lets go`() async throws {
        let rig = try await rig()
        let lines = (0...10_000).map { Self.unknown.replacing("new", with: "n-\($0)") }
        _ = try await rig.ingest(Self.known, lines.joined(separator: "\n"), Self.moves)
        let unmapped = try await rig.store.read { try $0.feeds() }["gateway"]?.unmappedUses
        #expect(unmapped?.map(\.names) == [10_001] && unmapped?.first?.client == "portal")
        _ = try await rig.importing(grantLine("g-7", #","subject":"n-5""#))
        #expect(try await until(rig) == "2026-11-19T23:59:59.999Z")
    }

    @Test(arguments: [("Mu\u{308}ller", "M\u{FC}ller"), ("M\u{FC}ller", "Mu\u{308}ller"), ("K", "\u{212A}")])
    func `a use also counts for the grant whose name is the same after NFC`(used: String, stored: String) async throws {
        let rig = try await rig()
        try await rig.add([idleGrant(stored) { $0.subject = stored }])
        let report = try await rig.ingest(
            #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"\#(used)"}"#,
            #"{"feed":"gateway","at":"2026-11-21T00:00:00Z","grant":"\#(used)"}"#
        )
        #expect(report.mapped == 2 && report.unmapped == 0)
        #expect(try await rig.grant(stored)?.grant.lastUsedAt?.description == "2026-11-21T00:00:00Z")
    }

    @Test func `what an unmapped use holds stays quarantined while lines of its feed come, and no longer`() async throws
    {
        let rig = try await rig()
        rig.settings.policy.defaults.quarantine = .days(30)
        try await rig.change("g-1") { stored in
            stored.grant.standing = .quarantined
            stored.grant.cause = .unused
            stored.grant.announcedAt = start - .days(10)
            stored.grant.clockFrom = start - .days(10)
        }
        _ = try await rig.ingest(
            #"{"feed":"gateway","at":"2026-11-19T00:00:00Z","client":"portal","subject":"new"}"#,
            #"{"feed":"gateway","at":"2026-11-23T00:00:00Z","grant":"g-2"}"#,
            Self.moves
        )
        // Neither a replay nor a line that cannot be read is silence.
        for line in [
            #"{"feed":"gateway","at":"2026-11-23T00:00:00Z","grant":"g-2"}"#, #"{"feed":"gateway","at":"no time"}"#,
        ] {
            try await rig.rotate()
            #expect(try await rig.grant("g-1")?.grant.standing == .quarantined)
            rig.clock.advance(by: .days(2))
            _ = try await rig.ingest(line)
        }
        rig.clock.advance(by: .days(2))
        try await rig.rotate()
        #expect(try await rig.grant("g-1")?.grant.standing == .quarantined)
        rig.clock.advance(by: .days(2))
        try await rig.rotate()
        #expect(try await rig.grant("g-1")?.grant.standing == .active)
    }
}
