/// What is known about the use of one grant: by its own record and by the feeds that cover it.
package struct UseEvidence: Hashable, Sendable {
    /// nil: nobody observed it.
    package var window: Window?
    /// Every covering feed is younger than its own `max_age`.
    package var isFresh: Bool
    /// Since when one of those who tell of its use is silent; nil: one of them never spoke.
    package var heardUntil: Timestamp?

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

        package init(window: Window?, maxAge: Duration) {
            self.window = window
            self.maxAge = maxAge
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
        let heard = feeds.compactMap { $0.window?.until }
        heardUntil = heard.count == feeds.count ? heard.min() : nil
    }

    private static func importWindow(_ grant: Grant) -> Window? {
        guard let until = grant.observedUntil?.ifSensible,
            let from = grant.observedFrom?.ifSensible ?? grant.sensibleLastUsedAt, from <= until
        else { return nil }
        return Window(from: from, until: until)
    }
}
