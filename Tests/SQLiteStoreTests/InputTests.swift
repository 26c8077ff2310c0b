import GRDB
import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// What the store keeps of feeds and of inputs, and what becomes of a store of before.
@Suite struct InputTests {
    private func identity(
        pid: Int32 = getpid(),
        start: String = ProcessIdentity.current().start,
        boot: String = ProcessIdentity.current().boot,
        namespace: String = ProcessIdentity.currentNamespace(),
        bootMilliseconds: @escaping @Sendable () -> Int64 = ProcessIdentity.current().bootMilliseconds
    ) -> ProcessIdentity {
        ProcessIdentity(pid: pid, namespace: namespace, start: start, boot: boot, bootMilliseconds: bootMilliseconds)
    }

    enum Reader: CaseIterable, Sendable { case dead, reused, otherBoot, elsewhere, elsewhereSilent, alive }

    @Test(arguments: Reader.allCases)
    func `an input is unread once its reader is gone, as far as it can be seen from here`(reader: Reader) async throws {
        let house = StoreHouse()
        let identity =
            switch reader {
            case .dead: identity(pid: 2_000_000_000)
            case .reused: identity(start: "1")
            case .otherBoot: identity(boot: "another")
            case .elsewhere: identity(pid: 2_000_000_000, namespace: "pid:[1]")
            // Its lease ran out before this boot's clock began.
            case .elsewhereSilent:
                identity(pid: 2_000_000_000, namespace: "pid:[1]", bootMilliseconds: { -10_000_000 })
            case .alive: identity()
            }
        let store = try await house.open(identity: identity)
        let mark = InputMark(size: 7, digest: [UInt8](repeating: 3, count: 32))
        let id = try await store.write { try $0.beginInput("log", mark, feeds: ["a \"feed\"", "b"], at: start) }
        let unread = try await store.read { try $0.unreadInputs() }
        let expected = UnreadInput(
            id: id,
            source: "log",
            mark: mark,
            feeds: ["a \"feed\"", "b"],
            unfinishedLine: nil,
            begunAt: start,
            mayBeRead: reader == .elsewhere
        )
        #expect(unread == (reader == .alive ? [] : [expected]))
        try await store.write { writing in
            try writing.goOn(withInput: id, feeds: ["c"])
            try writing.leaveInput(id, unfinishedLine: 9, nil)
        }
        let left = try await store.read { try $0.unreadInputs() }
        #expect(left.map(\.unfinishedLine) == [9] && left.map(\.feeds) == [["c"]] && left.map(\.mark) == [nil])
        try await store.write { try $0.endInput(id) }
        #expect(try await store.read { try $0.unreadInputs() }.isEmpty)
        await store.close()
    }

    @Test func `a feed is read back as it was written, with what it covers`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        var feed = FeedRecord(id: "gateway")
        feed.window = Window(from: start, until: start + .days(1))
        feed.heardAt = start + .days(2)
        feed.covers = [
            .init(cover: .init(provider: "idp"), since: nil),
            .init(cover: .init(provider: "i\"dp", tenants: ["a", "b"], clients: []), since: start),
        ]
        let written = feed
        try await store.write { try $0.setFeed(written) }
        #expect(try await store.read { try $0.feeds() }["gateway"] == written)
        await store.close()
    }

    @Test func `a store of before knows neither what its feeds covered nor when they were heard`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        var feed = FeedRecord(id: "gateway")
        feed.window = Window(from: start, until: start + .days(1))
        let written = feed
        try await store.write { try $0.setFeed(written) }
        try await store.add(grant("g-1"))
        await store.close()
        let queue = try DatabaseQueue(path: house.path)
        try queue.inDatabase { db in
            for statement in [
                "DELETE FROM grdb_migrations WHERE identifier IN ('9-settled', '9-inputs', '10-plain')",
                "DROP TABLE usage_inputs", "ALTER TABLE states DROP COLUMN is_plain",
                "ALTER TABLE feeds DROP COLUMN heard_at", "ALTER TABLE feeds DROP COLUMN covers",
                "ALTER TABLE states DROP COLUMN settled_at", "DROP INDEX former_tokens_of_row",
            ] {
                try db.execute(sql: statement)
            }
        }
        try queue.close()
        let opened = try await house.open()
        let known = try #require(try await opened.read { try $0.feeds() }["gateway"])
        #expect(known.covers == nil && known.heardAt == nil && known.heardUntil == start + .days(1))
        #expect(try await opened.read { try $0.grant(.init(provider: "idp", id: "g-1")) }?.grant.settledAt == nil)
        await opened.close()
    }
}
