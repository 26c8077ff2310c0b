import GRDB
import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Synchronization

extension Rig {
    /// Everything older than 400 days leaves, runs older than 90.
    func retention(_ change: (inout RetentionSettings) -> Void = { _ in }) -> RetentionSettings {
        var retention = RetentionSettings()
        retention.keepEnded = .days(400)
        retention.keepJournal = .days(400)
        retention.keepRuns = .days(90)
        retention.archivePath = folder.path
        change(&retention)
        return retention
    }

    @discardableResult
    func purge(
        _ retention: RetentionSettings? = nil,
        archive: (any Archive)? = nil
    ) async throws -> PurgeJob.Report {
        let (environment, now) = (environment, clock.now())
        let lock = try await store.lock(PurgeJob.name, owner: environment.actor, at: now)
        let run = try await store.write { try $0.beginRun(job: PurgeJob.name, actor: environment.actor, at: now) }
        let job = PurgeJob(
            environment,
            retention: retention ?? self.retention(),
            lock: lock,
            run: run,
            archive: archive
        )
        do {
            let report = try await job.perform()
            try await store.unlock(lock)
            return report
        } catch {
            try? await store.unlock(lock)
            throw error
        }
    }

    /// Adds grants that were revoked so many days ago, each with its entries in the journal.
    func addEnded(_ grants: [Grant], daysAgo: Int64, family: String? = nil) async throws {
        let ended = clock.now() - .days(daysAgo)
        try await store.write { writing in
            for given in grants {
                var grant = given
                if let family { grant.family = try writing.family(named: family, at: grant.key.provider) }
                let token = Secret("rt-\(grant.key.id)")
                var stored = try writing.insert(grant, tokens: [.refreshToken: token], at: ended)
                try writing.append(Event(Event.Kind.grantRecorded, at: ended, about: stored.grant), about: stored)
                stored.grant.standing = .revoked
                stored.endedAt = ended
                try writing.save(stored)
                try writing.append(Event("grant.revoked", at: ended, about: stored.grant), about: stored)
            }
        }
    }

    /// Appends entries of so many days ago.
    func tell(_ number: Int, daysAgo: Int64) async throws {
        let at = clock.now() - .days(daysAgo)
        try await store.write { writing in
            for _ in 0..<number { try writing.append(Event(Event.Kind.runWarned, at: at), about: nil) }
        }
    }

    func acknowledge(_ sink: String, through seq: Int64) async throws {
        try await store.write { try $0.setSinkCursor(SinkCursor(id: sink, seq: seq)) }
    }

    func ids() async throws -> [String] { try await standings().keys.sorted() }

    /// The names in the folder that begin like this.
    func files(_ prefix: String) -> [String] {
        guard let directory = opendir(folder.path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(prefix) { names.append(name) }
        }
        return names.sorted()
    }

    /// One transaction of another program, past all triggers that are named.
    func raw(without triggers: [String] = [], _ statements: String...) async throws {
        let other = try DatabaseQueue(path: folder.file("grants.sqlite"))
        try await other.write { db in
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger)") }
            for sql in statements { try db.execute(sql: sql) }
        }
        try other.close()
    }

    func count(_ table: String) throws -> Int {
        let other = try DatabaseQueue(path: folder.file("grants.sqlite"))
        let count = try other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
        try other.close()
        return count
    }
}

/// An archive in memory that does as a test says just before a file is sealed.
final class ScriptedArchive: Archive {
    private let sealing: @Sendable () throws -> Void
    private let files = Mutex<[String: [UInt8]]>([:])

    init(_ sealing: @escaping @Sendable () throws -> Void = {}) { self.sealing = sealing }

    var names: [String] { files.withLock { $0.keys.sorted() } }

    func begin(_ name: String) throws -> any ArchiveFile { ScriptedFile(name, self) }

    fileprivate func seal(_ name: String, _ bytes: [UInt8]) throws -> String {
        try sealing()
        files.withLock { $0[name] = bytes }
        return String(repeating: "0", count: 64)
    }

    private final class ScriptedFile: ArchiveFile {
        let name: String
        private let archive: ScriptedArchive
        private let bytes = Mutex<[UInt8]>([])

        init(_ name: String, _ archive: ScriptedArchive) {
            self.name = name
            self.archive = archive
        }

        func append(_ line: [UInt8]) throws { bytes.withLock { $0 += line + [0x0A] } }
        func seal() throws -> String { try archive.seal(name, bytes.withLock { $0 }) }
        func abandon() {}
    }
}

extension ScriptedArchive {
    /// What another program sees or does at that moment.
    static func count(_ path: String, _ table: String) throws -> Int {
        let other = try DatabaseQueue(path: path)
        let count = try other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
        try other.close()
        return count
    }

    static func execute(_ path: String, _ sql: String) throws {
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: sql) }
        try other.close()
    }
}

extension Rig {
    @discardableResult
    func purge(
        _ change: (inout RetentionSettings) -> Void,
        archive: (any Archive)? = nil
    ) async throws -> PurgeJob.Report {
        try await purge(retention(change), archive: archive)
    }
}
