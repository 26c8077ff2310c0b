import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// The schema refuses what may not leave, whoever asks.
@Suite struct PurgeStoreTests {
    private func house() async throws -> (StoreHouse, SQLiteGrantStore) {
        let house = StoreHouse()
        let store = try await house.open()
        for number in 1...4 { try await store.add(grant("g-\(number)", subject: "u-\(number)")) }
        try await store.write { writing in
            guard var stored = try writing.grant(row: 1) else { return }
            stored.grant.standing = .revoked
            stored.endedAt = start
            try writing.save(stored)
        }
        return (house, store)
    }

    @Test(arguments: [
        "DELETE FROM journal WHERE seq = 1",
        "INSERT INTO journal_anchor VALUES (1, 2, randomblob(32), 'a')",
        "INSERT INTO journal_anchor VALUES (1, 9, randomblob(32), 'a')",
        "DELETE FROM states WHERE row = 2",
        "DELETE FROM grants WHERE row = 4",
        "DELETE FROM subjects WHERE id = 4",
    ])
    func `what may not leave is refused`(sql: String) async throws {
        let (house, store) = try await house()
        #expect(throws: DatabaseError.self) { try house.raw { try $0.execute(sql: sql) } }
        await store.close()
    }

    @Test(arguments: [
        "DELETE FROM journal WHERE seq = 3", "DELETE FROM journal_anchor",
        "UPDATE journal_anchor SET seq = 1", "UPDATE journal_anchor SET hash = randomblob(32)",
        "UPDATE journal_anchor SET seq = 3",
    ])
    func `an anchor only moves on, to an entry, and what is behind it stays`(sql: String) async throws {
        let (house, store) = try await house()
        let anchor = try await store.write { try $0.purgeJournal(through: 2, archive: "a") }
        #expect(anchor.seq == 2)
        #expect(throws: DatabaseError.self) { try house.raw { try $0.execute(sql: sql) } }
        let refusal = await store.refusal { try $0.purgeJournal(through: 9, archive: "a") }
        #expect(refusal?.code == .conflict)
        await store.close()
    }

    @Test func `a purged grant's number is not given again, and only its end is remembered`() async throws {
        let (house, store) = try await house()
        let instant = start + .days(1)
        let ended = try await store.read { try $0.endedGrants(before: instant, at: instant, after: nil, limit: 9) }
        #expect(ended.map(\.stored.row) == [1] && ended[0].keptBy == nil)
        try await store.write { writing in
            for one in ended { try writing.purge(one.stored) }
        }
        let row = try await store.add(grant("g-1"))
        #expect(row == 5)
        let counts = try await store.read { try $0.counts(endsSince: start) }
        #expect(counts[Partition(provider: "idp", tenant: "acme")]?.standings == [.active: 4])
        #expect(try house.raw { try Int.fetchOne($0, sql: "SELECT count(*) FROM purged_grants") } == 0)
        await store.close()
    }

    @Test func `a live grant cannot be purged`() async throws {
        let (_, store) = try await house()
        let error = await store.refusal { writing in
            guard let stored = try writing.grant(row: 2) else { return }
            try writing.purge(stored)
        }
        #expect(error?.code == .conflict)
        await store.close()
    }

    @Test func `a subject that is named again meanwhile stays`() async throws {
        let (_, store) = try await house()
        _ = try await store.write { try $0.purgeJournal(through: 1, archive: "a") }
        try await store.write { writing in
            if let stored = try writing.grant(row: 1) { try writing.purge(stored) }
        }
        let (found, head) = try await store.read {
            (try $0.unnamedSubjects(after: 0, limit: 9), try $0.journalHead().seq)
        }
        #expect(found == [1])
        try await store.add(grant("g-9", subject: "u-1"))
        let stays = try await store.write { try $0.purgeSubject(1, unnamedAt: head) }
        #expect(!stays)
        await store.close()
    }

    @Test func `counted ends leave in small parts`() async throws {
        let (_, store) = try await house()
        try await store.write { writing in
            for minute in 0..<5 {
                let at = start + .minutes(Int64(minute))
                try writing.countEnd(of: grant("g-1"), at: at, isEnd: true, counts: true)
            }
        }
        let removed = try await store.write { writing in
            [
                try writing.purgeEnds(before: start + .minutes(3), limit: 2),
                try writing.purgeEnds(before: start + .minutes(3), limit: 2),
                try writing.purgeEnds(before: start + .minutes(3), limit: 2),
            ]
        }
        #expect(removed == [2, 1, 0])
        let counts = try await store.read { try $0.counts(endsSince: start) }
        #expect(counts[Partition(provider: "idp", tenant: "acme")]?.endedInWindow == 2)
        await store.close()
    }
}
