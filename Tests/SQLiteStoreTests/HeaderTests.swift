import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// What can be wrong with the file before a byte of it counts.
@Suite(.serialized) struct HeaderTests {
    private func store() async throws -> (folder: TemporaryFolder, path: String, store: SQLiteGrantStore) {
        let folder = TemporaryFolder()
        let path = folder.file("\(FailingHeader.mark).sqlite")
        let store = try await SQLiteGrantStore.open(path: path, keyring: nil) { "id" }
        return (folder, path, store)
    }

    @Test func `a header that cannot be read is tried once more`() async throws {
        let (folder, path, first) = try await store()
        await first.close()
        FailingHeader.fail(times: 0)
        let number = try #require(try SQLiteGrantStore.checkpointNumber(path: path))
        FailingHeader.fail(times: 1)
        #expect(try SQLiteGrantStore.checkpointNumber(path: path) == number)
        #expect(FailingHeader.isOver)
        withExtendedLifetime(folder) {}
    }

    @Test func `a header that cannot be read twice is an error, and never "no number"`() async throws {
        let (folder, path, first) = try await store()
        await first.close()
        FailingHeader.fail(times: 2)
        let error = #expect(throws: StoreError.self) { try SQLiteGrantStore.checkpointNumber(path: path) }
        #expect(error?.message.contains("cannot be read") == true)
        withExtendedLifetime(folder) {}
    }

    @Test func `the header of an open store, too`() async throws {
        // The library is set up by the first store that is opened, and must not be used before.
        await (try await store()).store.close()
        FailingHeader.fail(times: 0)
        let (folder, _, open) = try await store()
        FailingHeader.fail(times: 2)
        let error = await storeError { _ = try await open.guardState(at: nil) }
        #expect(error?.message.contains("cannot be read") == true)
        FailingHeader.fail(times: 1)
        #expect(try await open.guardState(at: nil).checkpoint != nil)
        FailingHeader.fail(times: 0)
        await open.close()
        withExtendedLifetime(folder) {}
    }

    @Test func `no file, and one that is too short, have no number`() throws {
        let folder = TemporaryFolder()
        folder.write([], to: "file")
        for name in ["none/below.sqlite", "file/below.sqlite"] {
            #expect(try SQLiteGrantStore.checkpointNumber(path: folder.file(name)) == nil)
        }
        #expect(try SQLiteGrantStore.checkpointNumber(path: folder.file("none.sqlite")) == nil)
        folder.write([], to: "empty.sqlite")
        #expect(try SQLiteGrantStore.checkpointNumber(path: folder.file("empty.sqlite")) == nil)
    }
}
