/// Where grants, their journal and the runs are kept.
///
/// One writer at a time; a reader sees one snapshot. Bodies run on the store's own threads and may
/// be long. What `write` returned is durable.
package protocol GrantStore: Sendable {
    /// Runs `body` on one snapshot that never changes while it runs.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Result
    ) async throws -> Result

    /// Runs `body` in one transaction: all of it, or, when it throws, nothing.
    ///
    /// A cancelled task does not undo it (invariant 5).
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting) throws -> Result
    ) async throws -> Result

    /// The same with a second thread: `scout` runs beside `body`, on a snapshot of what the transaction begins with.
    ///
    /// Nobody else writes meanwhile. `scout` is called once, with the failure where nothing can be read. Both have
    /// ended when this returns: a scout must wait for `body` no longer than `body` lasts.
    func write<Answer: Sendable>(
        scouting scout: @escaping @Sendable (Result<any StoreReading, any Error>) -> Void,
        _ body: @escaping @Sendable (any StoreWriting) throws -> Answer
    ) async throws -> Answer

    /// Takes the lock of a job, or throws `lock-held` naming who has it.
    func lock(_ job: String, owner: Actor, at now: Timestamp) async throws -> JobLock

    /// A number that differs after every commit of another connection, another process's included.
    func changeNumber() async throws -> Int64

    /// Makes tokens ready for this store; nil without a key.
    var tokenReadying: (any TokenReadying)? { get }

    /// Gives a lock back; nothing happens if it was taken over.
    func unlock(_ lock: JobLock) async throws
}

/// What can be asked of a snapshot.
package protocol StoreReading: PurgeReading, HoldingReading, IntakeReading, WatchReading {
    /// In key order; memory is bounded whatever the number of grants.
    func forEach(
        _ state: GrantState,
        in selection: GrantSelection,
        _ body: (StoredGrant) throws -> Void
    ) throws
    /// The first of them after a key, at most `limit`.
    func page(
        _ state: GrantState,
        in selection: GrantSelection,
        after key: Grant.Key?,
        limit: Int
    ) throws -> [StoredGrant]
    /// How many grants ``forEach(_:in:_:)`` would give.
    func count(_ state: GrantState, in selection: GrantSelection) throws -> Int

    func grant(_ key: Grant.Key) throws -> StoredGrant?
    func grant(row: Int64) throws -> StoredGrant?
    /// The row that the next new grant gets, unless somebody else adds one first.
    func nextRow() throws -> Int64
    /// Whose the grant is; nil: there is none.
    func holder(of key: Grant.Key) throws -> GrantHolder?
    /// The keys of all grants with this id, whatever their provider.
    func keys(named id: String) throws -> [Grant.Key]
    /// The providers that have grants, in order of their names.
    func providers(in selection: GrantSelection) throws -> [ProviderID]
    /// What the records call the family; nil where a shared token made it.
    func familyName(_ family: Int64) throws -> String?
    /// The live members of a family, at most `limit` of them.
    func members(ofFamily family: Int64, limit: Int) throws -> [StoredGrant]
    /// The latest use of the members that have ended; nil where none was used.
    func lastUseOfEnded(inFamily family: Int64) throws -> Timestamp?
    /// The live grants of a client and subject at a provider, at most `limit` of them.
    func grants(
        of client: ClientID,
        subject: String,
        at provider: ProviderID,
        limit: Int
    ) throws -> [StoredGrant]
    /// All grants of a client and subject at a provider, ended ones too.
    func everyGrant(of client: ClientID, subject: String, at provider: ProviderID) throws -> [StoredGrant]
    /// The live grants of other clients that hold a token of the kind and were called active last, newest verdict first.
    func newestActive(
        at provider: ProviderID,
        kind: TokenKind,
        except client: ClientID,
        limit: Int
    ) throws -> [StoredGrant]

    /// The tokens, opened. Throws `no-key` without a key.
    func tokens(of row: Int64) throws -> [TokenKind: Secret]
    /// One of them, opened; nil: the grant has none of the kind. Throws `no-key` without a key.
    func token(_ kind: TokenKind, of row: Int64) throws -> Secret?
    /// The clients that the provider named when it called the grant's tokens active; those of unknown tokens left out.
    func toldClients(of row: Int64) throws -> [ClientID]
    /// The rows that carry this very token.
    func rows(carrying token: Secret) throws -> [Int64]
    /// The rows of grants that carry or ever carried the token of this SHA-256; some may have been purged.
    func rows(carryingSHA256 digest: [UInt8]) throws -> [Int64]

    func feeds() throws -> [String: FeedRecord]
    /// As ``feeds()``, with ``FeedRecord/unmappedUses`` left empty: avoids reading every unmapped use.
    func feedsAlone() throws -> [String: FeedRecord]
    /// By partition, with the ends since the given instant.
    func counts(endsSince: Timestamp) throws -> [Partition: PartitionCounts]
    /// Live grants whose own end comes after one instant and not after another, by partition; costs what they are.
    func ownEnds(after: Timestamp, by: Timestamp) throws -> [Partition: Int]
    /// Live grants that are due and past their own end, where nothing that is stored speaks against it; costs what is due.
    func ripeOwnEnds(at: Timestamp) throws -> [Partition: Int]
    /// Live grants that no evidence covered when they were judged last.
    func unjudgeable(in selection: GrantSelection) throws -> Int
    func freezes() throws -> [Freeze]
    func heldProviders() throws -> [ProviderID: ProviderHold]
    /// What waits for a job; `sinks` are those configured, `isHeldBack` leaves orders of the rules out.
    func backlog(at instant: Timestamp, sinks: [String], isHeldBack: Bool) throws -> Backlog
    /// By provider; one that answers has none.
    func breakers() throws -> [ProviderID: BreakerRecord]
    /// By name.
    func schedules() throws -> [String: ScheduleRecord]
    /// By kind; none for what was never looked at.
    func canaryStates(at provider: ProviderID) throws -> [TokenKind: CanaryState]
    /// Whether any grant is, or was, of the tenant; costs no walk over grants.
    func knows(_ tenant: TenantID) throws -> Bool
    /// The same for a client.
    func knows(_ client: ClientID) throws -> Bool
    func setting(_ name: String) throws -> String?
    func heldPlans() throws -> [HeldPlan]
    func runs(limit: Int) throws -> [RunRecord]
    func run(_ id: Int64) throws -> RunRecord?

    func revocation(row: Int64) throws -> RevocationOrder?
    /// A number that changes with every freeze and every hold that is given or taken back; one prepared read.
    func gateNumber() throws -> Int64
    /// Whether an ended grant may live on: nothing shows that its refresh token, or the successor, is dead.
    func mayLiveOn(row: Int64) throws -> Bool
    /// Orders whose next try is later than `now`, those that were never tried left out.
    func ordersBackingOff(in selection: GrantSelection, after now: Timestamp) throws -> OrdersBackingOff

    /// Tenants with live grants at a provider.
    func tenantsToAsk(at provider: ProviderID, in selection: GrantSelection) throws -> [TenantID]
    /// A tenant's due questions, the longest overdue first; costs what it returns, whatever is due besides.
    func questions(_ query: QueueQuery, limit: Int) throws -> [StoredGrant]
    /// By partition; only where there is something to ask about.
    func questionCounts(in selection: GrantSelection, dueBy: Timestamp) throws -> [Partition: QuestionCounts]
    /// Tenants with orders that have a next try.
    func tenantsToRevoke(at provider: ProviderID, in selection: GrantSelection) throws -> [TenantID]
    /// A tenant's due orders by their next try, and those never tried that came until `newUntil`.
    ///
    /// Those of `frozen` grants only if a person ordered them to go on while frozen.
    func orders(
        _ query: QueueQuery,
        newUntil: Timestamp,
        frozen: [GrantSelection],
        limit: Int
    ) throws -> [RevocationOrder]

    func journal(after seq: Int64, limit: Int) throws -> [JournalEntry]
    /// The last entry's seq and hash; (0, 32 zero bytes) for an empty journal.
    func journalHead() throws -> (seq: Int64, hash: [UInt8])
    func sinkCursor(_ id: String) throws -> SinkCursor?
    /// What an operator looks at, in milliseconds whatever the number of grants.
    func overview(at now: Timestamp) throws -> StoreOverview
    /// What cannot go on by itself, as cheaply; of unknown answers those that have been unknown since before an instant.
    func standstill(unknownSince instant: Timestamp) throws -> Standstill
    /// Inactive answers of a surge that count only once they are approved.
    func pendingVerdicts(of provider: ProviderID) throws -> [PendingVerdict]
}

/// An inactive answer that waits for a person.
package struct PendingVerdict: Hashable, Sendable {
    package var row: Int64
    package var at: Timestamp
    /// The run that asked.
    package var run: Int64

    package init(row: Int64, at: Timestamp, run: Int64) {
        self.row = row
        self.at = at
        self.run = run
    }
}

/// What a transaction can change besides.
package protocol StoreWriting: StoreReading, PurgeWriting, IntakeWriting, WatchWriting {
    /// Throws `lock-lost` unless the lock is still ours, and renews its lease.
    func renew(_ lock: JobLock) throws

    /// Adds a grant and returns its row.
    func insert(_ grant: Grant, ready tokens: [TokenKind: ReadyToken], at now: Timestamp) throws -> StoredGrant
    /// Stores what a record may change, tokens apart.
    func saveRecord(_ stored: StoredGrant) throws
    /// Stores what was decided and learned; a change of standing that ``Lifecycle`` does not know is refused.
    func save(_ stored: StoredGrant) throws
    /// The same, but only what a decision changes: the standing and its periods, the cause, the proof.
    func saveDecision(_ stored: StoredGrant) throws
    /// Stores that the provider called a grant active once more, and when to ask again, without reading it again.
    ///
    /// False, and nothing is changed, unless it was ``StoredGrant/isPlainlyActive`` when it was read and neither a
    /// decision nor a verdict nor a record has come since: then it must be read again.
    func keepActive(_ read: StoredGrant, at now: Timestamp, askAt: Timestamp) throws -> Bool
    /// Enters a use, where nothing is decided by it but how long the grant is idle.
    func noteUse(of key: Grant.Key, at: Timestamp) throws -> NotedUse
    /// A keep's new deadline, unless something else made the grant due meanwhile.
    func postpone(row: Int64, from oldDue: Timestamp?, to deadline: Deadline, keptBy rule: Rule) throws
    /// Replaces tokens; nil removes one. Returns whether any changed.
    @discardableResult
    func setTokens(_ tokens: [TokenKind: Secret?], of stored: StoredGrant) throws -> Bool
    /// Stores whom the provider named as the holder of a token (`client_id`); a new token begins without.
    func setToldClient(_ client: ClientID?, of row: Int64, kind: TokenKind) throws
    /// The family of this name at the provider, made where there is none.
    func family(named name: String, at provider: ProviderID) throws -> Int64
    /// Makes one family of the grants that share a token or a provider grant id with this one.
    func joinFamilies(of row: Int64, at now: Timestamp) throws
    /// Makes the announced and quarantined members due: something about one of them has changed.
    func makeDue(family: Int64, at now: Timestamp) throws
    /// Lets no question be later than `every` after the last verdict: the policy has changed.
    func hastenQuestions(every: Duration, at now: Timestamp) throws

    /// Adds to the journal and returns the event with its id and place.
    @discardableResult
    func append(_ event: Event, about stored: StoredGrant?) throws -> Event
    /// Adds to the journal what was drafted, with a new id.
    func append(_ draft: Event.Draft) throws
    /// Remembers that a member of a family has superseded another one, and so can supersede no other.
    func setCovering(_ successor: Grant.Key) throws
    /// Counts an end or a quarantine for the valve.
    func countEnd(of grant: Grant, at: Timestamp, isEnd: Bool, counts: Bool) throws

    func setSetting(_ name: String, _ value: String?) throws
    /// Makes live grants due at once; only those that wait for evidence, if so asked.
    func makeDue(in selection: GrantSelection, onlyWaiting: Bool, at: Timestamp) throws
    /// Makes the live grants of some holdings due at once; returns how many.
    func makeDue(holdings: [Int64], at now: Timestamp) throws -> Int
    /// Enters when scopes were used, unless a later use is known, and returns how many are not kept: those that are
    /// new where there are `limit` already.
    func noteScopeUses(_ uses: [ScopeUse], limit: Int) throws -> Int
    func setScopePolicy(_ policy: KeptScopePolicy?) throws
    /// Remembers which revision put holdings out of policy; nil forgets it.
    func setScopeChange(_ revision: String?, ofHoldings holdings: [Int64]) throws
    /// Takes from notices of some holdings the rule that they were given by: what is judged next lets the grants go.
    func voidNotices(ofHoldings holdings: [Int64], by rule: Rule) throws
    /// Restarts notices and quarantines from `now` and forgets every inactive answer.
    func restartClocks(in selection: GrantSelection, at now: Timestamp) throws
    /// Forgets every inactive answer of the provider.
    func forgetInactivity(at provider: ProviderID) throws
    /// A sink acknowledged what was announced at `announcedAt`: the notice or quarantine counts from now, if that
    /// is still the present one.
    func startClock(of key: Grant.Key, standing: Standing, announcedAt: Timestamp, at now: Timestamp) throws
    func setExemption(_ exemption: Exemption?, row: Int64) throws

    func setFreeze(_ freeze: Freeze) throws
    /// Returns whether there was one.
    func removeFreeze(_ selection: GrantSelection) throws -> Bool
    func setHold(_ hold: ProviderHold?, of provider: ProviderID) throws
    func setBreaker(_ breaker: BreakerRecord?, of provider: ProviderID) throws
    func setSchedule(_ schedule: ScheduleRecord) throws
    func removeSchedule(_ name: String) throws
    func setPendingVerdicts(_ verdicts: [PendingVerdict], of provider: ProviderID) throws
    func removePendingVerdict(row: Int64) throws
    func setFeed(_ feed: FeedRecord) throws
    func setHeldPlans(_ plans: [HeldPlan]) throws
    func setCanaryState(_ state: CanaryState, of kind: TokenKind, at provider: ProviderID) throws
    /// Says which run the lock's holder works on.
    func assign(_ lock: JobLock, to run: Int64) throws
    func beginRun(job: String, actor: Actor, at: Timestamp) throws -> Int64
    func endRun(_ run: Int64, outcome: String, summary: [UInt8], at: Timestamp) throws
    /// Adds the order to end this grant, or changes it.
    func setRevocation(_ order: RevocationOrder, of grant: Grant) throws
    func removeRevocation(row: Int64) throws
    /// Remembers of an ended grant that it may live on, or forgets it.
    func setMayLiveOn(_ mayLiveOn: Bool, row: Int64) throws
    func setSinkCursor(_ cursor: SinkCursor) throws
}
