import GRDB
import Grants
import Testing

@testable import SQLiteStore

@Suite("What an operator looks at")
struct OverviewTests {
    @Test func `an empty store has nothing that waits`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let overview = try await store.read { try $0.overview(at: start) }
        #expect(overview == StoreOverview())
        await store.close()
    }

    @Test func `what is due is counted with its age, what is not yet due is not`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.add(grant("1"), tokens: [.accessToken: Secret("at-1")])
        try await store.add(grant("2", at: "other"), tokens: [.accessToken: Secret("at-2")])
        let later = try await store.add(grant("3"), tokens: [.accessToken: Secret("at-3")])
        try await store.write { writing in
            guard var stored = try writing.grant(row: later) else { return }
            (stored.dueAt, stored.askAt, stored.keptBy) = (start + .days(1), start + .days(2), .noEvidence)
            try writing.save(stored)
        }
        let now = try await store.read { try $0.overview(at: start) }
        #expect(now.due == 2)
        #expect(now.oldestDue == start)
        #expect(now.questions == ["idp": 1, "other": 1])
        #expect(now.oldestQuestion == start)
        #expect(now.unjudgeable == 1)
        #expect(now.journalEntries == 3)
        let before = try await store.read { try $0.overview(at: start - .days(1)) }
        #expect(before.due == 0 && before.oldestDue == nil)
        #expect(before.questions.isEmpty && before.oldestQuestion == nil)
        let after = try await store.read { try $0.overview(at: start + .days(2)) }
        #expect(after.due == 3 && after.questions == ["idp": 2, "other": 1])
        await store.close()
    }

    @Test func `an ended grant is not due, and never an old age`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("1"), tokens: [.accessToken: Secret("at-1")])
        try await store.write { writing in
            guard var stored = try writing.grant(row: row) else { return }
            stored.grant.standing = .revoking
            try writing.save(stored)
        }
        let overview = try await store.read { try $0.overview(at: start + .days(9)) }
        #expect(overview.due == 0 && overview.oldestDue == nil && overview.questions.isEmpty)
        await store.close()
    }

    @Test func `the queue is counted with its next try`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for (id, tries, next) in [("1", 0, start + .hours(2)), ("2", 3, start + .hours(1)), ("3", 1, nil)] {
            let row = try await store.add(grant(id))
            try await store.write { writing in
                var order = RevocationOrder(row: row, target: .revoked, rule: .byHand, reason: "x", actor: person)
                (order.tries, order.nextTryAt) = (tries, next)
                try writing.setRevocation(order, of: grant(id))
            }
        }
        let overview = try await store.read { try $0.overview(at: start) }
        #expect(overview.revocations == 3)
        #expect(overview.retried == 2)
        #expect(overview.nextTry == start + .hours(1))
        await store.close()
    }

    @Test func `a lock counts while its owner lives`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let lock = try await store.lock("expire", owner: person, at: start)
        let held = try await store.read { try $0.overview(at: start).locks }
        #expect(held.map(\.job) == ["expire"])
        #expect(held.first?.owner == person)
        try await store.unlock(lock)
        #expect(try await store.read { try $0.overview(at: start).locks }.isEmpty)
        // A process that is gone, and one of another boot.
        _ = try await store.lock("revoke", owner: person, at: start)
        try house.raw { try $0.execute(sql: "UPDATE locks SET process_start = '1'") }
        #expect(try await store.read { try $0.overview(at: start).locks }.isEmpty)
        await store.close()
    }

    @Test func `runs come newest first, without their summaries`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.write { writing in
            let first = try writing.beginRun(job: "expire", actor: person, at: start)
            try writing.endRun(first, outcome: "done", summary: Array("{}".utf8), at: start + .hours(1))
            _ = try writing.beginRun(job: "revoke", actor: person, at: start)
        }
        let runs = try await store.read { try $0.overview(at: start).runs }
        #expect(runs.map(\.job) == ["revoke", "expire"])
        #expect(runs.map(\.outcome) == [nil, "done"])
        #expect(runs.allSatisfy { $0.summary == nil })
        await store.close()
    }

    /// On ten million grants each of these reads an index, or a fixed number of rows.
    @Test func `no query walks through the grants`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        await store.close()
        let queries = SQLiteSnapshot.overviewQueries
        let plans = try house.raw { db in
            try Mirror(reflecting: queries).children.compactMap { $0.value as? String }.flatMap { sql in
                let count = sql.count { $0 == "?" }
                return try Row.fetchAll(
                    db,
                    sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments(Array(repeating: 1, count: count))
                ).map { $0["detail"] as String }
            }
        }
        #expect(plans.count >= 9)
        for step in plans where step.contains("states") || step.contains("grants") || step.contains(" g ") {
            let isSmall = step.contains("COVERING INDEX") || step.contains("INTEGER PRIMARY KEY")
            // Read in the order of the rows, up to the limit.
            #expect(isSmall || step.contains("USING INDEX states_unjudged"), "\(step)")
        }
        // An index that is read from end to end would be one more walk.
        for step in plans where step.hasPrefix("SCAN states") {
            #expect(step.contains("USING INDEX states_unjudged") || step.contains("INDEX states_unjudged"), "\(step)")
        }
        for step in plans where step.contains("SEARCH revocations") {
            #expect(step.contains("COVERING INDEX"), "\(step)")
        }
        for step in plans where step.contains("ORDER BY") { #expect(Bool(false), "\(step)") }
    }
}
