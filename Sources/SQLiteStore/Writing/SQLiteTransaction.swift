internal import Crypto
internal import GRDB
internal import Grants
internal import Records

/// ``StoreWriting`` over one open transaction.
///
/// Counters and the journal's head are kept here and written once, by ``finish()``, just before the commit.
final class SQLiteTransaction: SQLiteSnapshot, StoreWriting {
    private struct Count: Hashable {
        let provider: Int64
        let tenant: Int64
        let standing: Int
    }

    private struct Minute: Hashable {
        let minute: Int64
        let provider: Int64
        let tenant: Int64
    }

    private let leases: LeaseKeeper
    private let newEventID: () -> String
    private var deltas: [Count: Int] = [:]
    private var ends: [Minute: (ended: Int, counted: Int)] = [:]
    private var head: (seq: Int64, hash: [UInt8])?
    private var bodies = JSONWriter()

    var saving = LateStatement(HotSQL.save)
    var postponing = LateStatement(HotSQL.postpone)
    var ordering = LateStatement(HotSQL.order)
    private var actor: (value: Actor, json: [UInt8])?
    private var appending = LateStatement(HotSQL.append)

    init(_ db: Database, vault: TokenVault?, leases: LeaseKeeper, newEventID: @escaping () -> String) {
        self.leases = leases
        self.newEventID = newEventID
        super.init(db, vault: vault)
    }

    /// Writes what was gathered; the transaction commits next.
    func finish() throws {
        for (count, delta) in deltas where delta != 0 {
            let key: StatementArguments = [count.provider, count.tenant, count.standing]
            try execute("INSERT OR IGNORE INTO counts (provider, tenant, standing, n) VALUES (?, ?, ?, 0)", key)
            try execute(
                "UPDATE counts SET n = n + ? WHERE provider = ? AND tenant = ? AND standing = ?",
                [delta] + key
            )
        }
        deltas = [:]
        for (minute, number) in ends {
            try execute(
                """
                INSERT INTO ends (minute, provider, tenant, ended, counted) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET ended = ended + ?4, counted = counted + ?5
                """,
                [minute.minute, minute.provider, minute.tenant, number.ended, number.counted]
            )
        }
        ends = [:]
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The actor's bytes, which are the same for all that one run does.
    func encoded(_ actor: Actor) -> [UInt8] {
        if let known = self.actor, known.value == actor { return known.json }
        let json = actor.json
        self.actor = (actor, json)
        return json
    }

    func renew(_ lock: JobLock) throws { try leases.renew(lock, in: db) }

    func countStanding(_ grant: Grant, from old: Standing?, to new: Standing?) throws {
        let provider = try words.intern(grant.key.provider.rawValue)
        let tenant = try words.intern(grant.tenant.rawValue)
        if let old { deltas[Count(provider: provider, tenant: tenant, standing: old.code), default: 0] -= 1 }
        if let new { deltas[Count(provider: provider, tenant: tenant, standing: new.code), default: 0] += 1 }
    }

    // The counters as this transaction will leave them.
    override func counts(endsSince: Timestamp) throws -> [Partition: PartitionCounts] {
        try finish()
        return try super.counts(endsSince: endsSince)
    }

    override func providers(in selection: GrantSelection) throws -> [ProviderID] {
        try finish()
        return try super.providers(in: selection)
    }

    // MARK: Journal

    @discardableResult
    func append(_ event: Event, about stored: StoredGrant?) throws -> Event {
        var event = event
        let previous = try head ?? journalHead()
        event.seq = previous.seq + 1
        event.id = newEventID()
        event.subjectReference = stored?.subjectReference
        bodies.bytes.removeAll(keepingCapacity: true)
        event.write(to: &bodies)
        let hash = JournalHash.next(after: previous.hash, body: bodies.bytes)
        try appending.on(db).run {
            $0.add(event.seq)
            $0.add(stored?.row)
            $0.add(event.subjectReference)
            $0.add(bodies.bytes)
            $0.add(hash)
        }
        head = (event.seq, hash)
        return event
    }

    func countEnd(in partition: Partition, at: Timestamp, isEnd: Bool, counts: Bool) throws {
        let minute = Minute(
            minute: at.milliseconds / 60_000,
            provider: try words.intern(partition.provider.rawValue),
            tenant: try words.intern(partition.tenant.rawValue)
        )
        ends[minute, default: (0, 0)].ended += isEnd ? 1 : 0
        ends[minute, default: (0, 0)].counted += counts ? 1 : 0
    }
}
