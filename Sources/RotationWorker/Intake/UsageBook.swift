internal import Grants
internal import Records

/// Enters usage lines in one transaction: uses into grants, observations into feeds.
struct UsageBook {
    private let writing: any StoreWriting
    private let settings: [String: FeedSettings]
    private let now: Timestamp
    private let actor: Actor
    private var feeds: [String: FeedRecord]
    private var changed: Set<String> = []
    /// Grants that were used after their token was called inactive, by provider.
    private var staleAt: [ProviderID: Int] = [:]
    private var report = UsageIngest.Report()

    init(_ writing: any StoreWriting, _ settings: RotationSettings, _ now: Timestamp, _ actor: Actor) throws {
        self.writing = writing
        self.settings = Dictionary(settings.feeds.map { ($0.id, $0) }) { first, _ in first }
        self.now = now
        self.actor = actor
        feeds = try writing.feeds()
    }

    mutating func enter(_ line: UsageLine, _ number: Int) throws {
        switch line {
        case .use(let use):
            try enter(use)
        case .begins(let feed, let from):
            guard let record = declared(feed) else { return }
            guard from <= now else { return refuseFuture("observed_from", number) }
            var feedRecord = record
            feedRecord.begin(from: from)
            set(feedRecord)
        case .observed(let feed, let until):
            guard declared(feed) != nil else { return }
            guard until <= now else { return refuseFuture("observed_until", number) }
            try move(feed, to: until - (settings[feed]?.late ?? .zero), isAccepted: false, reason: nil)
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

    private mutating func enter(_ use: UsageLine.Use) throws {
        let grants = try grants(named: use)
        for stored in grants { try enter(use, on: stored) }
        if grants.isEmpty { report.unmapped += 1 } else { report.mapped += 1 }
        guard var record = declared(use.feed) else { return }
        record.count(isMapped: !grants.isEmpty)
        set(record)
    }

    private func grants(named use: UsageLine.Use) throws -> [StoredGrant] {
        switch use.name {
        case .grant(let id):
            if let provider = use.provider {
                return try [writing.grant(.init(provider: provider, id: id))].compactMap { $0 }
            }
            // Without a provider the id may be of several: all of them count as used, which ends fewer.
            return try writing.keys(named: id).compactMap { try writing.grant($0) }
        case .tokenDigest(let digest):
            return try writing.rows(carryingSHA256: digest).compactMap { try writing.grant(row: $0) }
        case .token(let token):
            return try writing.rows(carrying: token).compactMap { try writing.grant(row: $0) }
        case .subject(let client, let subject):
            let providers = try use.provider.map { [$0] } ?? writing.providers(in: GrantSelection())
            return try providers.flatMap { try writing.everyGrant(of: client, subject: subject, at: $0) }
        }
    }

    private mutating func enter(_ use: UsageLine.Use, on known: StoredGrant) throws {
        var stored = known
        // A future time counts as now.
        let at = min(use.at, now)
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
