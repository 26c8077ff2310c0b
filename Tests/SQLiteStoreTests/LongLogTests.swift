import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@Suite struct LongLogTests {
    @Test func `after a long WAL was moved into the store, commits are not each followed by a checkpoint`()
        async throws
    {
        let folder = TemporaryFolder()
        let store = try await SQLiteGrantStore.open(path: folder.file("grants.sqlite"), keyring: nil) { "id" }
        try await store.write { writing in
            let text = String(repeating: "x", count: 1_000_000)
            for index in 0..<90 { try writing.setSetting("long-\(index)", text) }
        }
        // One checkpoint on a thread of its own, and perhaps one of what came meanwhile.
        for _ in 1...3 {
            try await store.settleLog()
            try await store.write { try $0.setSetting("short", "0") }
        }
        let before = try await store.durableCheckpointNumber()
        #expect(before >= 1)
        for index in 1...3 { try await store.write { try $0.setSetting("short", "\(index)") } }
        let after = try await store.durableCheckpointNumber()
        #expect(after == before)
        // The log lies where it was, and is written over.
        #expect(folder.bytes("grants.sqlite-wal")?.isEmpty == false)
        await store.close()
    }
}
