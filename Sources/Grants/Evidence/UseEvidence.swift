/// What is known about the use of one grant: by its own record and by the feeds that cover it.
package struct UseEvidence: Hashable, Sendable {
    /// nil: nobody observed it.
    package var window: Window?
    /// Every covering feed is younger than its own `max_age`.
    package var isFresh: Bool
    /// Since when one of those who tell of its use is silent; nil: one of them never spoke.
    package var heardUntil: Timestamp?
    /// Why its client stands still in one of the feeds, and what lets it go on, for people; nil: it does not.
    package var standstill: String?

    package init(window: Window?, isFresh: Bool = true) {
        self.window = window
        self.isFresh = isFresh
        heardUntil = window?.until
    }

    /// One covering feed, as far as it has been read.
    package struct Feed: Hashable, Sendable {
        /// nil: declared, and nothing was ever received.
        package var window: Window?
        package var maxAge: Duration
        /// Since when it is silent; nil: it never spoke.
        package var heardUntil: Timestamp?
        /// Why the grant's client stands still in it, for people; nil: it does not.
        package var standstill: String?

        /// `heardUntil`: nil stands for the window's end.
        package init(window: Window?, maxAge: Duration, heardUntil: Timestamp? = nil, standstill: String? = nil) {
            self.window = window
            self.maxAge = maxAge
            self.heardUntil = heardUntil ?? window?.until
            self.standstill = standstill
        }

        /// As far as a feed has been read about the grant.
        package init(_ feed: FeedSettings, _ record: FeedRecord?, of grant: Grant) {
            self.init(
                window: record?.window(of: grant),
                maxAge: feed.maxAge,
                heardUntil: record?.heardUntil,
                standstill: record?.standstill(of: grant.client, at: grant.key.provider)?.words(in: feed.id)
            )
        }
    }

    /// Joins a record's own observation with the feeds covering the grant.
    ///
    /// A covering feed without a window leaves the grant without one: uses may have happened that only
    /// that feed would have told.
    package init(of grant: Grant, feeds: [Feed], now: Timestamp) {
        let imported = Self.importWindow(grant).flatMap { $0.ended(by: now) }
        guard !feeds.isEmpty else {
            self.init(window: imported)
            return
        }
        let windows = feeds.map { feed in
            feed.window.flatMap { $0.from.isSensible ? $0.ended(by: now) : nil }.map { window in
                imported.map { window.extendedBack(by: $0) } ?? window
            }
        }
        let joined = windows.dropFirst().reduce(windows[0]) { window, next in
            next.flatMap { window?.intersection($0) }
        }
        self.init(
            window: joined,
            isFresh: feeds.allSatisfy { feed in
                feed.window.map { now - $0.until <= feed.maxAge } ?? false
            }
        )
        let heard = feeds.compactMap(\.heardUntil)
        heardUntil = heard.count == feeds.count ? heard.min() : nil
        standstill = feeds.lazy.compactMap(\.standstill).first
    }

    /// The stretch that the grant's records tell of; nil: they tell of none.
    static func importWindow(_ grant: Grant) -> Window? {
        guard let until = grant.observedUntil?.ifSensible,
            let from = grant.observedFrom?.ifSensible ?? grant.sensibleLastUsedAt, from <= until
        else { return nil }
        return Window(from: from, until: until)
    }
}
