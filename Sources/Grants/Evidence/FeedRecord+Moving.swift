extension FeedRecord {
    /// What became of a feed that says how far it has observed.
    package enum Move: Hashable, Sendable {
        case began
        case moved
        /// It had said so before.
        case unchanged
        /// It stays where it is; why, for people.
        case stale(String)
    }

    /// Uses that the feed reported.
    package mutating func count(isMapped: Bool, times: Int = 1) {
        if isMapped {
            mapped += times
            mappedSinceRated += times
        } else {
            unmapped += times
        }
    }

    /// The observation begins anew here where it was broken off before.
    package mutating func begin(from: Timestamp) {
        guard let known = window else {
            window = Window(from: from, until: from)
            ratedUntil = from
            return
        }
        if from > known.until {
            window = Window(from: from, until: from)
            ratedUntil = from
            mappedSinceRated = 0
        }
    }

    /// Moves the window's end, if the feed is healthy or a person says so.
    ///
    /// Healthy: since the last move it mapped at least one use, no more than `maxUnmappedPercent` of its lines
    /// were without a known grant, and its mapped uses a day are not below 20 % of the median of the last 14.
    ///
    /// `until` is already taken less `late`.
    package mutating func move(to until: Timestamp, _ settings: FeedSettings, isAccepted: Bool = false) -> Move {
        guard let known = window else {
            window = Window(from: until, until: until)
            ratedUntil = until
            return .began
        }
        guard until > known.until else { return .unchanged }
        if !isAccepted, let illness = illness(until, settings) {
            isStale = true
            return .stale(illness)
        }
        rate(until)
        window = Window(from: known.from, until: until)
        mapped = 0
        unmapped = 0
        isStale = false
        return .moved
    }

    private func illness(_ until: Timestamp, _ settings: FeedSettings) -> String? {
        guard mapped > 0 else { return "it reported no use of a known grant since it moved last" }
        let lines = mapped + unmapped
        if Double(unmapped) * 100 > settings.maxUnmappedPercent * Double(lines) {
            return "\(unmapped) of \(lines) lines name no known grant"
        }
        if let rate = perDay(until), rates.count >= 3 {
            let median = rates.sorted()[rates.count / 2]
            if rate * 5 < median { return "\(rate) uses a day, where the median is \(median)" }
        }
        return nil
    }

    /// Mapped uses a day since the rate was judged last; nil within the first day.
    private func perDay(_ until: Timestamp) -> Int? {
        guard let since = ratedUntil else { return nil }
        let milliseconds = (until - since).milliseconds
        guard milliseconds >= 86_400_000 else { return nil }
        return Int(Double(mappedSinceRated) * 86_400_000 / Double(milliseconds))
    }

    private mutating func rate(_ until: Timestamp) {
        guard let rate = perDay(until) else {
            ratedUntil = ratedUntil ?? until
            return
        }
        rates = (rates + [rate]).suffix(14)
        ratedUntil = until
        mappedSinceRated = 0
    }
}
