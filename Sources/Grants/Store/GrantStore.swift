/// Where grants, their journal and the runs are kept.
///
/// One writer at a time; a reader sees one snapshot. Bodies run on the store's own thread and may
/// be long. What `write` returned is durable.
package protocol GrantStore: Sendable {
    /// Runs `body` on one snapshot that never changes while it runs.
    func read<Result: Sendable>(_ body: @escaping @Sendable (any StoreReading) throws -> Result) async throws -> Result

    /// Runs `body` in one transaction: all of it, or, when it throws, nothing.
    ///
    /// A cancelled task does not undo it (invariant 5).
    func write<Result: Sendable>(_ body: @escaping @Sendable (any StoreWriting) throws -> Result) async throws -> Result
}

/// What can be asked of a snapshot.
package protocol StoreReading {
    /// In key order; memory is bounded whatever the number of grants.
    func forEach(
        _ state: GrantState,
        in selection: GrantSelection,
        _ body: (StoredGrant) throws -> Void
    ) throws

    func grant(_ key: Grant.Key) throws -> StoredGrant?
    /// The keys of all grants with this id, whatever their provider.
    func keys(named id: String) throws -> [Grant.Key]
    /// The live members of a family, at most `limit` of them.
    func members(ofFamily family: Int64, limit: Int) throws -> [StoredGrant]
    /// The live grants of a client and subject at a provider, at most `limit` of them.
    func grants(of client: ClientID, subject: String, at provider: ProviderID, limit: Int) throws -> [StoredGrant]
    /// Whether a token of this grant is also in another row or among our own.
    func tokens(of row: Int64) throws -> [TokenKind: Secret]

    func feeds() throws -> [String: FeedRecord]
    /// By partition, with the ends since the given instant.
    func counts(endsSince: Timestamp) throws -> [Partition: PartitionCounts]
    func freezes() throws -> [Freeze]
    /// Provider → why it is held.
    func heldProviders() throws -> [ProviderID: ProviderHold]
    func setting(_ name: String) throws -> String?
    func held() throws -> [HeldPlan]
}

/// What a transaction can change besides.
package protocol StoreWriting: StoreReading {
    /// Stores what may change of a grant; a change of standing that ``Lifecycle`` does not know is refused.
    func save(_ stored: StoredGrant) throws
    /// Adds to the journal and returns the event with its id and place.
    @discardableResult
    func append(_ event: Event) throws -> Event
    /// Counts an end or a quarantine for the valve.
    func countEnd(in partition: Partition, at: Timestamp, isEnd: Bool, counts: Bool) throws
    func setSetting(_ name: String, _ value: String?) throws
    /// Makes the live grants that were kept by one of these rules due at once; nil: all live grants.
    func makeDue(keptBy rules: [Rule]?, in selection: GrantSelection, at: Timestamp) throws
    func setFreeze(_ freeze: Freeze) throws
    func removeFreeze(_ selection: GrantSelection) throws
    func setHold(_ hold: ProviderHold, of provider: ProviderID) throws
    func removeHold(of provider: ProviderID) throws
    func setFeed(_ feed: FeedRecord) throws
    func setHeld(_ plans: [HeldPlan]) throws
    func beginRun(job: String, trigger: String, actor: Actor, at: Timestamp) throws -> Int64
    func endRun(_ run: Int64, outcome: String, summary: [UInt8], at: Timestamp) throws
}

/// How far a feed has been read, and how well it maps.
package struct FeedRecord: Hashable, Sendable {
    package var id: String
    package var window: Window?
    /// Since its last move.
    package var mapped = 0
    package var unmapped = 0
    package var lastMovedAt: Timestamp?
    /// Mapped uses of each of the last 14 days that had a move, newest last.
    package var days: [Int] = []

    package init(id: String) { self.id = id }
}

/// Nothing of what it covers is ended, quarantined or announced.
package struct Freeze: Hashable, Sendable {
    package var selection: GrantSelection
    package var reason: String
    package var since: Timestamp

    package init(selection: GrantSelection, reason: String, since: Timestamp) {
        self.selection = selection
        self.reason = reason
        self.since = since
    }
}

/// Why a provider's answers are not acted upon.
package struct ProviderHold: Hashable, Sendable {
    /// A stable word: `credentials`, `forbidden`, `clock-skew`, `stale-tokens`, `contradiction`, `surge`.
    package var why: String
    package var since: Timestamp

    package init(why: String, since: Timestamp) {
        self.why = why
        self.since = since
    }
}

/// What a gate stopped.
package struct HeldPlan: Hashable, Sendable {
    /// nil: all of the provider, or of the store.
    package var tenant: TenantID?
    package var provider: ProviderID?
    package var wouldEnd: Int
    package var live: Int
    /// `observe`, `frozen`, `provider`, or the valve's limit.
    package var why: String
    /// SHA-256 over its rows, in hex.
    package var hash: String
    package var policyHash: String
    package var heldAt: Timestamp
    package var approvedAt: Timestamp?

    package init(
        tenant: TenantID?,
        provider: ProviderID?,
        wouldEnd: Int,
        live: Int,
        why: String,
        hash: String,
        policyHash: String,
        heldAt: Timestamp
    ) {
        self.tenant = tenant
        self.provider = provider
        self.wouldEnd = wouldEnd
        self.live = live
        self.why = why
        self.hash = hash
        self.policyHash = policyHash
        self.heldAt = heldAt
    }
}
