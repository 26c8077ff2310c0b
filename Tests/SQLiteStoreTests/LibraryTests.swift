import GRDBSQLite
import Glibc
import GrantsTestSupport
import SQLiteStore
import Testing

@Suite struct LibraryTests {
    /// In a process of its own, since the choice is made before SQLite's first use.
    @Test func `whatever opens a store first, SQLite does not count its memory`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let path = folder.file("grants.sqlite")
            close(open(path, O_WRONLY | O_CREAT, 0o600))
            // What the restore guard does before the store is opened.
            _ = try SQLiteGrantStore.checkpointNumber(path: path)
            let store = try await SQLiteGrantStore.open(path: path, keyring: nil) { "id" }
            let counted = sqlite3_memory_used()
            await store.close()
            withExtendedLifetime(folder) {}
            #expect(counted == 0)
        }
    }
}
