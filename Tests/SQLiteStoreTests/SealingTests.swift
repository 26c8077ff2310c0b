import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// Tokens at rest, and the keys that open them.
@Suite struct SealingTests {
    private static let token = Secret("the-token-that-nobody-may-read")

    @Test func `a token comes back, and its bytes are neither in the file nor in its log`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("g-1"), tokens: [.refreshToken: Self.token])
        let tokens = try await store.read { try $0.tokens(of: row) }
        #expect(tokens == [.refreshToken: Self.token])
        for name in ["grants.sqlite", "grants.sqlite-wal"] {
            let bytes = house.folder.bytes(name) ?? []
            #expect(!bytes.isEmpty)
            #expect(!bytes.contains(Self.token.bytes), "\(name)")
        }
        await store.close()
        #expect(house.folder.bytes("grants.sqlite")?.contains(Self.token.bytes) == false)
    }

    @Test func `another key is refused before anything is read`() async throws {
        let house = StoreHouse()
        await (try house.open(.of("A"))).close()
        let writing = await storeError { _ = try await house.open(.of("B")) }
        let reading = await storeError {
            _ = try await SQLiteGrantStore.openReadOnly(path: house.path, keyring: .of("B"))
        }
        #expect(writing?.code == .wrongKey && reading?.code == .wrongKey)
    }

    @Test func `without a key everything works but tokens`() async throws {
        let house = StoreHouse()
        let first = try await house.open()
        let row = try await first.add(grant("g-1"), tokens: [.accessToken: Self.token])
        await first.close()
        let store = try await house.open(nil)
        let known = try await store.read { try $0.grant(row: row)?.grant.holdsAccessToken }
        #expect(known == true)
        let opening = await storeError { _ = try await store.read { try $0.tokens(of: row) } }
        let finding = await storeError { _ = try await store.read { try $0.rows(carrying: Self.token) } }
        let sealing = await storeError { try await store.add(grant("g-2"), tokens: [.accessToken: Secret("x")]) }
        #expect(opening?.code == .noKey && finding?.code == .noKey && sealing?.code == .noKey)
        let count = try await store.read { try $0.count(.all, in: GrantSelection()) }
        #expect(count == 1)
        await store.close()
    }

    @Test func `a second key opens what it sealed, the first seals what is new, and fingerprints stay`() async throws {
        let house = StoreHouse()
        let before = try await house.open(.of("A"))
        let old = try await before.add(grant("g-1"), tokens: [.refreshToken: Self.token])
        await before.close()
        let store = try await house.open(.of("B", "A"))
        let new = try await store.add(grant("g-2"), tokens: [.refreshToken: Self.token])
        let (oldToken, newToken, rows) = try await store.read {
            (try $0.tokens(of: old), try $0.tokens(of: new), try $0.rows(carrying: Self.token))
        }
        #expect(oldToken == newToken && rows.sorted() == [old, new])
        await store.close()
        let keyIDs = try house.raw { try String.fetchAll($0, sql: "SELECT hex(substr(sealed, 2, 4)) FROM tokens") }
        #expect(keyIDs.count == 2 && keyIDs[0] != keyIDs[1])
    }

    @Test func `a sealed token that was moved to another grant does not open`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let first = try await store.add(grant("g-1"), tokens: [.refreshToken: Self.token])
        let second = try await store.add(grant("g-2"), tokens: [.refreshToken: Secret("another")])
        try house.raw { db in
            try db.execute(
                sql: "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE row = ?) WHERE row = ?",
                arguments: [first, second]
            )
        }
        let error = await storeError { _ = try await store.read { try $0.tokens(of: second) } }
        #expect(error?.code == .damaged)
        await store.close()
    }

    @Test(arguments: ["", "# only a remark", "c2hvcnQ=", "no base64 !"])
    func `what is no key of 32 bytes is refused`(text: String) {
        #expect(throws: StoreError.self) { try Keyring(parsing: Secret(text)) }
    }

    @Test func `a token made ready for a row that somebody else took is sealed again for its own`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.add(grant("g-0"))
        let readying = try #require(store.tokenReadying)
        let token = Secret("rt-1")
        for (id, row) in [("g-1", Int64(2)), ("g-2", 77)] {
            let ready = try readying.ready(token, kind: .refreshToken, row: row)
            let new = grant(id)
            let tokens = try await store.write { writing in
                let stored = try writing.insert(new, ready: [.refreshToken: ready], at: start)
                return try writing.tokens(of: stored.row)
            }
            #expect(tokens == [.refreshToken: token])
        }
        let carriers = try await store.read { try $0.rows(carrying: token) }
        #expect(carriers == [2, 3])
        await store.close()
    }
}
