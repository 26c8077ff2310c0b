import Glibc
import Grants
import GrantsTestSupport
import Records
import RotationWorker
import SQLiteStore
import Synchronization
import Testing

/// Ended grants leave when their time is over, never before they are archived, never while somebody needs them.
@Suite struct GrantPurgeTests {
    /// Old enough in every respect.
    private func old(_ id: String, _ change: (inout Grant) -> Void = { _ in }) -> Grant {
        idleGrant(id, idle: 600) { grant in
            grant.issuedAt = start - .days(900)
            grant.subject = "u-\(id)"
            change(&grant)
        }
    }

    @Test func `an ended grant leaves with its token, family and subject, and its line tells all but the token`()
        async throws
    {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401, family: "f-1")
        try await rig.addEnded([old("g-2")], daysAgo: 399)
        try await rig.add([idleGrant("k-1", idle: 1) { $0.subject = "u-k" }])
        try await rig.acknowledge("told", through: 4)
        let report = try await rig.purge { $0.keepJournal = .days(399) }
        #expect(report.grants == 1 && report.heldBack["family"] == nil)
        let standings = try await rig.standings()
        #expect(standings == ["g-2": .revoked, "k-1": .active])
        #expect(try rig.count("tokens") == 2 && rig.count("families") == 0)
        #expect(try rig.count("subjects WHERE name = 'u-g-1'") == 0 && rig.count("subjects") == 2)
        let name = try #require(report.archives.first { $0.hasPrefix("grants-") })
        let bytes = try #require(rig.folder.bytes(name))
        #expect(rig.folder.mode(name) == 0o600)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("rt-g"))
        let line = try JSONObject(parsing: bytes.dropLast())
        #expect(line["id"]?.stringValue == "g-1" && line["subject"]?.stringValue == "u-g-1")
        #expect(line["family"]?.stringValue == "f-1" && line["x_standing"]?.stringValue == "revoked")
        #expect(line["x_ended_at"]?.stringValue == "\(start - .days(401))")
        let told = try await rig.events().filter { $0 == "grants.purged" }
        #expect(told.count == 1)
    }

    @Test func `nothing is removed before the archive is on the disk`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401)
        try await rig.add([idleGrant("k-1", idle: 1)])
        let seen = Mutex<[Int]>([])
        let path = rig.folder.file("grants.sqlite")
        let archive = ScriptedArchive {
            let count = try ScriptedArchive.count(path, "grants")
            seen.withLock { $0.append(count) }
        }
        let report = try await rig.purge({ $0.keepJournal = nil }, archive: archive)
        #expect(report.grants == 1 && seen.withLock { $0 } == [2])
    }

    @Test func `an archive that cannot be synced removes nothing`() async throws {
        let rig = try await Rig()
        try await rig.addEnded((1...40).map { old("g-\($0)") }, daysAgo: 401)
        let full = ScriptedArchive { throw StoreError(.full, "no room left") }
        await #expect(throws: StoreError.self) { try await rig.purge(archive: full) }
        #expect(try await rig.ids().count == 40)
        #expect(try rig.count("journal") == 80)
    }

    @Test func `an archive's directory that is not there, or a name that is taken, removes nothing`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1"), old("g-2")], daysAgo: 401)
        let gone = try await #require(throws: StoreError.self) {
            try await rig.purge { $0.archivePath = rig.folder.file("none") }
        }
        #expect(gone.hint?.contains("retention.archive") == true)
        for run in 1...9 {
            rig.folder.write(Array("kept".utf8), to: "grants-2026-11-24T00-00-00Z-run\(run).ndjson")
        }
        await #expect(throws: StoreError.self) { try await rig.purge() }
        #expect(rig.folder.bytes("grants-2026-11-24T00-00-00Z-run2.ndjson") == Array("kept".utf8))
        #expect(try await rig.ids() == ["g-1", "g-2"])
        #expect(rig.files("grants-").allSatisfy { !$0.hasSuffix(".partial") })
    }

    @Test func `what was archived and not removed, because the run was lost, is archived and removed by the next one`()
        async throws
    {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1"), old("g-2")], daysAgo: 401)
        let path = rig.folder.file("grants.sqlite")
        // Somebody else takes the lock over between the archive and the transaction.
        let stolen = ScriptedArchive { try ScriptedArchive.execute(path, "UPDATE locks SET term = term + 1") }
        let error = await #expect(throws: StoreError.self) { try await rig.purge(archive: stolen) }
        #expect(error?.code == .lockLost && stolen.names.count == 1)
        #expect(try await rig.ids() == ["g-1", "g-2"])
        try await rig.raw("DELETE FROM locks")
        let report = try await rig.purge { $0.keepJournal = nil }
        #expect(report.grants == 1 && report.heldBack == ["newest": 1])
        #expect(try await rig.ids() == ["g-2"])
    }

    @Test func `an ended member of a family that lives stays, and its use is still the family's`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401, family: "f-1")
        try await rig.add([idleGrant("g-2", idle: 1)], family: "f-1")
        try await rig.add([idleGrant("k-1", idle: 1)])
        var report = try await rig.purge()
        #expect(report.grants == 0 && report.heldBack["family"] == 1)
        let family = try #require(try await rig.grant("g-2")?.grant.family)
        let use = try await rig.store.read { try $0.lastUseOfEnded(inFamily: family) }
        #expect(use == start - .days(600))
        for standing in [Standing.revoking, .stuck] {
            try await rig.change("g-2") { $0.grant.standing = standing }
            report = try await rig.purge()
            #expect(report.grants == 0 && report.heldBack["family"] == 1)
        }
    }

    @Test(arguments: EndedGrant.Keeper.allCases.filter { $0 != .family })
    func `an ended grant that something needs stays`(keeper: EndedGrant.Keeper) async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401)
        let row = try #require(try await rig.grant("g-1")).row
        if keeper != .newest { try await rig.add([idleGrant("k-1", idle: 1)]) }
        switch keeper {
        case .used: try await rig.change("g-1") { $0.grant.lastUsedAt = start - .days(3) }
        case .residual: try await rig.change("g-1") { $0.grant.residualUntil = start + .hours(1) }
        case .exempt:
            let exemption = Exemption(owner: "kim", reason: "audit", until: start + .days(1))
            try await rig.store.write { try $0.setExemption(exemption, row: row) }
        case .waiting:
            try await rig.store.write {
                try $0.setPendingVerdicts([PendingVerdict(row: row, at: start, run: 1)], of: "idp")
            }
        case .newest, .family: break
        }
        let planned = try await PurgeJob.forecast(rig.environment, retention: rig.retention())
        let report = try await rig.purge()
        #expect(report.grants == 0 && report.heldBack[keeper.rawValue] == 1)
        #expect(planned.grants == 0 && planned.heldBack[keeper.rawValue] == 1)
        #expect(try await rig.grant("g-1") != nil)
    }

    @Test func `a grant that is used while it is archived is not removed`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401)
        try await rig.add([idleGrant("k-1", idle: 1)])
        let path = rig.folder.file("grants.sqlite")
        let archive = ScriptedArchive {
            let used = (start - .days(450)).milliseconds
            try ScriptedArchive.execute(path, "UPDATE states SET last_used_at = \(used) WHERE standing = 6")
        }
        let report = try await rig.purge({ $0.keepJournal = nil }, archive: archive)
        #expect(report.grants == 0 && report.heldBack == ["changed": 1])
        #expect(try await rig.ids() == ["g-1", "k-1"])
    }

    @Test func `a line for a purged grant is ignored unless its consent is later than the end`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1")], daysAgo: 401)
        try await rig.add([idleGrant("k-1", idle: 1)])
        let line =
            #"{"id":"g-1","provider":"idp","tenant":"acme","client":"portal","scopes":["ticket.read"],"issued_at":"#
        try await rig.purge()
        for issued in [start - .days(900), start - .days(401)] {
            let report = try await rig.importing(line + "\"\(issued)\"}")
            #expect(report.ended == 1 && report.added == 0)
        }
        #expect(try await rig.ids() == ["k-1"])
        let later = try await rig.importing(line + "\"\(start - .days(400))\"}")
        #expect(later.added == 1)
        let end = try await rig.store.read { try $0.purgedEnd(of: .init(provider: "idp", id: "g-1")) }
        #expect(end == nil)
        #expect(try await rig.standings()["g-1"] == .active)
    }

    @Test func `the archive is read back by an import, which ignores it`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1"), old("g-2")], daysAgo: 401)
        try await rig.add([idleGrant("k-1", idle: 1)])
        let name = try #require(try await rig.purge().archives.first)
        let text = String(decoding: try #require(rig.folder.bytes(name)), as: UTF8.self)
        let report = try await rig.importing(text)
        #expect(report.ended == 2 && report.bad == 0)
        #expect(try await rig.ids() == ["k-1"])
    }

    @Test func `while everything is frozen nothing leaves`() async throws {
        let rig = try await Rig()
        try await rig.addEnded([old("g-1"), old("g-2")], daysAgo: 401)
        try await GateOrders(rig.environment).freeze(GrantSelection(), reason: "restored")
        let report = try await rig.purge()
        #expect(report.grants == 0 && report.archives == [] && (report.heldBack["frozen"] ?? 0) > 0)
        #expect(try await rig.ids() == ["g-1", "g-2"])
        #expect(rig.files("grants-") == [] && rig.files("journal-") == [])
    }

    @Test func `a store without room says so, and nothing is half removed`() async throws {
        let rig = try await Rig()
        try await rig.addEnded((1...30).map { old("g-\($0)") }, daysAgo: 401)
        let path = rig.folder.file("grants.sqlite")
        await rig.store.close()
        var limits = StoreLimits()
        limits.maximumPages = 1
        let keyring = try Keyring(parsing: Secret(String(repeating: "A", count: 43) + "="))
        let store = try await SQLiteGrantStore.open(path: path, keyring: keyring, limits: limits) { "id" }
        // The free pages of the file are used up, so that the next one would need room.
        let padding = try await storeError {
            try await store.write { writing in
                for number in 0..<100_000 {
                    try writing.setSetting("padding-\(number)", String(repeating: "p", count: 3_000))
                }
            }
        }
        #expect(padding?.code == .full)
        var environment = rig.environment
        environment.store = store
        let (fixed, retention) = (environment, rig.retention { $0.keepJournal = nil })
        let lock = try await store.lock(PurgeJob.name, owner: fixed.actor, at: start)
        let outcome = try await storeError {
            _ = try await PurgeJob(fixed, retention: retention, lock: lock, run: 1).perform()
        }
        let (left, counts) = try await store.read {
            (try $0.count(.all, in: GrantSelection()), try $0.counts(endsSince: start))
        }
        #expect(outcome == nil || outcome?.code == .full)
        #expect(counts.values.reduce(0) { $0 + ($1.standings[.revoked] ?? 0) } == left)
        #expect(left == (outcome == nil ? 1 : 30))
        await store.close()
    }

    private func storeError(_ body: () async throws -> Void) async throws -> StoreError? {
        do {
            try await body()
            return nil
        } catch let error as StoreError {
            return error
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `counters equal counted rows, and the living stay, after any purges`(seed: UInt64) async throws {
        let rig = try await Rig()
        rig.settings.sinks = []
        var random = SplitMix64(seed: seed)
        for step in 0..<5 {
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let number = Int.random(in: 0..<1_000_000, using: &random)
                let tenant: TenantID = Bool.random(using: &random) ? "acme" : "globex"
                let family = Int.random(in: 0..<3, using: &random) == 0 ? "f-\(number % 4)" : nil
                let ago = Int64.random(in: 1...800, using: &random)
                let grant = old("g-\(step)-\(number)") { $0.tenant = tenant }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    try await rig.add([grant], family: family)
                } else {
                    try await rig.addEnded([grant], daysAgo: ago, family: family)
                }
            }
            let live = try await rig.standings().filter { $0.value == .active }
            try await rig.purge()
            rig.clock.advance(by: .days(40))
            let (counts, counted, stillLive) = try await rig.store.read { reading in
                var counted: [Partition: [Standing: Int]] = [:]
                var live: [String: Standing] = [:]
                try reading.forEach(.all, in: GrantSelection()) { stored in
                    counted[Partition(of: stored.grant), default: [:]][stored.grant.standing, default: 0] += 1
                    if stored.grant.standing == .active { live[stored.grant.key.id] = .active }
                }
                return (try reading.counts(endsSince: start).mapValues(\.standings), counted, live)
            }
            #expect(counts == counted, "seed \(seed), step \(step)")
            #expect(live == stillLive, "seed \(seed), step \(step)")
            let audit = try await AuditCheck.verify(rig.store, from: 1)
            #expect(audit.ok, "seed \(seed), step \(step): \(audit.why ?? "")")
        }
        #expect(try rig.count("families f WHERE NOT EXISTS (SELECT 1 FROM grants WHERE family = f.id)") == 0)
        #expect(try rig.count("tokens t WHERE NOT EXISTS (SELECT 1 FROM grants WHERE row = t.row)") == 0)
        #expect(try rig.count("pragma_foreign_key_check") == 0)
    }
}
