import Dispatch
import Grants
import GrantsTestSupport
import SQLiteStore
import Synchronization
import Testing

/// A snapshot beside a transaction shows what the transaction began with, and outlives it in no case.
@Suite struct ScoutTests {
    private struct Interrupted: Error {}

    @Test func `the scout sees what the transaction began with, whatever it has written`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("g-1"))
        let (written, looked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let seen = Mutex<[Standing?]>([])
        for _ in 0..<2 {
            try await store.write(
                scouting: { reading in
                    written.wait()
                    let standing = try? reading.get().grant(row: row)?.grant.standing
                    seen.withLock { $0.append(standing) }
                    looked.signal()
                },
                { writing in
                    if var stored = try writing.grant(row: row), stored.grant.standing == .active {
                        stored.grant.standing = .noticed
                        try writing.save(stored)
                    }
                    written.signal()
                    looked.wait()
                }
            )
        }
        #expect(seen.withLock { $0 } == [.active, .noticed])
        await store.close()
    }

    @Test func `a transaction that fails ends when its scout has ended`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let hasEnded = Mutex(false)
        let over = DispatchSemaphore(value: 0)
        await #expect(throws: Interrupted.self) {
            try await store.write(
                scouting: { _ in
                    over.wait()
                    hasEnded.withLock { $0 = true }
                },
                { _ in
                    over.signal()
                    throw Interrupted()
                }
            )
        }
        #expect(hasEnded.withLock { $0 })
        let standing = try await store.read { try $0.journalHead().seq }
        #expect(standing == 0)
        await store.close()
    }
}
