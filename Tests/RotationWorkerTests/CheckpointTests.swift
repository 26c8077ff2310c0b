import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// The checkpoint moves over sound links only.
@Suite struct CheckpointTests {
    private func checkpoint(_ rig: Rig) async throws -> AuditCheckpointJob.Report {
        let environment = rig.environment
        let lock = try await rig.store.lock(AuditCheckpointJob.name, owner: environment.actor, at: start)
        do {
            let report = try await AuditCheckpointJob(environment, lock: lock).perform()
            try await rig.store.unlock(lock)
            return report
        } catch {
            try await rig.store.unlock(lock)
            throw error
        }
    }

    @Test func `the first checks all, the next what is new, and without anything new nothing is written`()
        async throws
    {
        let rig = try await Rig()
        let empty = try await checkpoint(rig)
        #expect(empty.seq == 0 && empty.entries == 0)
        #expect(try rig.count("settings WHERE name = 'audit_checkpoint'") == 0)
        try await rig.tell(5, daysAgo: 500)
        let first = try await checkpoint(rig)
        #expect(first.seq == 5 && first.entries == 5)
        rig.clock.advance(by: .days(1))
        try await rig.tell(2, daysAgo: 1)
        let second = try await checkpoint(rig)
        #expect(second.seq == 7 && second.entries == 2 && second.at == rig.clock.now())
        let head = try await rig.store.read { try $0.journalHead() }
        #expect(head.seq == 7)
        rig.clock.advance(by: .days(1))
        let third = try await checkpoint(rig)
        #expect(third.seq == 7 && third.hash == second.hash && third.at == second.at && third.entries == 0)
    }

    @Test func `after a purge beyond it the checkpoint goes on at the anchor`() async throws {
        let rig = try await Rig()
        rig.settings.sinks = []
        try await rig.tell(5, daysAgo: 500)
        _ = try await checkpoint(rig)
        try await rig.tell(3, daysAgo: 500)
        try await rig.purge()
        let report = try await checkpoint(rig)
        #expect(report.seq == 9 && report.entries == 1)
    }

    @Test(arguments: [
        ("UPDATE journal SET hash = randomblob(32) WHERE seq = 7", "entry 7"),
        ("DELETE FROM journal WHERE seq = 7", "entry 8"),
        ("DELETE FROM journal WHERE seq > 4", "entry 5"),
        ("UPDATE journal SET hash = randomblob(32) WHERE seq = 5", "entry 5"),
    ])
    func `a broken link is an error, and the checkpoint stays`(sql: String, place: String) async throws {
        let rig = try await Rig()
        try await rig.tell(5, daysAgo: 1)
        let before = try await checkpoint(rig)
        try await rig.tell(5, daysAgo: 1)
        try await rig.raw(without: ["journal_is_append_only", "journal_leaves_by_the_anchor"], sql)
        let error = await #expect(throws: StoreError.self) { try await checkpoint(rig) }
        #expect(error?.code == .damaged && error?.message.contains(place) == true, "\(error?.message ?? "")")
        let after = try await AuditCheckpointJob.last(in: rig.store)
        #expect(after?.seq == before.seq && after?.hash == before.hash)
    }
}
