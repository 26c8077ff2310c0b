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

    @Test(
        arguments: [
            // What the new record names, and what is held afterwards.
            (#","refresh_token":"rt-new""#, [.refreshToken: "rt-new"]),
            (#","access_token":"at-new""#, [.accessToken: "at-new"]),
            (#","access_token":"at-new","refresh_token":null"#, [.accessToken: "at-new"]),
        ] as [(String, [TokenKind: String])]
    )
    func `a new life keeps no token of the old one, nor its end, and they stay known`(
        more: String,
        held: [TokenKind: String]
    ) async throws {
        let rig = try await Rig()
        let end = #","access_token_expires_at":"2026-12-24T00:00:00Z""#
        let old = grantLine("g-1", #","access_token":"at-old","refresh_token":"rt-old"\#(end)"#)
        _ = try await rig.importing(old)
        let revoke: @Sendable (inout StoredGrant) -> Void = { stored in
            stored.grant.standing = .revoked
            stored.endedAt = start
        }
        try await rig.change("g-1", revoke)
        rig.clock.advance(by: .days(1))
        #expect(try await rig.importing(grantLine("g-1", more)).renewed == 1)
        #expect(try await rig.tokens("g-1") == held.mapValues { Secret($0) })
        #expect(try await rig.grant("g-1")?.grant.accessTokenExpiresAt == nil)
        try await rig.change("g-1", revoke)
        #expect(try await rig.importing(old).ended == 1)
    }

    @Test func `what a person settled is found again by later life only`() async throws {
        let rig = try await rig()
        let key = Grant.Key(provider: "idp", id: "g-1")
        let use = #"{"feed":"gateway","at":"2026-11-23T20:00:00Z","grant":"g-1"}"#
        let record = grantLine("g-1", #","last_used_at":"2026-11-23T21:00:00Z""#)
        _ = try await rig.ingest(use)
        #expect(try await GateOrders(rig.environment).settle(key, reason: "a test", reference: nil))
        for day in 1...2 {
            _ = try await rig.ingest(use)
            #expect(try await rig.importing(record).resurfaced == 0)
            #expect(try await rig.grant("g-1")?.grant.resurfacedAt == nil, "day \(day)")
            rig.clock.advance(by: .days(1))
        }
        _ = try await rig.ingest(#"{"feed":"gateway","at":"2026-11-25T00:00:00Z","grant":"g-1"}"#)
        #expect(try await rig.grant("g-1")?.grant.resurfacedAt == rig.clock.now())
        #expect(try await GateOrders(rig.environment).settle(key, reason: "again", reference: nil))
        let later = grantLine("g-1", #","last_used_at":"2026-11-26T00:01:00Z""#)
        #expect(try await rig.importing(later).resurfaced == 1)
    }

    @Test(
        arguments: [
            // A line of now; one of after the end; one of before it; our own export of before it; none with a token.
            (#","refresh_token":"rt-new""#, true),
            (#","refresh_token":"rt-new","last_used_at":"2026-11-23T00:00:00Z""#, true),
            (#","refresh_token":"rt-new","observed_until":"2026-11-21T00:00:00Z""#, false),
            (#","refresh_token":"rt-new","x_exported_at":"2026-11-21T00:00:00Z""#, false), ("", false),
        ]
    )
    func `where the tokens of a purged grant are not known, a line of after its end with a token is a new life`(
        more: String,
        lives: Bool
    ) async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("k-1", idle: 1)])
        try await rig.store.write { writing in
            if let stored = try writing.grant(.init(provider: "idp", id: "g-1")) { try writing.purge(stored) }
        }
        // As versions before the fingerprints were kept have left it.
        try await rig.raw("UPDATE purged_grants SET row = NULL", "DELETE FROM former_tokens")
        let report = try await rig.importing(grantLine("g-1", more))
        #expect(report.added == (lives ? 1 : 0) && report.ended == (lives ? 0 : 1))
        // Whether its end was by hand is not known either: a person looks.
        #expect(report.resurfaced == (lives ? 1 : 0))
        #expect(try await rig.grant("g-1")?.grant.standing == (lives ? .active : nil))
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

    @Test func `a new life after a purge knows the tokens of every life before`() async throws {
        let rig = try await rig()
        try await rig.add([idleGrant("k-1", idle: 1)])
        let key = Grant.Key(provider: "idp", id: "g-1")
        for number in 2...3 {
            try await rig.store.write { writing in
                if let stored = try writing.grant(key) { try writing.purge(stored) }
            }
            let line = grantLine("g-1", #","refresh_token":"rt-\#(number)""#)
            #expect(try await rig.importing(line).added == 1)
            try await rig.add([idleGrant("k-\(number)", idle: 1)])
            try await rig.change("g-1") { stored in
                stored.grant.standing = .revoked
                stored.endedAt = start
            }
        }
        for token in ["rt-g-1", "rt-2", "rt-3"] {
            #expect(try await rig.importing(grantLine("g-1", #","refresh_token":"\#(token)""#)).ended == 1, "\(token)")
        }
    }
}
