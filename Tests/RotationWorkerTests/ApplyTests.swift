import Grants
import RotationWorker
import SQLiteStore
import Testing

/// What lies between a plan and its application: every row is decided again.
@Suite struct ApplyTests {
    @Test func `a grant used after it was planned is skipped`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        try await rig.add((1...10).map { idleGrant("k-\($0)", idle: 1) })
        let (plan, job) = try await rig.plan()
        try await rig.ingest(#"{"feed":"hand","at":"2026-11-24T00:00:00Z","grant":"g-1"}"#)
        let applied = try await rig.apply(plan, job)
        #expect(applied.skipped == ["decision-changed": 1])
        let standings = try await rig.standings()
        #expect(standings["g-1"] == .active && standings["g-2"] == .revoking)
    }

    @Test func `a freeze after the plan holds what it covers`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2") { $0.tenant = "globex" }])
        let (plan, job) = try await rig.plan()
        try await GateOrders(rig.environment).freeze(GrantSelection(tenant: "acme"), reason: "incident")
        let applied = try await rig.apply(plan, job)
        #expect(applied.skipped == ["held-meanwhile": 1])
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "g-2": .revoking])
    }

    @Test func `a lock that was lost stops the run before it commits`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        let (plan, job) = try await rig.plan()
        let lock = try await rig.store.lock(ExpiryJob.name, owner: rig.environment.actor, at: start)
        try await rig.store.unlock(lock)
        let error = await #expect(throws: StoreError.self) { try await job.apply(plan, run: 1, lock: lock) }
        #expect(error?.code == .lockLost)
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active])
    }

    @Test func `a family ends as one, each member with its entry`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")], family: "f-1")
        let (_, applied) = try await rig.rotate()
        #expect(applied.actions["end"] == 2 && applied.skipped.isEmpty)
        let (standings, events) = (try await rig.standings(), try await rig.events())
        #expect(standings == ["g-1": .revoking, "g-2": .revoking])
        #expect(events == ["grant.revoking", "grant.revoking"])
    }

    @Test func `a family whose lifetime counts from its oldest member ends as one`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.maxLifetime = .days(300)
        rig.settings.policy.defaults.lifetimeNotice = .zero
        let young = idleGrant("g-2", idle: 1) { $0.issuedAt = start - .days(20) }
        try await rig.add([idleGrant("g-1", idle: 1), young], family: "f-1")
        let (_, applied) = try await rig.rotate()
        #expect(applied.actions["end"] == 2)
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .revoking, "g-2": .revoking])
    }

    @Test func `a grant let go by one rule is judged by the others in the next run`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate(full: false)
        rig.settings.policy.defaults.maxLifetime = .days(300)
        rig.clock.advance(by: .days(1))
        try await rig.ingest(#"{"feed":"hand","at":"\#(rig.clock.now())","grant":"g-1"}"#)
        try await rig.rotate(full: false)
        try await rig.rotate(full: false)
        let grant = try await rig.grant("g-1")?.grant
        #expect(grant?.standing == .noticed && grant?.cause == .lifetime)
        let events = try await rig.events()
        #expect(events == ["grant.noticed", "grant.reprieved", "grant.noticed"])
    }

    @Test func `one member in use keeps the others, as collateral`() async throws {
        let rig = try await Rig()
        try await rig.add([
            idleGrant("g-1") { $0.subject = "u-1" }, idleGrant("g-2", idle: 1) { $0.subject = "u-1" },
            idleGrant("g-3") { $0.subject = "u-2" },
        ])
        let (plan, _) = try await rig.rotate()
        #expect(plan.refused == ["collateral": 1])
        let standings = try await rig.standings()
        #expect(standings == ["g-1": .active, "g-2": .active, "g-3": .revoking])
    }

    @Test func `a notice ends only after it was acknowledged, waited for and observed`() async throws {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        try await rig.add([idleGrant("g-1")])
        try await rig.add((1...10).map { idleGrant("k-\($0)", idle: 1) })
        func observe() async throws {
            let now = rig.clock.now()
            try await rig.ingest(
                #"{"feed":"gateway","at":"\#(now - .hours(2))","grant":"k-1"}"#,
                #"{"feed":"gateway","observed_until":"\#(now)"}"#
            )
        }
        try await rig.store.write { writing in
            var feed = FeedRecord(id: "gateway")
            feed.window = Window(from: start - .days(365), until: start)
            try writing.setFeed(feed)
        }
        try await rig.rotate(full: false)
        var standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .noticed)
        rig.clock.advance(by: .days(8))
        try await observe()
        try await rig.rotate(full: false)
        standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .noticed, "nobody acknowledged it")
        try await rig.deliver()
        rig.clock.advance(by: .days(8))
        try await rig.rotate(full: false)
        standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .noticed, "nobody observed it")
        try await observe()
        try await rig.rotate(full: false)
        standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .revoking)
    }

    @Test func `unknown verdicts end nothing, however many`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        for why in UnknownReason.allCases {
            rig.provider.silence("g-1", why)
            _ = try await rig.revalidate()
            rig.clock.advance(by: .hours(1))
            try await rig.rotate()
        }
        let stored = try #require(try await rig.grant("g-1"))
        #expect(stored.grant.standing == .active)
        #expect(stored.grant.validity.inactiveCount == 0 && stored.grant.validity.lastVerdict == nil)
    }

    @Test func `two countable inactive answers end, a single one does not`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        try await rig.add((1...10).map { idleGrant("k-\($0)", idle: 1) })
        rig.provider.forget("g-1")
        _ = try await rig.revalidate()
        try await rig.rotate(full: false)
        var standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .active)
        rig.clock.advance(by: .minutes(16))
        _ = try await rig.revalidate(.due(GrantSelection()))
        try await rig.rotate(full: false)
        standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .revoked)
        #expect(rig.provider.revoked.isEmpty)
    }
}
