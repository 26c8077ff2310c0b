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

    private struct Place: Hashable {
        let provider: Int64
        let tenant: Int64
    }

    private struct Minute: Hashable {
        let minute: Int64
        let provider: Int64
        let tenant: Int64
    }

    private struct GoneMinute: Hashable {
        let minute: Int64
        let provider: Int64
    }

    let leases: LeaseKeeper
    private let newEventID: () -> String
    private var deltas: [Count: Int] = [:]
    /// How many more there are to ask about.
    private var asked: [Place: Int] = [:]
    private var ends: [Minute: (ended: Int, counted: Int)] = [:]
    private var gone: [GoneMinute: Int] = [:]
    private var head: (seq: Int64, hash: [UInt8])?
    /// Of the entry that is added; its storage is used again.
    private var body: [UInt8] = []
    var holdingBook = HoldingBook()
    /// Whether a use is kept that names no known grant; nil: not looked yet.
    var anyUnmapped: Bool?
    /// How many of each feed are kept, where that was looked for.
    var unmappedCounts: [ExactText: Int] = [:]
    /// What is kept as one of each group that was looked for; written by ``finish()``.
    var gatheredGroups: [UnmappedGroup: UnmappedGroup.Gathered?] = [:]
    /// What makes digests of names this store's own; nil: not read yet.
    var salt: [UInt8]?
    var places = PlaceBook()

    var saving = LateStatement(HotSQL.save)
    var deciding = LateStatement(HotSQL.decide)
    var keepingActive = LateStatement(HotSQL.keepActive)
    var keptCohort: KeptCohort?
    var postponing = LateStatement(HotSQL.postpone)
    var postponingAgain = LateStatement(HotSQL.postponeAgain)
    var ordering = LateStatement(HotSQL.order)
    var inserting = InsertStatements()
    /// The row inserted last, while it shares neither a token nor a provider grant id with any other.
    var aloneRow: Int64?
    var using = UseStatements()
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
        for (place, delta) in asked where delta != 0 {
            let key: StatementArguments = [place.provider, place.tenant]
            try execute("INSERT OR IGNORE INTO asked (provider, tenant, n) VALUES (?, ?, 0)", key)
            try execute("UPDATE asked SET n = n + ? WHERE provider = ? AND tenant = ?", [delta] + key)
        }
        asked = [:]
        try holdingBook.finish(in: db)
        try settleUnmapped()
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
        for (minute, number) in gone {
            try execute(
                """
                INSERT INTO gone_ends (provider, minute, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + ?3
                """,
                [minute.provider, minute.minute, number]
            )
        }
        gone = [:]
    }

    /// Counts an end by rule 4, for the creep.
    func countGone(provider: Int64, at instant: Timestamp) {
        gone[GoneMinute(minute: instant.milliseconds / 60_000, provider: provider), default: 0] += 1
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

    func assign(_ lock: JobLock, to run: Int64) throws { try leases.assign(lock, to: run, in: db) }

    func countStanding(_ grant: Grant, from old: Standing?, to new: Standing?) throws {
        let place = try places.place(of: grant, in: words)
        try countStanding(provider: place.provider, tenant: place.tenant, from: old, to: new)
    }

    func countStanding(provider: Int64, tenant: Int64, from old: Standing?, to new: Standing?) throws {
        if let old { deltas[Count(provider: provider, tenant: tenant, standing: old.code), default: 0] -= 1 }
        if let new { deltas[Count(provider: provider, tenant: tenant, standing: new.code), default: 0] += 1 }
    }

    func countAsked(_ grant: Grant, by delta: Int) throws {
        let place = try places.place(of: grant, in: words)
        countAsked(provider: place.provider, tenant: place.tenant, by: delta)
    }

    func countAsked(provider: Int64, tenant: Int64, by delta: Int) {
        asked[Place(provider: provider, tenant: tenant), default: 0] += delta
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

    override func settle() throws { try finish() }

    // MARK: Journal

    @discardableResult
    func append(_ event: Event, about stored: StoredGrant?) throws -> Event {
        var event = event
        event.subjectReference = stored?.subjectReference
        (event.seq, event.id) = try add(Event.Draft(event, about: stored))
        return event
    }

    func append(_ draft: Event.Draft) throws { _ = try add(draft) }

    private func add(_ draft: Event.Draft) throws -> (seq: Int64, id: String) {
        let previous = try head ?? journalHead()
        let (seq, id) = (previous.seq + 1, newEventID())
        draft.write(id: id, seq: seq, to: &body)
        let hash = JournalHash.next(after: previous.hash, body: body)
        try appending.on(db).run {
            $0.add(seq)
            $0.add(draft.row)
            $0.add(draft.subjectReference)
            $0.add(body)
            $0.add(hash)
        }
        head = (seq, hash)
        return (seq, id)
    }

    func setCovering(_ successor: Grant.Key) throws {
        guard let provider = try words.number(successor.provider.rawValue) else { return }
        try execute(
            "UPDATE states SET covers = 1 WHERE row = (SELECT row FROM grants WHERE provider = ? AND id = ?)",
            [provider, successor.id]
        )
    }

    func countEnd(of grant: Grant, at: Timestamp, isEnd: Bool, counts: Bool) throws {
        let place = try places.place(of: grant, in: words)
        let minute = Minute(minute: at.milliseconds / 60_000, provider: place.provider, tenant: place.tenant)
        let known = ends[minute, default: (0, 0)]
        ends[minute] = (known.ended + (isEnd ? 1 : 0), known.counted + (counts ? 1 : 0))
    }
}
