internal import Crypto
internal import GRDB
internal import Grants

/// ``StoreWriting`` over one open transaction.
///
/// Counters and the journal's head are kept here and written once, by ``finish()``, just before the commit.
final class SQLiteTransaction: SQLiteSnapshot, StoreWriting {
    private struct Count: Hashable {
        let provider: Int64
        let tenant: Int64
        let standing: Int
    }

    private let leases: LeaseKeeper
    private let newEventID: () -> String
    private var deltas: [Count: Int] = [:]
    private var head: (seq: Int64, hash: [UInt8])?

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
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
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
        let body = event.json()
        let hash = JournalHash.next(after: previous.hash, body: body)
        try execute(
            "INSERT INTO journal (seq, row, subject, body, hash) VALUES (?, ?, ?, ?, ?)",
            [event.seq, stored?.row, event.subjectReference, Blob(body), Blob(hash)]
        )
        head = (event.seq, hash)
        return event
    }

    func countEnd(in partition: Partition, at: Timestamp, isEnd: Bool, counts: Bool) throws {
        try execute(
            """
            INSERT INTO ends (minute, provider, tenant, ended, counted) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET ended = ended + ?4, counted = counted + ?5
            """,
            [
                at.milliseconds / 60_000,
                try words.intern(partition.provider.rawValue), try words.intern(partition.tenant.rawValue),
                isEnd ? 1 : 0, counts ? 1 : 0,
            ]
        )
    }
}
