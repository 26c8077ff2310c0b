/// A grant's own observed stretch that a younger feed's window does not reach back to.
///
/// Only the feed's window counts then: between the two, uses may have gone unseen.
package struct UnjoinedWindow: Hashable, Sendable {
    package var feed: String
    package var own: Window
    package var observed: Window

    /// nil: the record tells of no stretch, or every covering feed's window joins it.
    package init?(of grant: Grant, feeds: [FeedSettings], records: [String: FeedRecord]) {
        guard let own = UseEvidence.importWindow(grant) else { return nil }
        for feed in feeds where feed.covers(grant) {
            guard let window = records[feed.id]?.window(of: grant), own.until < window.from else { continue }
            (self.feed, self.own, observed) = (feed.id, own, window)
            return
        }
        return nil
    }

    package var words: String {
        "its records tell of use from \(own.from) to \(own.until), the feed \(feed) only from \(observed.from): the two do "
            + "not join, and only the feed's counts"
    }
}
