/// A grant whose inactive answers began to count.
package struct FirstInactive: Hashable, Sendable {
    package var row: Int64
    package var at: Timestamp
    /// A person approved the surge that it was part of.
    package var isApproved: Bool

    package init(row: Int64, at: Timestamp, isApproved: Bool = false) {
        self.row = row
        self.at = at
        self.isApproved = isApproved
    }
}

/// When an ended grant is asked about once more.
package enum EndedQuestion: Int, CaseIterable, Sendable {
    case afterDay = 1
    /// The last one: then its tokens go, and only their fingerprints stay.
    case afterWeek = 7

    /// So many that rules ended are asked about in a day, at one provider; those that people ended all are.
    package static let mostADay = 1_000
    /// What ended longer ago than this, before the first question was ever asked, is not asked about any more.
    package static let reach = Duration.days(14)

    package var delay: Duration { .days(Int64(rawValue)) }
}

/// How far the questions about ended grants of one provider have come.
package struct EndedProgress: Hashable, Sendable {
    /// The last end that was looked at.
    package var place: QueueQuery.Place
    /// The day, counted from 1970, and how many that rules ended were asked about in it.
    package var day: Int64
    package var asked: Int

    package init(place: QueueQuery.Place, day: Int64, asked: Int) {
        self.place = place
        self.day = day
        self.asked = asked
    }

    /// Those that may still be asked about on this day.
    package func left(on day: Int64) -> Int {
        day == self.day ? max(0, EndedQuestion.mostADay - asked) : EndedQuestion.mostADay
    }
}

/// What is remembered of the providers themselves: their canaries, surges, creeps, and life after an end.
package protocol WatchReading {
    /// Since when the very token was seen active at the provider, with no other answer since; nil: never.
    ///
    /// Throws `no-key` without a key.
    func firstActive(_ token: Secret, at provider: ProviderID) throws -> Timestamp?
    /// Live grants that were a control before, the one that has been active for longest first.
    func controls(at provider: ProviderID, kind: TokenKind, limit: Int) throws -> [StoredGrant]
    /// The longest lifetime of an access token that the provider's answers told; nil: none did.
    func longestLifetime(at provider: ProviderID) throws -> Duration?
    /// By row.
    func firstInactives(at provider: ProviderID, since: Timestamp) throws -> [FirstInactive]
    /// First inactive answers of the last days on which the provider was asked, that of `day` and later ones left out.
    func surgeHistory(at provider: ProviderID, before day: Int64, days: Int) throws -> [Int]
    /// Live grants of the provider with a verdict since then; counted up to `enough`.
    func askedGrants(at provider: ProviderID, since: Timestamp, enough: Int) throws -> Int
    /// Ends by rule 4 since then, and since a creep was approved last; superseded ones left out.
    func goneEnds(at provider: ProviderID, since: Timestamp) throws -> Int
    /// nil: no ended grant was ever asked about.
    func endedProgress(_ question: EndedQuestion, at provider: ProviderID) throws -> EndedProgress?
    /// Ended grants that hold a token, by their end, after the place and no later than `until`.
    func ended(at provider: ProviderID, after place: QueueQuery.Place, until: Timestamp, limit: Int) throws
        -> [StoredGrant]
}

/// What a transaction changes of it.
package protocol WatchWriting: WatchReading {
    /// Enters that a known-good token was active; `row` is the grant that it is a control of, if it is one.
    func noteActive(_ token: Secret, kind: TokenKind, of row: Int64?, at provider: ProviderID, now: Timestamp) throws
    /// Forgets since when it was active: it was called something else.
    func forgetActive(_ token: Secret, at provider: ProviderID) throws
    /// Enters a lifetime, if it is longer than the longest known.
    func noteLifetime(_ lifetime: Duration, at provider: ProviderID) throws
    /// Enters first inactive answers, and their number for the day; those of more than a month ago go.
    func noteFirstInactives(_ firsts: [FirstInactive], at provider: ProviderID, now: Timestamp) throws
    /// What is known now of a surge and of a creep was approved.
    func approveWatch(of provider: ProviderID, at now: Timestamp) throws
    func setEndedProgress(_ progress: EndedProgress, _ question: EndedQuestion, at provider: ProviderID) throws
    /// Deletes the sealed tokens of a grant; their fingerprints stay, so that they are known again.
    func dropTokens(of row: Int64) throws
}
