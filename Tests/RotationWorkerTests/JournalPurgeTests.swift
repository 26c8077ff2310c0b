import Grants
import GrantsTestSupport
import Records
import RotationWorker
import SQLiteStore
import Testing

/// The journal's oldest entries leave, the anchor stands for them, and nobody can do that unseen.
@Suite struct JournalPurgeTests {
    /// Ten old entries and three young ones, and everybody has been told of `told`.
    private func rig(told: Int64? = 13) async throws -> Rig {
        let rig = try await Rig()
        try await rig.tell(10, daysAgo: 500)
        try await rig.tell(3, daysAgo: 100)
        if let told { try await rig.acknowledge("told", through: told) }
        return rig
    }

    @Test func `old entries leave, and the journal verifies from the anchor`() async throws {
        let rig = try await rig()
        let hash = try await rig.store.read { try $0.journalHash(at: 10) }
        let report = try await rig.purge()
        #expect(report.journal == 10 && report.heldBack == [:])
        let (anchor, same, before, start, types) = try await rig.store.read { reading in
            (
                try reading.journalAnchor(), try reading.journalHash(at: 10), try reading.journalHash(at: 9),
                try reading.journalHash(at: 0), try reading.journal(after: 0, limit: 100).map(\.seq)
            )
        }
        #expect(anchor?.seq == 10 && anchor?.hash == hash && same == hash && before == nil)
        #expect(start == [UInt8](repeating: 0, count: 32) && types == [11, 12, 13, 14])
        let audit = try await AuditCheck.verify(rig.store, from: 1)
        #expect(audit.ok && audit.fromSeq == 11 && audit.entries == 4)
        let archive = try #require(anchor?.archive)
        #expect(report.archives == [archive] && rig.files("journal-") == [archive])
        let checked = try await ArchiveCheck.verify(path: rig.folder.file(archive), against: rig.store)
        #expect(checked.links.ok && checked.links.entries == 10 && checked.isKnown)
        let told = try await rig.store.read { try $0.journal(after: 13, limit: 1) }
        let event = try JSONObject(parsing: #require(told.first).body)
        #expect(event["type"]?.stringValue == "journal.purged" && event["from_seq"]?.int64Value == 1)
        #expect(event["to_seq"]?.int64Value == 10 && event["archive"]?.stringValue == archive)
        #expect(event["archive_sha256"]?.stringValue == checked.digest && event["actor"]?.objectValue != nil)
    }

    @Test(arguments: [(nil, 0, 10), (0, 0, 10), (4, 4, 6), (10, 10, nil), (13, 10, nil)] as [(Int64?, Int, Int?)])
    func `an entry that a sink still needs stays`(told: Int64?, purged: Int, held: Int?) async throws {
        let rig = try await rig(told: told)
        let planned = try await PurgeJob.forecast(rig.environment, retention: rig.retention())
        let report = try await rig.purge()
        #expect(report.journal == purged && report.heldBack["sink"] == held)
        #expect(planned.journal == purged && planned.heldBack["sink"] == held)
        // The sink then gets every entry that it had not got.
        let lines = try await rig.deliver()
        #expect(lines[0].failure == nil)
        let seqs = rig.sink.batches.flatMap { $0 }.map(\.seq)
        #expect(seqs == Array(((told ?? 0) + 1)...(13 + (purged > 0 ? 1 : 0))))
        let audit = try await AuditCheck.verify(rig.store, from: 1)
        #expect(audit.ok)
    }

    @Test func `the slowest sink counts, and one that is not configured any more does not`() async throws {
        let rig = try await rig()
        rig.settings.sinks.append(SinkSettings(id: "slow", kind: .file(path: "none")))
        try await rig.acknowledge("slow", through: 2)
        try await rig.acknowledge("gone", through: 0)
        var report = try await rig.purge()
        #expect(report.journal == 2 && report.heldBack["sink"] == 8)
        rig.settings.sinks.removeLast()
        report = try await rig.purge()
        #expect(report.journal == 8 && report.heldBack == [:])
    }

    @Test func `only a prefix leaves: an old entry behind a young one stays`() async throws {
        let rig = try await Rig()
        rig.settings.sinks = []
        try await rig.tell(2, daysAgo: 500)
        try await rig.tell(1, daysAgo: 1)
        try await rig.tell(2, daysAgo: 500)
        let report = try await rig.purge()
        #expect(report.journal == 2)
    }

    @Test func `a second purge goes on at the anchor, and its archive follows the first one's`() async throws {
        let rig = try await rig()
        try await rig.purge()
        rig.clock.advance(by: .days(350))
        try await rig.acknowledge("told", through: 14)
        let report = try await rig.purge()
        #expect(report.journal == 3)
        let anchor = try await rig.store.read { try $0.journalAnchor() }
        #expect(anchor?.seq == 13)
        for name in rig.files("journal-") {
            let checked = try await ArchiveCheck.verify(path: rig.folder.file(name), against: rig.store)
            #expect(checked.links.ok && checked.isKnown)
        }
        #expect(rig.files("journal-").count == 2)
        let audit = try await AuditCheck.verify(rig.store, from: 1)
        #expect(audit.ok && audit.fromSeq == 14)
    }

    @Test func `an emptied journal goes on counting behind its anchor`() async throws {
        let rig = try await Rig()
        rig.settings.sinks = []
        try await rig.tell(5, daysAgo: 500)
        try await rig.purge()
        let head = try await rig.store.read { try $0.journalHead().seq }
        #expect(head == 6)
        rig.clock.advance(by: .days(500))
        try await rig.purge()
        let after = try await rig.store.read { try $0.journalHead().seq }
        #expect(after == 7)
    }

    @Test func `a place before the anchor cannot be checked, and the error says from where on`() async throws {
        let rig = try await rig()
        try await rig.purge()
        let error = await #expect(throws: StoreError.self) { try await AuditCheck.verify(rig.store, from: 5) }
        #expect(error?.code == .unknownName && error?.message.contains("from 11 on") == true)
        for from in [Int64(11), 12, 14] {
            let report = try await AuditCheck.verify(rig.store, from: from)
            #expect(report.ok && report.fromSeq == from)
        }
    }

    private static let triggers = [
        "journal_is_append_only", "journal_leaves_by_the_anchor", "journal_anchor_moves_on", "journal_anchor_stays",
        "journal_anchor_is_an_entry",
    ]

    @Test(
        arguments: [
            ("DELETE FROM journal WHERE seq <= 11", Int64(12)),
            ("DELETE FROM journal_anchor", 11),
            ("UPDATE journal_anchor SET hash = randomblob(32)", 11),
            ("UPDATE journal_anchor SET seq = 9", 11),
            (
                """
                UPDATE journal_anchor SET seq = 12, hash = (SELECT hash FROM journal WHERE seq = 12);
                DELETE FROM journal WHERE seq <= 12
                """, 12
            ),
            ("DELETE FROM journal", 10),
            ("INSERT INTO journal SELECT 10, row, subject, body, hash FROM journal WHERE seq = 11", 10),
        ] as [(String, Int64)]
    )
    func `a cut prefix without its anchor, and an anchor without its entry, are found`(sql: String, firstBad: Int64)
        async throws
    {
        let rig = try await rig()
        try await rig.purge()
        try await rig.raw(without: Self.triggers, sql)
        let report = try await AuditCheck.verify(rig.store, from: 1)
        #expect(!report.ok && report.firstBadSeq == firstBad, "\(report.why ?? "")")
    }

    @Test func `a broken journal is not purged`() async throws {
        let rig = try await rig()
        try await rig.raw(
            without: Self.triggers,
            "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), 'run', 'RUN') AS BLOB) WHERE seq = 4"
        )
        let error = await #expect(throws: StoreError.self) { try await rig.purge() }
        #expect(error?.code == .damaged && error?.message.contains("entry 4") == true)
        #expect(try rig.count("journal") == 13 && rig.count("journal_anchor") == 0)
        #expect(rig.files("journal-") == [])
    }

    @Test(arguments: ["changed", "left out", "swapped", "cut off", "rewritten"])
    func `an archive that was tampered with is found`(how: String) async throws {
        let rig = try await rig()
        let name = try #require(try await rig.purge().archives.first)
        var lines = String(decoding: try #require(rig.folder.bytes(name)), as: UTF8.self).split(separator: "\n")
            .map(String.init)
        var target = name
        switch how {
        case "changed": lines[4] = lines[4].replacing("run.warned", with: "run.walked")
        case "left out": lines.remove(at: 4)
        case "swapped": lines.swapAt(4, 5)
        case "cut off": lines.removeLast(3)
        // Another store's journal, whole in itself, under this one's name.
        default:
            let other = try await self.rig()
            target = try #require(try await other.purge().archives.first)
            lines = String(decoding: try #require(other.folder.bytes(target)), as: UTF8.self)
                .split(separator: "\n").map { String($0.replacing("\"run\":1,", with: "\"run\":2,")) }
            target = name
        }
        rig.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: target)
        let report = try await ArchiveCheck.verify(path: rig.folder.file(target), against: rig.store)
        #expect(!report.links.ok, "\(how)")
    }

    @Test func `runs leave by their age, never one that goes on or that something held refers to`() async throws {
        let rig = try await Rig()
        let long = start - .days(200)
        let runs = try await rig.store.write { writing in
            try (0..<5).map { _ in try writing.beginRun(job: "rotate", actor: Actor(kind: .schedule), at: long) }
        }
        let row = try await rig.add([idleGrant("g-1")])[0]
        try await rig.store.write { writing in
            for run in runs.dropLast() {
                try writing.endRun(
                    run,
                    outcome: "done",
                    summary: Array(#"{"run":\#(run)}"#.utf8),
                    at: long + .minutes(1)
                )
            }
            try writing.setPendingVerdicts([PendingVerdict(row: row, at: start, run: runs[1])], of: "idp")
            var order = RevocationOrder(
                row: row,
                target: .revoked,
                rule: .byHand,
                reason: "left",
                actor: Actor(kind: .schedule)
            )
            order.run = runs[2]
            try writing.setRevocation(order, of: idleGrant("g-1"))
        }
        let report = try await rig.purge()
        #expect(report.runs == 2 && report.heldBack["run-awaited"] == 2)
        let left = try await rig.store.read { try $0.runs(limit: 100) }.map(\.id).sorted()
        #expect(left.prefix(3) == [runs[1], runs[2], runs[4]])
        #expect(rig.files("runs-").count == 1)
    }
}
