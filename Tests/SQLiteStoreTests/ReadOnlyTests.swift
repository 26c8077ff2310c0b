import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// A reader changes no byte of database or log (invariant 2).
@Suite struct ReadOnlyTests {
    private static func contents(_ folder: TemporaryFolder) -> [[UInt8]?] {
        ["grants.sqlite", "grants.sqlite-wal"].map { folder.bytes($0) }
    }

    private static func readAll(_ path: String) async throws -> Int {
        let store = try await SQLiteGrantStore.openReadOnly(path: path, keyring: .of("A"))
        let count = try await store.read { reading in
            var count = 0
            try reading.forEach(.all, in: GrantSelection()) { _ in count += 1 }
            _ = try reading.counts(endsSince: start)
            _ = try reading.journal(after: 0, limit: 100)
            return count
        }
        let refusal = await store.refusal { _ = try $0.beginRun(job: "x", actor: person, at: start) }
        #expect(refusal?.code == .readOnly)
        let locked = await storeError { _ = try await store.lock("expire", owner: person, at: start) }
        #expect(locked?.code == .readOnly)
        await store.close()
        return count
    }

    @Test func `after a killed writer the reader sees what was committed and leaves every byte`() async throws {
        let house = StoreHouse()
        let writer = try await house.open()
        for number in 1...20 { try await writer.add(grant("g-\(number)")) }
        let killed = TemporaryFolder()
        for name in ["grants.sqlite", "grants.sqlite-wal"] {
            killed.write(house.folder.bytes(name) ?? [], to: name)
        }
        let before = Self.contents(killed)
        #expect(before[1]?.isEmpty == false)
        let count = try await Self.readAll(killed.file("grants.sqlite"))
        #expect(count == 20)
        #expect(Self.contents(killed) == before)
        await writer.close()
    }

    @Test func `beside a live writer the reader leaves every byte`() async throws {
        let house = StoreHouse()
        let writer = try await house.open()
        try await writer.add(grant("g-1"))
        let before = Self.contents(house.folder)
        let count = try await Self.readAll(house.path)
        #expect(count == 1)
        #expect(Self.contents(house.folder) == before)
        try await writer.add(grant("g-2"))
        await writer.close()
    }

    @Test func `a clean store stays as it is, and no log appears but an empty one`() async throws {
        let house = StoreHouse()
        let writer = try await house.open()
        try await writer.add(grant("g-1"))
        await writer.close()
        let before = house.folder.bytes("grants.sqlite")
        let count = try await Self.readAll(house.path)
        #expect(count == 1)
        #expect(house.folder.bytes("grants.sqlite") == before)
        #expect(house.folder.bytes("grants.sqlite-wal")?.isEmpty != false)
    }

    @Test func `a snapshot does not change while it is read`() async throws {
        let house = StoreHouse()
        let writer = try await house.open()
        let seen = try await writer.read { reading in
            let before = try reading.setting("noon")
            try house.raw { try $0.execute(sql: "INSERT INTO settings VALUES ('noon', '12')") }
            return [before, try reading.setting("noon")]
        }
        let after = try await writer.read { try $0.setting("noon") }
        #expect(seen == [nil, nil] && after == "12")
        await writer.close()
    }
}
