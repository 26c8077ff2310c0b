import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// What a usage log changes.
@Suite struct UsageTests {
    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        return rig
    }

    @Test func `a use in the future counts as now, and the last use never moves back`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.ingest(#"{"feed":"gateway","at":"2031-01-01T00:00:00Z","grant":"g-1"}"#)
        var used = try await rig.grant("g-1")?.grant.lastUsedAt
        #expect(used == start)
        try await rig.ingest(#"{"feed":"gateway","at":"2026-01-01T00:00:00Z","grant":"g-1"}"#)
        used = try await rig.grant("g-1")?.grant.lastUsedAt
        #expect(used == start)
    }

    @Test func `a use dated too early because our clock is behind ends nothing once it is set right`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1", idle: 80), idleGrant("g-2", idle: 1)])
        try await rig.ingest(#"{"feed":"gateway","observed_from":"2026-01-01T00:00:00Z"}"#)
        let use = #"{"feed":"gateway","at":"2027-01-05T00:00:00Z","grant":"g-1"}"#
        let report = try await rig.ingest(use)
        #expect(report.unreadable == ["gateway"])
        rig.clock.set(start + .days(131))
        let word = [
            #"{"feed":"gateway","at":"2027-04-03T00:00:00Z","grant":"g-2"}"#,
            #"{"feed":"gateway","observed_until":"2027-04-04T00:00:00Z"}"#,
        ].joined(separator: "\n")
        let moved = try await rig.ingest(word)
        #expect(moved.moved.isEmpty && moved.stale["gateway"] != nil)
        try await rig.rotate()
        #expect(try await rig.grant("g-1")?.grant.standing == .active)
        // The input of those days is read once more, and a person vouches for the feed.
        rig.folder.write(Array((use + "\n").utf8), to: "again")
        let descriptor = open(rig.folder.file("again"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        _ = try await UsageIngest(rig.environment, isBackfill: true).perform(descriptor: descriptor)
        _ = try await UsageIngest(rig.environment).accept("gateway", until: nil, reason: "read once more")
        try await rig.rotate()
        let grant = try await rig.grant("g-1")?.grant
        #expect(grant?.standing == .active && grant?.lastUsedAt?.description == "2027-01-05T00:00:00Z")
    }

    @Test(arguments: [
        #""grant":"g-1""#, #""grant":"g-1","provider":"idp""#, #""token":"rt-g-1""#,
        #""client":"portal","subject":"u-1""#, #""client":"portal","subject":"u-1","provider":"idp""#,
    ])
    func `a use finds its grant however it names it`(name: String) async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }])
        let report = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-24T00:00:00Z",\#(name)}"#)
        #expect(report.mapped == 1 && report.unmapped == 0)
        let used = try await rig.grant("g-1")?.grant.lastUsedAt
        #expect(used == start)
    }

    /// As `tenant client scope day`.
    private func scopes(_ rig: Rig) async throws -> [String] {
        try await rig.store.read { try $0.scopeUses(in: GrantSelection()) }
            .map { "\($0.tenant) \($0.client) \($0.scope) \($0.lastUsedAt.description.prefix(10))" }
    }

    @Test(arguments: [
        #""grant":"g-1""#, #""grant":"g-1","provider":"idp""#, #""token":"rt-g-1""#,
        #""client":"portal","subject":"u-1""#, #""grant":"unknown","client":"portal","provider":"idp""#,
        #""client":"portal","subject":"nobody","provider":"idp""#,
    ])
    func `the scope of a use is kept for whose grant it was`(name: String) async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }])
        for day in ["22", "20"] {
            try await rig.ingest(
                #"{"feed":"gateway","at":"2026-11-\#(day)T00:00:00Z","scope":"order.read ticket.read",\#(name)}"#
            )
        }
        #expect(
            try await scopes(rig) == ["acme portal order.read 2026-11-22", "acme portal ticket.read 2026-11-22"]
        )
    }

    @Test(arguments: [
        // Nobody's, and no client to go by; a client of two tenants; another provider's; no scope at all.
        #""grant":"unknown","scope":"a""#, #""grant":"unknown","client":"portal","provider":"idp","scope":"a""#,
        #""grant":"unknown","client":"portal","scope":"a""#, #""grant":"g-1","provider":"other","scope":"a""#,
        #""grant":"g-1""#, #""grant":"g-1","scope":null"#, #""grant":"g-1","scope":["a"]"#,
        #""grant":"g-1","scope":"""#,
        #""grant":"g-1","scope":"\u00e9 \"""#,
    ])
    func `a scope that is nobody's or no scope is not kept, and its use counts all the same`(name: String) async throws
    {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2") { $0.tenant = "globex" }])
        let report = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-20T00:00:00Z",\#(name)}"#)
        #expect(report.bad == 0 && report.mapped + report.unmapped == 1 && report.scopesLeftOut == 0)
        #expect(try await scopes(rig).isEmpty)
    }

    @Test func `a use without a provider counts for every grant of that id`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-1") { $0.key = .init(provider: "other", id: "g-1") }])
        let report = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-24T00:00:00Z","grant":"g-1"}"#)
        #expect(report.mapped == 1)
        let uses = try await rig.store.read { reading in
            try reading.page(.all, in: GrantSelection(), after: nil, limit: 10).map(\.grant.lastUsedAt)
        }
        #expect(uses == [start, start])
        try await rig.ingest(#"{"feed":"gateway","at":"2026-11-24T00:00:00Z","grant":"g-1","provider":"nowhere"}"#)
    }

    @Test(arguments: Standing.allCases)
    func `a use counts whatever the grant's standing, and is no change of it`(standing: Standing) async throws {
        let rig = try await rig()
        let rows = try await rig.add([idleGrant("g-1")])
        if standing != .active {
            try await rig.store.write { writing in
                for step in [standing == .stuck ? Standing.revoking : nil, standing].compactMap({ $0 }) {
                    guard var stored = try writing.grant(row: rows[0]) else { return }
                    stored.grant.standing = step
                    stored.endedAt = start
                    try writing.save(stored)
                }
            }
        }
        try await rig.ingest(#"{"feed":"gateway","at":"2026-11-24T00:00:00Z","grant":"g-1"}"#)
        let stored = try await rig.grant("g-1")
        #expect(stored?.grant.lastUsedAt == start && stored?.grant.standing == standing)
    }

    @Test func `a use after the loss zeroes the count and is told`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        try await rig.add((1...10).map { idleGrant("k-\($0)", idle: 1) })
        rig.provider.forget("g-1")
        _ = try await rig.revalidate()
        let lost = try await rig.grant("g-1")?.grant.validity
        #expect(lost?.inactiveCount == 1 && lost?.inactiveSince == start)
        rig.clock.advance(by: .hours(1))
        let before = try await rig.store.read { try $0.journalHead().seq }
        try await rig.ingest(#"{"feed":"gateway","at":"\#(start + .minutes(30))","grant":"g-1"}"#)
        let validity = try await rig.grant("g-1")?.grant.validity
        #expect(validity?.inactiveCount == 0 && validity?.inactiveSince == nil)
        let events = try await rig.events(after: before)
        #expect(events == ["grant.token_stale"])
    }

    @Test(arguments: [(2, 100, "stale-tokens"), (2, 300, nil), (1, 3, nil)])
    func `more than one in a hundred used after their loss holds the provider and forgets every loss`(
        stale: Int,
        uses: Int,
        hold: String?
    ) async throws {
        let rig = try await rig()
        let ids = (0..<uses).map { "g-\(1_000 + $0)" }
        try await rig.add(ids.map { idleGrant($0) })
        for id in ids.prefix(stale) {
            try await rig.change(id) { $0.grant.validity.record(.inactive, at: start - .days(2)) }
        }
        let folder = ids.map { #"{"feed":"gateway","at":"2026-11-23T12:00:00Z","grant":"\#($0)"}"# }
        try await rig.ingest(folder.joined(separator: "\n"))
        let held = try await rig.store.read { try $0.heldProviders()["idp"]?.why }
        #expect(held == hold)
        let counted = try await rig.grant(ids[0])?.grant.validity.inactiveCount
        #expect(counted == 0)
        let told = try await rig.events().filter { $0 == "grant.token_stale" }.count
        #expect(told == stale)
    }

    @Test func `a use by client and subject finds a grant that has ended`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }])
        try await rig.change("g-1") { stored in
            stored.grant.standing = .expired
            stored.endedAt = start
        }
        let report = try await rig.ingest(
            #"{"feed":"gateway","at":"2026-11-24T00:00:00Z","client":"portal","subject":"u-1"}"#
        )
        #expect(report.mapped == 1 && report.unmapped == 0)
        let used = try await rig.grant("g-1")?.grant.lastUsedAt
        #expect(used == start)
    }

    @Test(arguments: [
        #""observed_from":"2026-01-01T00:00:00Z","observed_until":"2026-11-01T00:00:00Z""#,
        #""at":"2026-11-01T00:00:00Z","grant":"g-1","observed_until":"2026-11-01T00:00:00Z""#,
        #""at":"2026-11-01T00:00:00Z","token":"rt-g-1","observed_from":"2026-11-01T00:00:00Z""#,
        #""grant":"g-1","observed_until":"2026-11-01T00:00:00Z""#,
        #""client":"portal","subject":"u-1","observed_from":"2026-11-01T00:00:00Z""#,
    ])
    func `a line that is two things at once is neither`(members: String) async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }])
        let report = try await rig.ingest(#"{"feed":"gateway",\#(members)}"#)
        #expect(report.bad == 1 && report.mapped == 0 && report.moved.isEmpty)
        let (feeds, used) = (
            try await rig.store.read { try $0.feeds() }, try await rig.grant("g-1")?.grant.lastUsedAt
        )
        #expect(feeds["gateway"]?.window == nil && used == start - .days(200))
    }

    @Test func `a feed that nobody declared counts as use, never as observation`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-1")])
        let report = try await rig.ingest(
            #"{"feed":"stranger","at":"2026-11-24T00:00:00Z","grant":"g-1"}"#,
            #"{"feed":"stranger","observed_from":"2026-01-01T00:00:00Z"}"#,
            #"{"feed":"stranger","observed_until":"2026-11-24T00:00:00Z"}"#
        )
        #expect(report.undeclared == ["stranger"] && report.mapped == 1 && report.moved.isEmpty)
        let (feeds, used) = (
            try await rig.store.read { try $0.feeds() }, try await rig.grant("g-1")?.grant.lastUsedAt
        )
        #expect(feeds.isEmpty && used == start)
    }

    @Test(arguments: [("2026-11-24T00:04:00Z", true), ("2026-11-24T00:06:00Z", false)])
    func `a feed that begins in the next five minutes begins now`(from: String, isTaken: Bool) async throws {
        let rig = try await rig()
        _ = try await rig.ingest(#"{"feed":"gateway","observed_from":"\#(from)"}"# + "\n")
        let window = try await rig.store.read { try $0.feeds() }["gateway"]?.window
        #expect(window == (isTaken ? Window(from: start, until: start) : nil))
    }

    @Test func `nobody has observed the future`() async throws {
        let rig = try await rig()
        let report = try await rig.ingest(#"{"feed":"gateway","observed_until":"2031-01-01T00:00:00Z"}"#)
        #expect(report.bad == 1)
        let feeds = try await rig.store.read { try $0.feeds() }
        #expect(feeds["gateway"]?.window == nil)
    }

    @Test func `a feed that maps nothing stays where it is, says so once, and a person can move it`() async throws {
        let rig = try await rig()
        try await rig.ingest(#"{"feed":"gateway","observed_until":"2026-11-01T00:00:00Z"}"#)
        for day in ["02", "03"] {
            let report = try await rig.ingest(#"{"feed":"gateway","observed_until":"2026-11-\#(day)T00:00:00Z"}"#)
            #expect(report.stale["gateway"] != nil)
        }
        let events = try await rig.events()
        #expect(events == ["feed.stale"])
        let record = try await UsageIngest(rig.environment).accept("gateway", until: start, reason: "a quiet week")
        #expect(record.window?.until == start && !record.isStale)
    }

    @Test func `an outdated line of our own export changes nothing but a later use`() async throws {
        let rig = try await Rig()
        func line(_ more: String) -> String {
            #"{"id":"g-1","provider":"idp","tenant":"acme","client":"portal","scopes":["a"],"#
                + #""issued_at":"2026-01-01T00:00:00Z"\#(more)}"#
        }
        var report = try await rig.importing(line(#","role":"buyer","last_used_at":"2026-11-01T00:00:00Z""#))
        #expect(report.added == 1)
        let old = #","x_exported_at":"\#(start - .days(1))","role":"old""#
        report = try await rig.importing(line(old))
        #expect(report.outdated == 1)
        report = try await rig.importing(line(old + #","last_used_at":"2026-11-20T00:00:00Z""#))
        #expect(report.updated == 1)
        let grant = try await rig.grant("g-1")?.grant
        #expect(grant?.role == "buyer")
        #expect(grant?.lastUsedAt?.description == "2026-11-20T00:00:00Z")
    }
}
