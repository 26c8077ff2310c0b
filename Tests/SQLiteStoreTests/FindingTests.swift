import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// What contradicts or puts in doubt what is known of a grant, in columns that most rows leave empty.
@Suite struct FindingTests {
    private static let at = start + .hours(3)
    private static let findings: [(name: String, set: @Sendable (inout Grant) -> Void)] = [
        ("active_at", { $0.validity.earlierActiveAt = at }),
        ("inactive_answer_at", { $0.validity.lastInactiveAnswerAt = at }),
        (
            "unknown_since",
            {
                $0.validity.unknownSince = at
                $0.validity.unknownWhy = .staleToken
            }
        ),
        ("contradicted_end", { $0.contradictedEnd = at }),
        ("resurfaced_at", { $0.resurfacedAt = at }),
        ("settled_at", { $0.settledAt = at }),
        (
            "told_scopes",
            {
                $0.toldScopes = ScopeSet(joined: "ticket.read ticket.write")
                $0.toldScopesKind = .accessToken
            }
        ),
    ]

    @Test(arguments: findings.indices)
    func `each finding is read back as it was saved, and so is that there is none any more`(index: Int) async throws {
        let store = try await StoreHouse().open()
        let row = try await store.add(grant("g-1"))
        let plain = try #require(try await store.read { try $0.grant(row: row) }).grant
        var found = plain
        Self.findings[index].set(&found)
        for wanted in [found, plain] {
            try await store.write { writing in
                guard var stored = try writing.grant(row: row) else { return }
                stored.grant = wanted
                try writing.save(stored)
            }
            let listed = try await store.read { try $0.page(.all, in: GrantSelection(), after: nil, limit: 9) }
            #expect(listed.map(\.grant) == [wanted], "\(Self.findings[index].name)")
            #expect(try await store.read { try $0.grant(row: row) }?.grant == wanted)
        }
        await store.close()
    }

    @Test func `no row says that it has no finding and has one`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.add(grant("g-1"))
        await store.close()
        let queue = try DatabaseQueue(path: house.path)
        for finding in Self.findings {
            let refusal = #expect(throws: DatabaseError.self) {
                try queue.write { try $0.execute(sql: "UPDATE states SET \(finding.name) = 1") }
            }
            #expect(refusal?.resultCode == .SQLITE_CONSTRAINT, "\(finding.name)")
        }
        try queue.close()
    }

    @Test func `a store of before is read as what it holds`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for (index, finding) in Self.findings.enumerated() {
            let row = try await store.add(grant("g-\(index)"))
            try await store.write { writing in
                guard var stored = try writing.grant(row: row) else { return }
                finding.set(&stored.grant)
                try writing.save(stored)
            }
        }
        try await store.add(grant("plain"))
        let before = try await store.read { try $0.page(.all, in: GrantSelection(), after: nil, limit: 99) }
        await store.close()
        let queue = try DatabaseQueue(path: house.path)
        try queue.inDatabase { db in
            try db.execute(sql: "ALTER TABLE states DROP COLUMN is_plain")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '10-plain'")
        }
        try queue.close()
        let opened = try await house.open()
        let after = try await opened.read { try $0.page(.all, in: GrantSelection(), after: nil, limit: 99) }
        #expect(after.map(\.grant) == before.map(\.grant) && after.count == Self.findings.count + 1)
        await opened.close()
        let reading = try DatabaseQueue(path: house.path)
        let plain = try await reading.read { try Int.fetchOne($0, sql: "SELECT sum(is_plain) FROM states") }
        #expect(plain == 1)
        try reading.close()
    }
}
