import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Life after an end is never dropped.
@Suite struct NewLifeTests {
    private func rig(cause: Rule = .unused) async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        try await rig.add([idleGrant("g-1") { $0.subject = "u-1" }])
        try await rig.change("g-1") { stored in
            stored.grant.standing = .revoked
            stored.grant.cause = cause
            stored.endedAt = start - .days(2)
        }
        return rig
    }

    @Test(arguments: [Rule.unused, .byHand])
    func `a record with a token that the ended grant never had is a new life`(cause: Rule) async throws {
        let rig = try await rig(cause: cause)
        let report = try await rig.importing(grantLine("g-1", #","refresh_token":"rt-new""#))
        #expect(report.renewed == 1 && report.resurfaced == (cause == .byHand ? 1 : 0))
        let grant = try #require(try await rig.grant("g-1")).grant
        #expect(grant.standing == .active && grant.firstSeenAt == start)
        // What was ended by hand is found until it has ended again.
        #expect((grant.resurfacedAt != nil) == (cause == .byHand))
        #expect(try await rig.events().suffix(2).contains("grant.recorded"))
    }

    @Test(arguments: [
        // The token that it had; a line of before the end, by what it observed and by what was used last.
        #","refresh_token":"rt-g-1""#, #","refresh_token":"rt-new","observed_until":"2026-11-21T00:00:00Z""#,
        #","refresh_token":"rt-new","last_used_at":"2026-11-21T00:00:00Z""#, "",
    ])
    func `an old line brings no ended grant back`(more: String) async throws {
        let rig = try await rig()
        let report = try await rig.importing(grantLine("g-1", more))
        #expect(report.ended == 1 && report.renewed == 0)
        #expect(try await rig.grant("g-1")?.grant.standing == .revoked)
    }

    @Test func `a token that was replaced before the end is none that the grant never had`() async throws {
        let rig = try await Rig()
        _ = try await rig.importing(grantLine("g-1", #","refresh_token":"rt-old""#))
        _ = try await rig.importing(grantLine("g-1", #","refresh_token":"rt-later""#))
        try await rig.change("g-1") { stored in
            stored.grant.standing = .revoked
            stored.endedAt = start
        }
        rig.clock.advance(by: .days(1))
        #expect(try await rig.importing(grantLine("g-1", #","refresh_token":"rt-old""#)).ended == 1)
        #expect(try await rig.importing(grantLine("g-1", #","refresh_token":"rt-new""#)).renewed == 1)
    }

    @Test func `a new life is known through a purge, and so is a token that the grant had`() async throws {
        let rig = try await rig(cause: .byHand)
        try await rig.add([idleGrant("k-1", idle: 1)])
        try await rig.store.write { writing in
            if let stored = try writing.grant(.init(provider: "idp", id: "g-1")) { try writing.purge(stored) }
        }
        #expect(try await rig.importing(grantLine("g-1", #","refresh_token":"rt-g-1""#)).ended == 1)
        let report = try await rig.importing(grantLine("g-1", #","refresh_token":"rt-new""#))
        #expect(report.added == 1 && report.resurfaced == 1)
        let grant = try #require(try await rig.grant("g-1")).grant
        #expect(grant.firstSeenAt == start && grant.resurfacedAt == start)
    }

    @Test(
        arguments: [
            (#""grant":"g-1""#, "", true), (#""token":"rt-g-1""#, "", true),
            (#""client":"portal","subject":"u-1""#, "", true),
            (#""grant":"g-1""#, #","status":401"#, false), (#""grant":"g-1""#, #","status":204"#, true),
        ]
    )
    func `a use of an ended grant resurfaces it, is told once, and a person settles it`(
        name: String,
        status: String,
        resurfaces: Bool
    ) async throws {
        let rig = try await rig()
        for hour in ["20", "21"] {
            _ = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-23T\#(hour):00:00Z",\#(name)\#(status)}"#)
        }
        let grant = try await rig.grant("g-1")?.grant
        #expect((grant?.resurfacedAt != nil) == resurfaces && grant?.standing == .revoked)
        #expect(try await rig.events().filter { $0 == "grant.resurfaced" }.count == (resurfaces ? 1 : 0))
        let key = Grant.Key(provider: "idp", id: "g-1")
        let orders = GateOrders(rig.environment)
        #expect(try await orders.settle(key, reason: "a test", reference: nil) == resurfaces)
        #expect(try await rig.grant("g-1")?.grant.resurfacedAt == nil)
        #expect(try await orders.settle(key, reason: "again", reference: nil) == false)
    }

    @Test func `a use by client and subject is another grant's of theirs that has not ended`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("g-2") { $0.subject = "u-1" }])
        _ = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-23T20:00:00Z","client":"portal","subject":"u-1"}"#)
        #expect(try await rig.grant("g-1")?.grant.resurfacedAt == nil)
    }

    @Test(arguments: [("2026-11-22T00:04:00Z", false), ("2026-11-22T00:06:00Z", true)])
    func `a record with a use later than the end resurfaces the grant`(used: String, resurfaces: Bool) async throws {
        let rig = try await rig()
        let report = try await rig.importing(grantLine("g-1", #","last_used_at":"\#(used)""#))
        #expect(report.ended == 1 && report.resurfaced == (resurfaces ? 1 : 0))
        let grant = try await rig.grant("g-1")?.grant
        #expect((grant?.resurfacedAt != nil) == resurfaces && grant?.lastUsedAt?.description == used)
    }

    @Test func `an end without a call closes what was found after an end by hand`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 3) { $0.expiresAt = start - .days(2) }], hasToken: false)
        try await rig.change("g-1") { $0.grant.resurfacedAt = start - .days(3) }
        #expect(try await rig.rotate().applied.ended == [.expired: 1])
        #expect(try await rig.grant("g-1")?.grant.resurfacedAt == nil)
    }
}
