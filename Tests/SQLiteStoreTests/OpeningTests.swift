import GRDB
import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// What becomes of the file, and of files that are not ours.
@Suite struct OpeningTests {
    @Test func `a new store syncs every commit, is private with its log, and leaves no log behind`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.add(grant("g-1"))
        let synchronous = try await store.synchronousSetting()
        #expect(synchronous == 2)
        #expect(house.folder.mode("grants.sqlite") == 0o600)
        #expect(house.folder.mode("grants.sqlite-wal") == 0o600)
        await store.close()
        #expect(house.folder.bytes("grants.sqlite-wal") == nil)
        let again = try await house.open()
        let count = try await again.read { try $0.count(.all, in: GrantSelection()) }
        #expect(count == 1)
        await again.close()
    }

    @Test func `an upgrade of the file's number is seen at each checkpoint`() async throws {
        let house = StoreHouse()
        await (try house.open()).close()
        let first = try house.raw { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        await (try house.open()).close()
        let second = try house.raw { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        #expect(second > first)
    }

    @Test func `a file that is no database is refused and left alone`() async throws {
        let house = StoreHouse()
        let text = Array("These are the minutes of the meeting. They are long enough to be a page header.\n".utf8)
        house.folder.write(text, to: "grants.sqlite")
        let writing = await storeError { _ = try await house.open() }
        let reading = await storeError { _ = try await SQLiteGrantStore.openReadOnly(path: house.path, keyring: nil) }
        #expect(writing?.code == .notOurs && reading?.code == .notOurs)
        #expect(house.folder.bytes("grants.sqlite") == text)
    }

    @Test(arguments: [0, 77])
    func `another program's database is refused and left alone`(applicationID: Int) async throws {
        let house = StoreHouse()
        try house.raw { db in
            try db.execute(sql: "CREATE TABLE bookmarks (url TEXT)")
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        let before = house.folder.bytes("grants.sqlite")
        let error = await storeError { _ = try await house.open() }
        #expect(error?.code == .notOurs)
        #expect(house.folder.bytes("grants.sqlite") == before)
    }

    @Test func `a folder in the file's place is refused`() async throws {
        let house = StoreHouse()
        mkdir(house.path, 0o700)
        let error = await storeError { _ = try await house.open() }
        #expect(error?.code == .notOurs)
    }

    @Test func `a store below a folder that does not exist cannot be made`() async {
        let house = StoreHouse()
        let error = await storeError {
            _ = try await SQLiteGrantStore.open(path: house.folder.file("none/grants.sqlite"), keyring: nil) { "" }
        }
        #expect(error?.code == .missing)
    }

    @Test func `reading a store that does not exist says so and makes nothing`() async {
        let house = StoreHouse()
        let error = await storeError { _ = try await SQLiteGrantStore.openReadOnly(path: house.path, keyring: nil) }
        #expect(error?.code == .missing)
        #expect(house.folder.bytes("grants.sqlite") == nil)
    }

    @Test func `a store of a newer program is refused to readers and writers`() async throws {
        let house = StoreHouse()
        await (try house.open()).close()
        try house.raw { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9-of-the-future')") }
        let writing = await storeError { _ = try await house.open() }
        let reading = await storeError { _ = try await SQLiteGrantStore.openReadOnly(path: house.path, keyring: nil) }
        #expect(writing?.code == .newer && reading?.code == .newer)
    }

    @Test func `a store that needs a migration is not read`() async throws {
        let house = StoreHouse()
        await (try house.open()).close()
        try house.raw { try $0.execute(sql: "DELETE FROM grdb_migrations") }
        let error = await storeError { _ = try await SQLiteGrantStore.openReadOnly(path: house.path, keyring: nil) }
        #expect(error?.code == .needsMigration)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read and write everything"))
    func `a file without the right to write it is refused`() async throws {
        let house = StoreHouse()
        await (try house.open()).close()
        chmod(house.folder.path, 0o500)
        defer { chmod(house.folder.path, 0o700) }
        let error = await storeError { try await (try house.open()).add(grant("g-1")) }
        #expect(error?.code == .readOnly || error?.code == .missing)
    }

    @Test func `a database that another process holds is busy, and works once it is free`() async throws {
        let house = StoreHouse()
        var limits = StoreLimits()
        limits.busyTimeout = 0.05
        let store = try await house.open(limits: limits)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: house.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await storeError { try await store.add(grant("g-1")) }
        #expect(error?.code == .busy && error?.isTransient == true)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        let row = try await store.add(grant("g-1"))
        #expect(row == 1)
        await store.close()
    }

    @Test func `without room a transaction leaves nothing half done`() async throws {
        let house = StoreHouse()
        await (try house.open()).close()
        var limits = StoreLimits()
        limits.maximumPages = try house.raw { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 } + 4
        let store = try await house.open(limits: limits)
        try await store.add(grant("g-0"))
        let error = await store.refusal { writing in
            for number in 1...2_000 {
                let grant = grant("g-\(number)", subject: String(repeating: "s", count: 200) + "\(number)")
                let stored = try writing.insert(grant, tokens: [:], at: start)
                try writing.append(Event(Event.Kind.grantRecorded, at: start, about: grant), about: stored)
            }
        }
        #expect(error?.code == .full)
        let (count, head) = try await store.read {
            (try $0.count(.all, in: GrantSelection()), try $0.journalHead().seq)
        }
        #expect(count == 1 && head == 1)
        let problems = try await store.integrityProblems()
        #expect(problems.isEmpty)
        await store.close()
    }
}
