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
    let isBackfill: Bool
    /// What the input is called where one of its lines is named.
    let source: String
    var feeds: [ExactText: FeedRecord]
    private(set) var changed: Set<ExactText> = []
    /// Grants that were used after their token was called inactive, by provider.
    var staleAt: [ProviderID: Int] = [:]
    /// The feeds of the window's lines, by their numbers.
    var places: [UInt16: Place] = [:]
    /// Those that have grants; no use changes them.
    let providers: [ProviderID]
    /// Providers that give a new refresh token with each use of one.
    private let rotating: Set<ProviderID>
    var knownClients: [UnmappedUse.Holder: Bool] = [:]
    var scopeUses: ScopeUseBook
    var report = UsageIngest.Report()

    /// What the lines of one feed are entered by; a reference, because every use of the feed looks at it.
    final class Place {
        let id: String
        /// nil: the feed is not declared.
        let settings: FeedSettings?
        let observedUntil: Timestamp?
        /// In form C.
        let ignored: Set<ExactText>
        let late: Duration
        var isDeclared: Bool { settings != nil }
        var mapped = 0
        var unmapped = 0
        var leftOut = 0

        init(_ id: String, _ settings: FeedSettings?, observedUntil: Timestamp?) {
            self.id = id
            self.settings = settings
            self.observedUntil = observedUntil
            ignored = Set((settings?.ignoredSubjects ?? []).map { ExactText($0.normalized) })
            late = settings?.late ?? LifeAfterEnd.tolerance
        }
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
        feeds = Dictionary(try writing.feedsAlone().values.map { (ExactText($0.id), $0) }) { first, _ in first }
        rotating = Set(settings.providers.filter(\.capabilities.rotatesRefreshTokens).map(\.id))
        providers = try writing.providers(in: GrantSelection())
        scopeUses = ScopeUseBook(writing, providers: providers, now: now)
        for feed in settings.feeds {
            try writing.releaseUnmapped(feed: feed.id, subjects: feed.ignoredSubjects)
            takeCovers(of: feed)
        }
    }

    /// Enters uses from a place on, until the time is over; returns where the next transaction begins.
    ///
    /// After the last use come the lines that could not be read, then the feeds' own words; nil: all is entered, and with
    /// the last stretch the input is over.
    mutating func enter(
        _ window: UsageWindow,
        from first: UseRuns.Cursor,
        until end: DispatchTime,
        input: inout OpenInput
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
        input.lines.add(window.unplaced)
        let names = window.feeds.names.map { String(decoding: $0, as: UTF8.self) }
        for name in names { hear(name, of: &input) }
        try countUnread(ofFeeds: names, beside: input)
        settle(&input.lines)
        for line in window.feedLines { try enter(line) }
        if window.isLast {
            try finish(&input, window.unfinished)
        } else {
            try writing.goOn(withInput: input.id, feeds: input.lines.feeds(of: settings))
        }
        return nil
    }

    /// nil and noted: only a declared feed observes.
    mutating func declared(_ feed: String) -> FeedRecord? {
        guard settings[ExactText(feed)] != nil else {
            if report.undeclared.count < 20 { report.undeclared.insert(feed) }
            return nil
        }
        return record(of: feed)
    }

    /// What is known of a feed, or what is known of one that was never heard.
    func record(of feed: String) -> FeedRecord {
        if let known = feeds[ExactText(feed)] { return known }
        var record = FeedRecord(id: feed)
        if let settings = settings[ExactText(feed)] { _ = record.take(covers: settings.covers, at: now) }
        return record
    }

    /// What a feed covers from now on begins now.
    private mutating func takeCovers(of feed: FeedSettings) {
        guard let known = feeds[ExactText(feed.id)] else { return }
        var record = known
        if record.take(covers: feed.covers, at: now) { report.widened.insert(feed.id) }
        if record.covers != known.covers { set(record) }
    }

    mutating func set(_ record: FeedRecord) {
        feeds[ExactText(record.id)] = record
        changed.insert(ExactText(record.id))
    }

    mutating func place(_ index: UInt16, of window: UsageWindow) -> Place {
        if let known = places[index] { return known }
        let id = window.feeds[index]
        let settings = settings[ExactText(id)]
        let place = Place(
            id,
            settings,
            // An empty window has observed nothing yet: it was begun by a gap, or by the feed's first line.
            observedUntil: settings == nil
                ? nil : feeds[ExactText(id)]?.window.flatMap { $0.from < $0.until ? $0.until : nil }
        )
        places[index] = place
        return place
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
