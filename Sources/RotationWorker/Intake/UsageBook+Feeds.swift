internal import Grants

/// What feeds say of themselves, and what a person accepts of them.
extension UsageBook {
    /// Takes what a feed counted until an instant: a person vouches for it.
    mutating func accept(_ feed: String, until: Timestamp?, reason: String) throws -> FeedRecord {
        guard var record = declared(feed) else { throw Self.undeclared(feed) }
        guard let until = record.accept(until: until.map { min($0, now) }) else {
            throw StoreError(
                .conflict,
                "the feed '\(feed)' has said nothing that was refused, so there is nothing to accept",
                hint: "name until when it observed: --until 2026-11-20T00:00:00Z"
            )
        }
        set(record)
        let released = try writing.releaseUnmapped(feed: feed, client: nil, until: until)
        try tellAccepted(feed, nil, until, released, reason)
        return record
    }

    /// Releases what a client's lines that name no known grant hold, until an instant; the feed stays where it is.
    mutating func accept(_ feed: String, of client: ClientID, until: Timestamp, reason: String) throws -> FeedRecord {
        guard let record = declared(feed) else { throw Self.undeclared(feed) }
        let released = try writing.releaseUnmapped(feed: feed, client: client, until: min(until, now))
        try tellAccepted(feed, client, min(until, now), released, reason)
        return record
    }

    private static func undeclared(_ feed: String) -> StoreError {
        StoreError(.unknownName, "the configuration declares no feed '\(feed)'", hint: "add it under 'feeds'")
    }

    private mutating func tellAccepted(
        _ feed: String,
        _ client: ClientID?,
        _ until: Timestamp,
        _ released: Int,
        _ reason: String
    ) throws {
        try makeDue(feed)
        var event = Event(Event.Kind.feedAccepted, at: now)
        event.client = client
        event.reason = reason
        event.actor = actor
        event.details = [
            "feed": .string(feed), "observed_until": .string(until.description), "released": .number(Int64(released)),
        ]
        try writing.append(event, about: nil)
    }

    private func makeDue(_ feed: String) throws {
        for provider in Set((settings[ExactText(feed)]?.covers ?? []).map(\.provider)) {
            try writing.makeDue(in: GrantSelection(provider: provider), onlyWaiting: true, at: now)
        }
    }

    mutating func move(_ feed: String, to until: Timestamp) throws {
        guard let settings = settings[ExactText(feed)] else { return }
        var record = record(of: feed)
        let before = record
        switch record.move(to: until, settings) {
        case .unchanged:
            break
        case .began, .moved:
            report.moved.insert(feed)
            report.stale[feed] = nil
            try makeDue(feed)
        case .beganAnew(let why):
            report.beganAnew[feed] = why
            report.stale[feed] = nil
            try tellStale(before, why + "; its window begins anew")
        case .stale(let why):
            report.stale[feed] = why
            if !before.isStale { try tellStale(before, why) }
        }
        set(record)
    }

    private func tellStale(_ feed: FeedRecord, _ why: String) throws {
        var event = Event(Event.Kind.feedStale, at: now)
        event.reason = why
        event.actor = actor
        event.details = ["feed": .string(feed.id), "unreadable": .number(Int64(feed.unreadable))]
        if let first = feed.firstUnreadable {
            event.details["first_unreadable_place"] = .string(first.place)
            event.details["first_unreadable_problem"] = .string(first.problem)
            if let sample = first.sample { event.details["first_unreadable_sample"] = .string(sample) }
        }
        try writing.append(event, about: nil)
    }
}
