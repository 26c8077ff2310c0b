import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@testable import RotationWorker

/// A lock outlives work that takes longer than its lease.
@Suite struct HeartbeatTests {
    @Test(.timeLimit(.minutes(15)))
    func `the lease is renewed while other work goes on, and no longer`() async throws {
        let rig = try await Rig()
        let lock = try await rig.store.lock(ExpiryJob.name, owner: rig.environment.actor, at: start)
        let queue = try DatabaseQueue(path: rig.folder.file("grants.sqlite"))
        @Sendable func lease() async throws -> Int64 {
            try await queue.read { try Int64.fetchOne($0, sql: "SELECT lease_until FROM locks") ?? 0 }
        }
        let taken = try await lease()
        try await LeaseHeartbeat.keeping(lock, rig.store, every: .milliseconds(1)) {
            for _ in 1...3 {
                let before = try await lease()
                while try await lease() <= before { try Task.checkCancellation() }
            }
        }
        let kept = try await lease()
        #expect(kept > taken)
        try await rig.store.unlock(lock)
        let released = try await lease()
        #expect(released == 0)
    }
}
