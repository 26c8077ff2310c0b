import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// A database that is put back under a process that has it open.
@Suite struct ReplacedFileTests {
    @Test func `nothing is written, and nothing counts as unchanged, once another file lies in the store's place`()
        async throws
    {
        let folder = TemporaryFolder()
        let path = folder.file("grants.sqlite")
        let store = try await SQLiteGrantStore.open(path: path, keyring: nil) { "id" }
        try await store.write { try $0.setSetting("one", "1") }
        let other = folder.file("restored.sqlite")
        let restored = try await SQLiteGrantStore.open(path: other, keyring: nil) { "id" }
        await restored.close()
        try #require(rename(other, path) == 0)
        await #expect(throws: StoreError.self) { try await store.write { try $0.setSetting("one", "2") } }
        await #expect(throws: StoreError.self) { _ = try await store.changeNumber() }
        await #expect(throws: StoreError.self) { _ = try await store.guardState(at: nil) }
        await store.close()
    }
}
