extension FeedRecord {
    /// What became of a feed that says how far it has observed.
    package enum Move: Hashable, Sendable {
        case began
        case moved
        /// Its window begins anew behind lines that could not be read; why, for people.
        case beganAnew(String)
        /// It had said so before.
        case unchanged
        /// It stays where it is; why, for people.
        case stale(String)
    }

    /// So many days are looked back for what is usual.
    private static let ratedDays = 56
    /// Fewer days say nothing about what is usual.
    private static let fewestDays = 7
    /// So many of its own words a person can accept one by one.
    private static let refusedLimit = 64
    private static let day: Int64 = 86_400_000

    // MARK: Counting

    /// Uses that the feed reported.
    package mutating func count(isMapped: Bool, times: Int = 1) {
        if isMapped {
            mapped += times
            mappedSinceRated += times
        } else {
            unmapped += times
        }
    }

    /// Lines that could not be read, or that break its word.
    package mutating func countUnreadable(_ times: Int, first: UnreadableLine) {
        guard times > 0 else { return }
        unreadable += times
        firstUnreadable = firstUnreadable ?? first
        lastUnreadableAt = max(lastUnreadableAt ?? first.readAt, first.readAt)
    }

    // MARK: Moving

    /// The observation begins anew here where it was broken off before.
    package mutating func begin(from: Timestamp) {
        guard let known = window else {
            window = Window(from: from, until: from)
            ratedUntil = from
            return
        }
        guard from > known.until else { return }
        window = Window(from: from, until: from)
        ratedUntil = from
        mappedSinceRated = 0
        // What was read before the gap's end may be uses of before it, and so says nothing of what comes after.
        if let last = lastUnreadableAt, last < from { forgetUnreadable() }
        // What it had said and was refused belongs to the stretch that is over.
        refusedWords = []
        isStale = false
    }

    /// Moves the window's end, if the feed is healthy.
    ///
    /// Healthy: since the last move it mapped at least one use, no more than `maxUnreadable` lines could not be read, no
    /// more than `maxUnmappedPercent` of its lines were of clients that nobody knows, and its mapped uses a day, over
    /// the stretch since its last move and a week at least, are not below 20 % of the median of eight weeks.
    ///
    /// `until` is already taken less `late`.
    package mutating func move(to until: Timestamp, _ settings: FeedSettings) -> Move {
        let isGap = unreadable > settings.maxUnreadable && settings.onUnreadable == .gap
        guard let known = window else {
            // What could not be read stays counted: it may have been used after this instant.
            beginAnew(at: isGap ? behindUnreadable(until) : until)
            if isGap { forgetUnreadable() }
            return .began
        }
        guard until > known.until else { return .unchanged }
        if let illness = illness(until, settings, countsUnreadable: !isGap) {
            isStale = true
            note(refused: until)
            return .stale(illness)
        }
        rate(until)
        if isGap {
            let why = unreadableWords
            beginAnew(at: behindUnreadable(until))
            settle()
            return .beganAnew(why)
        }
        window = Window(from: known.from, until: until)
        settle()
        return .moved
    }

    /// Moves the window's end because a person vouches for it, and takes what was counted when the feed said so.
    ///
    /// nil: until the feed's own last word that was refused. What was counted after that word stays counted. Throws
    /// nothing and returns nil where there is no such word and no instant was named.
    package mutating func accept(until wanted: Timestamp?) -> Timestamp? {
        guard let until = wanted ?? refusedWords.last?.until else { return nil }
        let taken =
            refusedWords.last { $0.until <= until }
            ?? (refusedWords.isEmpty
                ? RefusedWord(until: until, mapped: mapped, unmapped: unmapped, unreadable: unreadable) : nil)
        if window == nil {
            beginAnew(at: until)
        } else if let known = window, until > known.until {
            rate(until)
            window = Window(from: known.from, until: until)
        }
        if let taken { take(taken) }
        return until
    }

    private mutating func take(_ word: RefusedWord) {
        mapped = max(0, mapped - word.mapped)
        unmapped = max(0, unmapped - word.unmapped)
        unreadable = max(0, unreadable - word.unreadable)
        refusedWords = refusedWords.filter { $0.until > word.until }.map { later in
            RefusedWord(
                until: later.until,
                mapped: max(0, later.mapped - word.mapped),
                unmapped: max(0, later.unmapped - word.unmapped),
                unreadable: max(0, later.unreadable - word.unreadable)
            )
        }
        isStale = !refusedWords.isEmpty
        if unreadable == 0 { forgetUnreadable() }
    }

    private mutating func beginAnew(at instant: Timestamp) {
        window = Window(from: instant, until: instant)
        ratedUntil = instant
        mappedSinceRated = 0
    }

    /// A line that could not be read may be a use of until when it was read.
    private func behindUnreadable(_ until: Timestamp) -> Timestamp { max(until, lastUnreadableAt ?? until) }

    /// It has moved: what comes now is counted from the beginning.
    private mutating func settle() {
        mapped = 0
        unmapped = 0
        ignored = 0
        isStale = false
        refusedWords = []
        forgetUnreadable()
    }

    private mutating func forgetUnreadable() {
        unreadable = 0
        firstUnreadable = nil
        lastUnreadableAt = nil
    }

    private mutating func note(refused until: Timestamp) {
        let word = RefusedWord(until: until, mapped: mapped, unmapped: unmapped, unreadable: unreadable)
        guard let last = refusedWords.last, until <= last.until else {
            refusedWords = (refusedWords + [word]).suffix(Self.refusedLimit)
            return
        }
        // Said again: what has been counted since is part of it.
        if until == last.until { refusedWords[refusedWords.count - 1] = word }
    }

    // MARK: Health

    private var unreadableWords: String {
        let first = firstUnreadable.map { ", the first of them in \($0.place): \($0.problem)" } ?? ""
        return "\(unreadable) \(unreadable == 1 ? "line" : "lines") since its last move cannot be read\(first)"
    }

    private func illness(_ until: Timestamp, _ settings: FeedSettings, countsUnreadable: Bool) -> String? {
        if countsUnreadable, unreadable > settings.maxUnreadable { return unreadableWords }
        guard mapped > 0 else { return "it reported no use of a known grant since it moved last" }
        let lines = mapped + unmapped
        if Double(unmapped) * 100 > settings.maxUnmappedPercent * Double(lines) {
            return "\(unmapped) of \(lines) lines are of clients or grants that the store does not know"
        }
        if let rate = recentRate(until), let median = usualRate(until), rate * 5 < median {
            return "\(rate) uses a day, where the median is \(median)"
        }
        return nil
    }

    /// Mapped uses a day since it was rated last, over a week at least; nil: the stretch is no day long.
    private func recentRate(_ until: Timestamp) -> Int? {
        guard let since = ratedUntil else { return nil }
        let milliseconds = (until - since).milliseconds
        guard milliseconds >= Self.day else { return nil }
        let earlier = rates.suffix(max(0, Self.fewestDays - Int(milliseconds / Self.day)))
        let uses = Double(mappedSinceRated) + Double(earlier.reduce(0, +))
        return Int(uses / (Double(milliseconds) / Double(Self.day) + Double(earlier.count)))
    }

    /// The median of its days; nil: too few are known.
    private func usualRate(_ until: Timestamp) -> Int? {
        guard rates.count >= Self.fewestDays else { return nil }
        return rates.sorted()[rates.count / 2]
    }

    private mutating func rate(_ until: Timestamp) {
        guard let since = ratedUntil else {
            ratedUntil = until
            return
        }
        let days = (until - since).milliseconds / Self.day
        guard days >= 1 else { return }
        let each = Int(Double(mappedSinceRated) * Double(Self.day) / Double((until - since).milliseconds))
        rates = Array((rates + repeatElement(each, count: min(Int(days), Self.ratedDays))).suffix(Self.ratedDays))
        ratedUntil = until
        mappedSinceRated = 0
    }
}
