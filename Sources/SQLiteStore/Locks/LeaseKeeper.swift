internal import GRDB
internal import Glibc
internal import Grants

/// The rows of `locks`: who works on which job.
///
/// A lease counts in `CLOCK_BOOTTIME` of one boot, so neither a stepped clock nor a suspended machine stretches
/// it. A lock whose process is gone is free at once.
struct LeaseKeeper: Sendable {
    static let lease: Int64 = 60_000
    let identity: ProcessIdentity

    func acquire(_ job: String, owner: Actor, at now: Timestamp, in db: Database) throws -> JobLock {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT owner, pid, pid_namespace, process_start, term, since, boot, lease_until FROM locks WHERE job = ?
                """,
            arguments: [job]
        )
        let term: Int64 = row?["term"] ?? 0
        if let row, let owner = (row["owner"] as Blob?).flatMap({ Actor(json: $0.bytes) }), isHeld(row) {
            let since = Timestamp(milliseconds: row["since"])
            throw StoreError(
                .lockHeld,
                "\(owner.words) (process \(row["pid"] as Int)) has run '\(job)' since \(since)",
                hint: "wait with --wait 10m, or end that process"
            )
        }
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO locks (job, owner, pid, pid_namespace, process_start, term, since, boot, lease_until)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job, Blob(owner.json), identity.pid, identity.namespace, identity.start, term + 1, now.milliseconds,
                identity.boot,
                identity.bootMilliseconds() + Self.lease,
            ]
        )
        return JobLock(job: job, owner: owner, pid: identity.pid, term: term + 1, since: now)
    }

    /// Whether the owner in a row of `locks` still works.
    func isHeld(_ row: Row) -> Bool {
        let boot: String = row["boot"]
        // A boot that cannot be read (a confined process) says nothing; the lease alone does.
        guard boot == identity.boot || boot.isEmpty || identity.boot.isEmpty,
            row["lease_until"] > identity.bootMilliseconds()
        else { return false }
        // Another pid namespace's processes cannot be seen from here: there only the lease tells.
        guard row["pid_namespace"] == identity.namespace else { return true }
        return ProcessIdentity.start(of: row["pid"]) == row["process_start"] as String
    }

    func renew(_ lock: JobLock, in db: Database) throws {
        try db.cachedStatement(sql: "UPDATE locks SET lease_until = ? WHERE job = ? AND term = ? AND owner IS NOT NULL")
            .execute(arguments: [identity.bootMilliseconds() + Self.lease, lock.job, lock.term])
        guard db.changesCount == 1 else {
            throw StoreError(
                .lockLost,
                "somebody else has taken over '\(lock.job)'; this run stops where it is",
                hint: "'grantkeeper runs list' shows who runs"
            )
        }
    }

    /// Says which run the holder works on; a lock that was taken over is left as it is.
    func assign(_ lock: JobLock, to run: Int64, in db: Database) throws {
        try db.execute(
            sql: "UPDATE locks SET run = ? WHERE job = ? AND term = ? AND owner IS NOT NULL",
            arguments: [run, lock.job, lock.term]
        )
    }

    func release(_ lock: JobLock, in db: Database) throws {
        try db.execute(
            sql: "UPDATE locks SET owner = NULL, lease_until = 0 WHERE job = ? AND term = ?",
            arguments: [lock.job, lock.term]
        )
    }
}

/// Which process this is, on which boot.
package struct ProcessIdentity: Sendable {
    package let pid: Int32
    /// The namespace that the pid counts in, like `pid:[4026531836]`.
    package let namespace: String
    /// The process's start in clock ticks since boot: a reused pid has another.
    package let start: String
    package let boot: String
    /// `CLOCK_BOOTTIME` in milliseconds.
    package let bootMilliseconds: @Sendable () -> Int64

    package init(
        pid: Int32,
        namespace: String = currentNamespace(),
        start: String,
        boot: String,
        bootMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.pid = pid
        self.namespace = namespace
        self.start = start
        self.boot = boot
        self.bootMilliseconds = bootMilliseconds
    }

    /// This very process.
    package static func current() -> ProcessIdentity {
        ProcessIdentity(
            pid: getpid(),
            start: start(of: Int(getpid())) ?? "",
            boot: text("/proc/sys/kernel/random/boot_id") ?? ""
        ) {
            var now = timespec()
            clock_gettime(CLOCK_BOOTTIME, &now)
            return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
        }
    }

    /// Field 22 of `/proc/PID/stat`; nil where there is no such process, or one that is dead and not yet reaped.
    static func start(of pid: Int) -> String? {
        guard let stat = text("/proc/\(pid)/stat"), let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
    }

    /// What the link `/proc/self/ns/pid` says.
    package static func currentNamespace() -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&buffer, 1, buffer.count, file)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self).trimmingLine : nil
    }
}

extension String {
    fileprivate var trimmingLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}
