internal import Dispatch
internal import Grants
internal import Records

/// Enters a window of a usage log, or as much of it as a transaction's time allows: uses into grants, observations
/// into feeds.
struct UsageBook {
    private let writing: any StoreWriting
    private let settings: [String: FeedSettings]
    private let now: Timestamp
    private let actor: Actor
    private var feeds: [String: FeedRecord]
    private var changed: Set<String> = []
    /// Grants that were used after their token was called inactive, by provider.
    private var staleAt: [ProviderID: Int] = [:]
    /// The uses of this transaction, by the feed's number in the window.
    private var counts: [UInt16: (mapped: Int, unmapped: Int)] = [:]
    /// Those that have grants; no use changes them.
    private let providers: [ProviderID]
    private var scopeUses: ScopeUseBook
    private var report = UsageIngest.Report()

    init(_ writing: any StoreWriting, _ settings: RotationSettings, _ now: Timestamp, _ actor: Actor) throws {
        self.writing = writing
        self.settings = Dictionary(settings.feeds.map { ($0.id, $0) }) { first, _ in first }
        self.now = now
        self.actor = actor
        feeds = try writing.feeds()
        providers = try writing.providers(in: GrantSelection())
        scopeUses = ScopeUseBook(writing, providers: providers, now: now)
    }

    /// Enters uses from a place on, until the time is over; returns where the next transaction begins.
    ///
    /// After the last use come the feeds' own words; nil: all is entered.
    mutating func enter(
        _ window: UsageWindow,
        from first: UseRuns.Cursor,
        until end: DispatchTime
    ) throws -> UseRuns.Cursor? {
        counts = [:]
        var uses = first
        var entered = 0
        while let use = try uses.next() {
            try enter(use, of: window)
            entered += 1
            guard entered % 64 == 0, DispatchTime.now() >= end else { continue }
            countUses(window)
            return uses
        }
        countUses(window)
        for line in window.feedLines { try enter(line) }
        return nil
    }

    private mutating func enter(_ line: UsageWindow.FeedLine) throws {
        guard let record = declared(line.feed) else { return }
        switch line.word {
        case .begins(let from):
            guard from <= now else { return refuseFuture("observed_from", line.number) }
            var feedRecord = record
            feedRecord.begin(from: from)
            set(feedRecord)
        case .observed(let until):
            guard until <= now else { return refuseFuture("observed_until", line.number) }
            let late = settings[line.feed]?.late ?? .zero
            try move(line.feed, to: until - late, isAccepted: false, reason: nil)
        }
    }

    private mutating func refuseFuture(_ member: String, _ number: Int) {
        report.refuse(
            RecordError(
                .outOfRange,
                line: number,
                member: member,
                message: "nobody has observed the future",
                hint: "check the clock and the time zone of what wrote it"
            )
        )
    }

    /// nil and noted: only a declared feed observes.
    private mutating func declared(_ feed: String) -> FeedRecord? {
        guard settings[feed] != nil else {
            if report.undeclared.count < 20 { report.undeclared.insert(feed) }
            return nil
        }
        return feeds[feed] ?? FeedRecord(id: feed)
    }

    private mutating func set(_ record: FeedRecord) {
        feeds[record.id] = record
        changed.insert(record.id)
    }

    // MARK: Uses

    private mutating func enter(_ use: GatheredUse, of window: UsageWindow) throws {
        guard !use.kind.isOfScope else {
            return try scopeUses.note(use, at: use.provider == 0 ? nil : ProviderID(window.providers[use.provider]))
        }
        // A future time counts as now.
        let at = min(Timestamp(milliseconds: use.at), now)
        let isMapped = try enter(use, of: window, at: at)
        if isMapped { report.mapped += use.count } else { report.unmapped += use.count }
        if isMapped {
            counts[use.feed, default: (0, 0)].mapped += use.count
        } else {
            counts[use.feed, default: (0, 0)].unmapped += use.count
        }
    }

    /// Whether a grant is known by that name.
    private mutating func enter(_ use: GatheredUse, of window: UsageWindow, at: Timestamp) throws -> Bool {
        let provider = use.provider == 0 ? nil : ProviderID(window.providers[use.provider])
        switch use.kind {
        case .grant:
            // Without a provider the id may be of several: all of them count as used, which ends fewer.
            let id = String(decoding: use.name, as: UTF8.self)
            var isMapped = false
            for provider in provider.map({ [$0] }) ?? providers {
                switch try writing.noteUse(of: .init(provider: provider, id: id), at: at) {
                case .unknown: continue
                case .noted: break
                case .matters(let row):
                    if let stored = try writing.grant(row: row) { try enter(at, on: stored) }
                }
                isMapped = true
            }
            return isMapped
        case .tokenDigest:
            let rows = try writing.rows(carryingSHA256: use.name)
            for stored in try rows.compactMap({ try writing.grant(row: $0) }) { try enter(at, on: stored) }
            return !rows.isEmpty
        case .subject:
            let (client, subject) = Self.clientAndSubject(use.name)
            let grants = try grants(of: client, subject, at: provider)
            for stored in grants { try enter(at, on: stored) }
            return !grants.isEmpty
        case .scopeOfGrant, .scopeOfToken, .scopeOfSubject:
            return false
        }
    }

    private func grants(of client: ClientID, _ subject: String, at provider: ProviderID?) throws -> [StoredGrant] {
        try (provider.map { [$0] } ?? providers).flatMap {
            try writing.everyGrant(of: client, subject: subject, at: $0)
        }
    }

    static func clientAndSubject(_ name: [UInt8]) -> (ClientID, String) {
        let length = Int(name[0]) << 8 | Int(name[1])
        let rest = name.dropFirst(2)
        return (
            ClientID(String(decoding: rest.prefix(length), as: UTF8.self)),
            String(decoding: rest.dropFirst(length), as: UTF8.self)
        )
    }

    private mutating func countUses(_ window: UsageWindow) {
        for (feed, count) in counts.sorted(by: { $0.key < $1.key }) {
            guard var record = declared(window.feeds[feed]) else { continue }
            record.count(isMapped: true, times: count.mapped)
            record.count(isMapped: false, times: count.unmapped)
            set(record)
        }
        counts = [:]
    }

    private mutating func enter(_ at: Timestamp, on known: StoredGrant) throws {
        var stored = known
        if let last = stored.grant.lastUsedAt, last >= at { return }
        stored.grant.lastUsedAt = at
        if stored.grant.standing == .noticed || stored.grant.standing == .quarantined { stored.dueAt = now }
        let isStale = stored.grant.validity.inactiveSince.map { at > $0 } ?? false
        if isStale {
            stored.grant.validity.forgetInactivity()
            try writing.removePendingVerdict(row: stored.row)
        }
        try writing.save(stored)
        if let family = stored.grant.family { try writing.makeDue(family: family, at: now) }
        guard isStale, stored.grant.standing.isLive else { return }
        var event = Event(Event.Kind.grantTokenStale, at: now, about: stored.grant)
        event.reason = "used at \(at), after its token was called inactive"
        event.actor = actor
        try writing.append(event, about: stored)
        staleAt[stored.grant.key.provider, default: 0] += 1
    }

    // MARK: Feeds

    mutating func accept(_ feed: String, until: Timestamp, reason: String) throws -> FeedRecord {
        guard declared(feed) != nil else {
            throw StoreError(.unknownName, "the configuration declares no feed '\(feed)'", hint: "add it under 'feeds'")
        }
        try move(feed, to: min(until, now), isAccepted: true, reason: reason)
        return feeds[feed] ?? FeedRecord(id: feed)
    }

    private mutating func move(_ feed: String, to until: Timestamp, isAccepted: Bool, reason: String?) throws {
        guard let settings = settings[feed] else { return }
        var record = feeds[feed] ?? FeedRecord(id: feed)
        let wasStale = record.isStale
        switch record.move(to: until, settings, isAccepted: isAccepted) {
        case .unchanged:
            break
        case .began, .moved:
            report.moved.insert(feed)
            report.stale[feed] = nil
            for provider in Set(settings.covers.map(\.provider)) {
                try writing.makeDue(in: GrantSelection(provider: provider), onlyWaiting: true, at: now)
            }
        case .stale(let why):
            report.stale[feed] = why
            if !wasStale {
                var event = Event(Event.Kind.feedStale, at: now)
                event.reason = why
                event.actor = actor
                event.details = ["feed": .string(feed)]
                try writing.append(event, about: nil)
            }
        }
        if isAccepted, let reason {
            var event = Event(Event.Kind.feedAccepted, at: now)
            event.reason = reason
            event.actor = actor
            event.details = ["feed": .string(feed), "observed_until": .string(until.description)]
            try writing.append(event, about: nil)
        }
        set(record)
    }

    /// Stores what was gathered about the feeds.
    mutating func close() throws -> UsageIngest.Report {
        for id in changed.sorted() {
            if let record = feeds[id] { try writing.setFeed(record) }
        }
        report.scopesLeftOut = try scopeUses.close()
        // More than 1 % of a batch: the tokens that we hold are old, and nothing that is said of them counts.
        for (provider, stale) in staleAt where stale > 1 && stale * 100 > report.mapped {
            guard try writing.heldProviders()[provider] == nil else { continue }
            try writing.setHold(ProviderHold(why: "stale-tokens", since: now), of: provider)
            try writing.forgetInactivity(at: provider)
            var event = Event(Event.Kind.providerHeld, at: now)
            event.provider = provider
            event.reason = "stale-tokens"
            event.actor = actor
            event.details = ["stale": .number(Int64(stale))]
            try writing.append(event, about: nil)
        }
        return report
    }
}
