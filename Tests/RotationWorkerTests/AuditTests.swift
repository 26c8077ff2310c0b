import GRDB
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// Every change of the journal is found.
@Suite struct AuditTests {
    private func journal() async throws -> Rig {
        let rig = try await Rig()
        try await rig.add((1...9).map { idleGrant("g-\($0)") })
        rig.settings.policy.defaults.valve.sharePercent = 100
        rig.settings.policy.totalValve.sharePercent = 100
        try await rig.add((1...20).map { idleGrant("k-\($0)", idle: 1) })
        try await rig.rotate()
        return rig
    }

    @Test func `an untouched journal verifies, from any place`() async throws {
        let rig = try await journal()
        let head = try await rig.store.read { try $0.journalHead() }
        for from in [Int64(1), 2, 9] {
            let report = try await AuditCheck.verify(rig.store, from: from)
            #expect(report.ok && report.entries == Int(10 - from))
            #expect(report.head == head.hash.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) })
        }
    }

    @Test(
        arguments: [
            (
                [
                    "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), 'not used', 'not usEd') AS BLOB) WHERE seq = 4"
                ],
                Int64(4)
            ),
            (["UPDATE journal SET hash = randomblob(32) WHERE seq = 4"], 4),
            (["DELETE FROM journal WHERE seq = 4"], 5),
            (["DELETE FROM journal WHERE seq = 1"], 2),
            (["INSERT INTO journal SELECT 10, row, subject, body, hash FROM journal WHERE seq = 9"], 10),
            (
                [
                    "UPDATE journal SET seq = 1000 WHERE seq = 4", "UPDATE journal SET seq = 4 WHERE seq = 5",
                    "UPDATE journal SET seq = 5 WHERE seq = 1000",
                ], 4
            ),
        ] as [([String], Int64)]
    )
    func `a changed, removed, moved or added row is found`(tampering: [String], firstBad: Int64) async throws {
        let rig = try await journal()
        let other = try DatabaseQueue(path: rig.folder.file("grants.sqlite"))
        try await other.write { db in
            try db.execute(sql: "DROP TRIGGER journal_is_append_only")
            try db.execute(sql: "DROP TRIGGER journal_leaves_by_the_anchor")
            for sql in tampering { try db.execute(sql: sql) }
        }
        try other.close()
        let report = try await AuditCheck.verify(rig.store, from: 1)
        #expect(!report.ok && report.firstBadSeq == firstBad)
    }
}
