/// How far a feed has been read, and how well it maps.
package struct FeedRecord: Hashable, Sendable {
    package var id: String
    /// nil: it never said how far it observed.
    package var window: Window?
    /// Uses of known grants since its last move.
    package var mapped = 0
    /// Lines since its last move of clients that the store does not know, and of grants where no client is named.
    package var unmapped = 0
    /// Until where its rate was judged last.
    package var ratedUntil: Timestamp?
    /// Mapped uses since then.
    package var mappedSinceRated = 0
    /// Mapped uses of each of the last 56 days, oldest first; of a longer stretch the average, once for each day.
    package var rates: [Int] = []
    /// It wanted to move and was not healthy.
    package var isStale = false
    /// Lines since its last move that could not be read, or that break its word: each may be anybody's use.
    package var unreadable = 0
    /// The first of them.
    package var firstUnreadable: UnreadableLine?
    /// When the last of them was read.
    package var lastUnreadableAt: Timestamp?
    /// Lines since its last move that `ignore:` leaves out.
    package var ignored = 0
    /// What it said of how far it observed and was not believed, oldest first.
    package var refusedWords: [RefusedWord] = []
    /// When a line of it was read last, whatever the line said; nil: not since that is kept.
    package var heardAt: Timestamp?
    /// What it covered when it was read last; nil: not read since that is kept.
    package var covers: [CoveredPart]?
    /// The clients, or all of the feed, that stand still because of lines that name no known grant; read only.
    package var unmappedUses: [UnmappedUses] = []

    package init(id: String) { self.id = id }

    /// Since when it has been silent; nil: it never spoke.
    package var heardUntil: Timestamp? { heardAt ?? window?.until }

    /// A line that could not be read: where it stood and what is wrong with it, never a value of it.
    package struct UnreadableLine: Hashable, Sendable {
        /// The input and the line, as `gateway.ndjson, line 7`.
        package var place: String
        package var problem: String
        /// The line with every value left out; nil where it is a use that breaks the feed's word.
        package var sample: String?
        package var readAt: Timestamp

        package init(place: String, problem: String, sample: String?, readAt: Timestamp) {
            self.place = place
            self.problem = problem
            self.sample = sample
            self.readAt = readAt
        }
    }

    /// How far a feed said it had observed, with what had been counted by then: what a person accepts, and no more.
    package struct RefusedWord: Hashable, Sendable {
        package var until: Timestamp
        package var mapped: Int
        package var unmapped: Int
        package var unreadable: Int

        package init(until: Timestamp, mapped: Int, unmapped: Int, unreadable: Int) {
            self.until = until
            self.mapped = mapped
            self.unmapped = unmapped
            self.unreadable = unreadable
        }
    }
}
