import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// A store of before ends were measured by what they are.
@Suite struct RulesMigrationTests {
    @Test func `past ends are counted right, old plans are void, and what was stored is recorded first`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        // One that ended by itself, one that was superseded, one that a person approved.
        let ends: [(String, Rule, Standing)] = [
            ("a", .expired, .expired), ("b", .goneAtProvider, .expired), ("c", .unused, .expired),
        ]
        for (id, rule, standing) in ends {
            try await store.add(grant(id))
            try await store.write { writing in
                guard var stored = try writing.grant(.init(provider: "idp", id: id)) else { return }
                stored.grant.standing = standing
                stored.grant.cause = rule
                stored.endedAt = start
                try writing.save(stored)
                try writing.countEnd(of: stored.grant, at: start, isEnd: true, counts: false)
            }
        }
        try await store.add(grant("live"))
        let plan = HeldPlan(
            tenant: "acme",
            provider: "idp",
            wouldEnd: 3,
            live: 9,
            why: "valve-share",
            hash: "1234567890",
            policyHash: "of before",
            heldAt: start,
            selection: GrantSelection()
        )
        try await store.write { try $0.setHeldPlans([plan]) }
        await store.close()
        try house.downgrade()
        let opened = try await house.open()
        let (counts, plans, live) = try await opened.read { reading in
            (
                try reading.counts(endsSince: start - .hours(1)), try reading.heldPlans(),
                try reading.grant(.init(provider: "idp", id: "live"))
            )
        }
        #expect(counts[Partition(provider: "idp", tenant: "acme")]?.endedInWindow == 1)
        #expect(plans.map(\.isOfOlderVersion) == [true])
        #expect(live?.grant.firstRecordedAt == nil && live?.grant.coversAnother == false)
        await opened.close()
    }

    @Test func `own ends that come are counted by partition, each grant once, and no ended one`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        func add(_ id: String, _ tenant: TenantID = "acme", _ change: (inout Grant) -> Void) async throws {
            var one = grant(id, tenant: tenant)
            change(&one)
            try await store.add(one, tokens: one.holdsAccessToken ? [.accessToken: Secret(id)] : [:])
        }
        let end = start + .hours(5)
        try await add("by-record") { $0.expiresAt = end }
        try await add("by-token") {
            $0.holdsAccessToken = true
            $0.accessTokenExpiresAt = end
        }
        try await add("by-both") {
            $0.holdsAccessToken = true
            $0.expiresAt = end
            $0.accessTokenExpiresAt = end
        }
        try await add("beside-a-refresh-token") {
            $0.holdsAccessToken = true
            $0.claimsRefreshToken = true
            $0.accessTokenExpiresAt = end
        }
        try await add("later") { $0.expiresAt = end + .milliseconds(1) }
        try await add("of-another", "globex") { $0.expiresAt = end }
        let near = try await store.read { try $0.ownEnds(after: start, by: end) }
        let (acme, globex) = (Partition(provider: "idp", tenant: "acme"), Partition(provider: "idp", tenant: "globex"))
        #expect(near == [acme: 3, globex: 1])
        #expect(try await store.read { try $0.ownEnds(after: end, by: end + .hours(1)) } == [acme: 1])
        // Past it, those without a token are ripe; those with one await an answer.
        let ripe = try await store.read { try $0.ripeOwnEnds(at: end) }
        #expect(ripe == [acme: 1, globex: 1])
        await store.close()
    }
}

extension StoreHouse {
    /// Makes of the store what the version before this one left.
    fileprivate func downgrade() throws {
        let queue = try DatabaseQueue(path: path)
        try queue.inDatabase { db in
            for statement in [
                "DELETE FROM grdb_migrations WHERE identifier LIKE '%-rules'",
                "DROP INDEX grants_by_end", "DROP INDEX grants_by_token_end",
                "ALTER TABLE tokens DROP COLUMN told_client", "ALTER TABLE grants DROP COLUMN first_recorded_at",
                "ALTER TABLE states DROP COLUMN covers",
            ] {
                try db.execute(sql: statement)
            }
        }
        try queue.close()
    }
}
