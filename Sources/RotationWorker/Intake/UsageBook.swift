internal import Dispatch
internal import Grants
internal import Records

/// Enters a window of a usage log, or as much of it as a transaction's time allows: uses into grants, observations
/// into feeds.
struct UsageBook {
    let writing: any StoreWriting
    let settings: [ExactText: FeedSettings]
    let now: Timestamp
    let actor: Actor
    private let isBackfill: Bool
    /// What the input is called where one of its lines is named.
    private let source: String
    var feeds: [ExactText: FeedRecord]
    private var changed: Set<ExactText> = []
    /// Grants that were used after their token was called inactive, by provider.
    private var staleAt: [ProviderID: Int] = [:]
    /// The feeds of the window's lines, by their numbers.
    private var places: [UInt16: Place] = [:]
    /// Those that have grants; no use changes them.
    private let providers: [ProviderID]
    /// Providers that give a new refresh token with each use of one.
    private let rotating: Set<ProviderID>
    private var knownClients: [UnmappedUse.Holder: Bool] = [:]
    private var scopeUses: ScopeUseBook
    var report = UsageIngest.Report()

    /// What the lines of one feed are entered by.
    private struct Place {
        let id: String
        /// nil: the feed is not declared.
        let settings: FeedSettings?
        let observedUntil: Timestamp?
        /// In form C.
        let ignored: Set<ExactText>
        var mapped = 0
        var unmapped = 0
        var leftOut = 0

        var late: Duration { settings?.late ?? LifeAfterEnd.tolerance }
    }

    /// A use of one name, as it is entered.
    private struct Use {
        let at: Timestamp
        /// The last that was not refused; nil: all were.
        let vitalAt: Timestamp?
        let late: Duration
        var check: FeedWordCheck
    }

    init(
        _ writing: any StoreWriting,
        _ settings: RotationSettings,
        _ now: Timestamp,
        _ actor: Actor,
        source: String = "",
        isBackfill: Bool = false
    ) throws {
        self.writing = writing
        self.settings = Dictionary(settings.feeds.map { (ExactText($0.id), $0) }) { first, _ in first }
        self.now = now
        self.actor = actor
        self.source = source
        self.isBackfill = isBackfill
        feeds = Dictionary(try writing.feeds().values.map { (ExactText($0.id), $0) }) { first, _ in first }
        rotating = Set(settings.providers.filter(\.capabilities.rotatesRefreshTokens).map(\.id))
        providers = try writing.providers(in: GrantSelection())
        scopeUses = ScopeUseBook(writing, providers: providers, now: now)
        for feed in settings.feeds { try writing.releaseUnmapped(feed: feed.id, subjects: feed.ignoredSubjects) }
    }

    /// Enters uses from a place on, until the time is over; returns where the next transaction begins.
    ///
    /// After the last use come the lines that could not be read, then the feeds' own words; nil: all is entered.
    mutating func enter(
        _ window: UsageWindow,
        from first: UseRuns.Cursor,
        until end: DispatchTime,
        unplaced: inout UnplacedLines
    ) throws -> UseRuns.Cursor? {
        places = [:]
        var uses = first
        var entered = 0
        while let use = try uses.next() {
            try enter(use, of: window)
            entered += 1
            guard entered % 64 == 0, DispatchTime.now() >= end else { continue }
            countUses()
            return uses
        }
        countUses()
        for (index, lines) in window.unreadable.sorted(by: { $0.key < $1.key }) {
            countUnreadable(lines.count, lines.first, of: window.feeds[index])
        }
        unplaced.add(window.unplaced)
        for name in window.feeds.names { unplaced.name(String(decoding: name, as: UTF8.self)) }
        settle(&unplaced)
        for line in window.feedLines { try enter(line) }
        return nil
    }

    /// Counts lines without a feed for the feeds that are known to be of the input by now.
    mutating func settle(_ unplaced: inout UnplacedLines) {
        unplaced.settle { feed, times, first in countUnreadable(times, first, of: feed) }
    }

    /// Counts them for every declared feed: the input names none.
    mutating func countForAll(_ unplaced: UnplacedLines) {
        guard let first = unplaced.first else { return }
        for feed in settings.keys.sorted(by: { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }) {
            countUnreadable(unplaced.count, first, of: feed.text)
        }
    }

    private mutating func countUnreadable(_ times: Int, _ first: FeedRecord.UnreadableLine, of feed: String) {
        guard var record = declared(feed) else { return }
        record.countUnreadable(times, first: first)
        report.unreadable.insert(feed)
        set(record)
    }

    private mutating func enter(_ line: UsageWindow.FeedLine) throws {
        guard let record = declared(line.feed) else { return }
        guard !isBackfill else {
            return report.refuse(
                RecordError(
                    .badValue,
                    line: line.number,
                    message: "--backfill takes uses only, and moves no feed",
                    hint: "read the line without --backfill"
                )
            )
        }
        switch line.word {
        case .begins(let from):
            guard from <= now + LifeAfterEnd.tolerance else {
                return refuseFuture("observed_from", line.number, of: line.feed)
            }
            var feedRecord = record
            feedRecord.begin(from: min(from, now))
            set(feedRecord)
        case .observed(let until):
            guard until <= now + LifeAfterEnd.tolerance else {
                return refuseFuture("observed_until", line.number, of: line.feed)
            }
            let late = settings[ExactText(line.feed)]?.late ?? .zero
            try move(line.feed, to: min(until, now) - late)
        }
    }

    private mutating func refuseFuture(_ member: String, _ number: Int, of feed: String) {
        let message = "the feed cannot have observed the future"
        report.refuse(
            RecordError(
                .outOfRange,
                line: number,
                member: member,
                message: message,
                hint: "check the clock and the time zone of what wrote it"
            )
        )
        countUnreadable(
            1,
            .init(place: "\(source), line \(number)", problem: message, sample: nil, readAt: now),
            of: feed
        )
    }

    /// nil and noted: only a declared feed observes.
    mutating func declared(_ feed: String) -> FeedRecord? {
        guard settings[ExactText(feed)] != nil else {
            if report.undeclared.count < 20 { report.undeclared.insert(feed) }
            return nil
        }
        return feeds[ExactText(feed)] ?? FeedRecord(id: feed)
    }

    mutating func set(_ record: FeedRecord) {
        feeds[ExactText(record.id)] = record
        changed.insert(ExactText(record.id))
    }

    // MARK: Uses

    private mutating func place(_ index: UInt16, of window: UsageWindow) -> Place {
        if let known = places[index] { return known }
        let id = window.feeds[index]
        let settings = settings[ExactText(id)]
        let place = Place(
            id: id,
            settings: settings,
            // An empty window has observed nothing yet: it was begun by a gap, or by the feed's first line.
            observedUntil: settings == nil
                ? nil : feeds[ExactText(id)]?.window.flatMap { $0.from < $0.until ? $0.until : nil },
            ignored: Set((settings?.ignoredSubjects ?? []).map { ExactText($0.normalized) })
        )
        places[index] = place
        return place
    }

    private mutating func enter(_ use: GatheredUse, of window: UsageWindow) throws {
        let provider = use.provider == 0 ? nil : ProviderID(window.providers[use.provider])
        guard !use.kind.isOfScope else { return try scopeUses.note(use, at: provider) }
        let place = place(use.feed, of: window)
        if use.kind == .subject, !place.ignored.isEmpty {
            let subject = Self.clientAndSubject(use.name).1
            if place.ignored.contains(ExactText(subject.normalized)) {
                report.ignored += use.count
                places[use.feed]?.leftOut += use.count
                return
            }
        }
        if !isBackfill, place.settings != nil, Timestamp(milliseconds: use.at) > now + LifeAfterEnd.tolerance {
            // It is dated too early, then: the feed waits until the clock is set right and the input is read once more.
            countUnreadable(
                1,
                .init(place: source, problem: "a use in the future", sample: nil, readAt: now),
                of: place.id
            )
        }
        // A future time counts as now.
        let (first, at) = (min(Timestamp(milliseconds: use.first), now), min(Timestamp(milliseconds: use.at), now))
        var entered = Use(
            at: at,
            vitalAt: use.vital == UseTable.never ? nil : min(Timestamp(milliseconds: use.vital), now),
            late: place.late,
            check: FeedWordCheck(first: first, last: at, observedUntil: place.observedUntil)
        )
        guard try enter(use, at: provider, &entered) else {
            report.unmapped += use.count
            return try keepUnmapped(use, of: window, place, provider, first, at)
        }
        report.mapped += use.count
        places[use.feed]?.mapped += use.count
        guard !isBackfill, place.settings != nil, let breach = entered.check.breach else { return }
        countUnreadable(
            entered.check.isOfAll ? use.count : 1,
            .init(place: source, problem: breach, sample: nil, readAt: now),
            of: place.id
        )
    }

    /// Keeps what names no known grant: it may be a use of any grant of its client, or of the feed.
    private mutating func keepUnmapped(
        _ use: GatheredUse,
        of window: UsageWindow,
        _ place: Place,
        _ provider: ProviderID?,
        _ first: Timestamp,
        _ last: Timestamp
    ) throws {
        let (client, name) = Self.name(of: use, window)
        if try client.map({ try !knows($0, provider) }) ?? true { places[use.feed]?.unmapped += use.count }
        guard place.settings != nil else { return }
        try writing.noteUnmapped(
            UnmappedUse(feed: place.id, provider: provider, client: client, name: name, first: first, last: last)
        )
        changed.insert(ExactText(place.id))
        if feeds[ExactText(place.id)] == nil { feeds[ExactText(place.id)] = FeedRecord(id: place.id) }
    }

    private static func name(of use: GatheredUse, _ window: UsageWindow) -> (ClientID?, UnmappedUse.Name) {
        let named = use.client == 0 ? nil : ClientID(window.clients[use.client].normalized)
        switch use.kind {
        case .subject:
            let (client, subject) = clientAndSubject(use.name)
            return (ClientID(client.rawValue.normalized), .subject(subject))
        case .tokenDigest: return (named, .tokenDigest(use.name))
        case .grant, .scopeOfGrant, .scopeOfToken, .scopeOfSubject:
            return (named, .grant(String(decoding: use.name, as: UTF8.self)))
        }
    }

    private mutating func knows(_ client: ClientID, _ provider: ProviderID?) throws -> Bool {
        let holder = UnmappedUse.Holder(client: client, provider: provider)
        if let known = knownClients[holder] { return known }
        let isKnown = try writing.knows(client: client, at: provider)
        if knownClients.count >= 10_000 { knownClients.removeAll(keepingCapacity: true) }
        knownClients[holder] = isKnown
        return isKnown
    }

    /// Whether a grant is known by that name.
    private mutating func enter(_ use: GatheredUse, at provider: ProviderID?, _ entered: inout Use) throws -> Bool {
        switch use.kind {
        case .grant:
            // Without a provider the id may be of several: all of them count as used, which ends fewer.
            let id = String(decoding: use.name, as: UTF8.self)
            var isMapped = try enter(id, at: provider, &entered)
            for other in try writing.sameInForm(id, kind: .grant) {
                if try enter(other, at: provider, &entered) { isMapped = true }
            }
            return isMapped
        case .tokenDigest:
            let grants = try writing.rows(carryingSHA256: use.name).compactMap { try writing.grant(row: $0) }
            for stored in grants { try enter(&entered, on: stored, isCertain: true) }
            return !grants.isEmpty
        case .subject:
            let (client, subject) = Self.clientAndSubject(use.name)
            let grants = try grants(of: client, subject, at: provider)
            // Where one of them has not ended, it is that one that is used.
            let isOfEnded = grants.allSatisfy { $0.grant.standing == .expired || $0.grant.standing == .revoked }
            for stored in grants { try enter(&entered, on: stored, isCertain: isOfEnded) }
            return !grants.isEmpty
        case .scopeOfGrant, .scopeOfToken, .scopeOfSubject:
            return false
        }
    }

    private mutating func enter(_ id: String, at provider: ProviderID?, _ entered: inout Use) throws -> Bool {
        var isMapped = false
        for provider in provider.map({ [$0] }) ?? providers {
            switch try writing.noteUse(of: .init(provider: provider, id: id), at: entered.at) {
            case .unknown: continue
            case .noted(let issuedAt, let lastUsedAt):
                entered.check.hear(issuedAt: issuedAt, lastUsedAt: lastUsedAt)
            case .matters(let row):
                if let stored = try writing.grant(row: row) { try enter(&entered, on: stored, isCertain: true) }
            }
            isMapped = true
        }
        return isMapped
    }

    private func grants(of client: ClientID, _ subject: String, at provider: ProviderID?) throws -> [StoredGrant] {
        let subjects = [subject] + (try writing.sameInForm(subject, kind: .subject))
        let form = ClientID(client.rawValue.normalized)
        let clients = form == client ? [client] : [client, form]
        return try (provider.map { [$0] } ?? providers).flatMap { provider in
            try clients.flatMap { client in
                try subjects.flatMap { try writing.everyGrant(of: client, subject: $0, at: provider) }
            }
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

    private mutating func countUses() {
        for (_, place) in places.sorted(by: { $0.key < $1.key }) {
            guard var record = declared(place.id) else { continue }
            record.count(isMapped: true, times: place.mapped)
            record.count(isMapped: false, times: place.unmapped)
            record.ignored += place.leftOut
            set(record)
        }
        places = [:]
    }

    /// `isCertain`: no other grant can be meant.
    private mutating func enter(_ use: inout Use, on known: StoredGrant, isCertain: Bool) throws {
        var stored = known
        use.check.hear(issuedAt: stored.grant.issuedAt, lastUsedAt: stored.grant.lastUsedAt)
        let at = use.at
        if isCertain, let vital = use.vitalAt,
            LifeAfterEnd.resurfaces(stored.grant, endedAt: stored.endedAt, signAt: vital, late: use.late)
        {
            stored.grant.resurfacedAt = now
            try tell(Event.Kind.grantResurfaced, "used at \(vital), after its end at \(stored.endedAt ?? now)", stored)
            report.resurfaced += 1
        }
        let isLatest = stored.grant.lastUsedAt.map { $0 < at } ?? true
        guard isLatest else {
            if stored.grant.resurfacedAt != known.grant.resurfacedAt { try writing.save(stored) }
            return
        }
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
        try tell(Event.Kind.grantTokenStale, "used at \(at), after its token was called inactive", stored)
        staleAt[stored.grant.key.provider, default: 0] += 1
    }

    private func tell(_ kind: String, _ reason: String, _ stored: StoredGrant) throws {
        var event = Event(kind, at: now, about: stored.grant)
        event.reason = reason
        event.actor = actor
        try writing.append(event, about: stored)
    }

    /// Stores what was gathered about the feeds.
    mutating func close() throws -> UsageIngest.Report {
        for id in changed.sorted(by: { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }) {
            if let record = feeds[id] { try writing.setFeed(record) }
        }
        report.scopesLeftOut = try scopeUses.close()
        // More than 1 % of a batch: the tokens that we hold are old, and nothing that is said of them counts.
        // Where refresh tokens rotate, that is what every grant in use looks like.
        for (provider, stale) in staleAt
        where !rotating.contains(provider) && stale > 1 && stale * 100 > report.mapped {
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
