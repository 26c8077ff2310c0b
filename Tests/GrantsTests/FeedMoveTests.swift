import Grants
import Testing

/// When a feed moves.
@Suite struct FeedMoveTests {
    private static let start = Timestamp(milliseconds: 1_795_478_400_000)
    private static let settings = FeedSettings(id: "gateway", covers: [.init(provider: "idp")])
    private static let week = [Int](repeating: 100, count: 7)

    private static func feed(mapped: Int, unmapped: Int, rates: [Int] = [], days: Int64 = 1) -> FeedRecord {
        var feed = FeedRecord(id: "gateway")
        feed.begin(from: start - .days(days))
        for _ in 0..<mapped { feed.count(isMapped: true) }
        for _ in 0..<unmapped { feed.count(isMapped: false) }
        feed.rates = rates
        return feed
    }

    private static func bad(_ feed: inout FeedRecord, _ count: Int = 1, at: Timestamp = start) {
        feed.countUnreadable(count, first: .init(place: "log, line 7", problem: "no JSON", sample: nil, readAt: at))
    }

    @Test(
        arguments: [
            (0, 0, [], 1, false), (1, 0, [], 1, true), (0, 5, [], 1, false), (8, 2, [], 1, true), (7, 3, [], 1, false),
            // A day alone is averaged with the six before it, seven of them stand for themselves.
            (19, 0, week, 1, true), (139, 0, week, 7, false), (140, 0, week, 7, true),
            (1, 0, Array(week.prefix(6)), 7, true), (139, 0, [1_000] + week, 7, false),
        ] as [(Int, Int, [Int], Int64, Bool)]
    )
    func `a feed moves while it maps uses, most of its lines, and as many as it used to`(
        mapped: Int,
        unmapped: Int,
        rates: [Int],
        days: Int64,
        moves: Bool
    ) {
        var feed = Self.feed(mapped: mapped, unmapped: unmapped, rates: rates, days: days)
        let move = feed.move(to: Self.start, Self.settings)
        #expect((move == .moved) == moves)
        #expect(feed.isStale == !moves && feed.window?.until == (moves ? Self.start : Self.start - .days(days)))
        guard !moves else { return }
        let accepted = feed.accept(until: Self.start)
        #expect(accepted == Self.start && feed.window?.from == Self.start - .days(days) && !feed.isStale)
    }

    @Test func `weekends without use keep a feed, and are no less than usual afterwards`() {
        var feed = FeedRecord(id: "gateway")
        feed.begin(from: Self.start)
        for day in 1...70 {
            let isWeekend = day % 7 >= 5
            if !isWeekend { feed.count(isMapped: true, times: 50) }
            let move = feed.move(to: Self.start + .days(Int64(day)), Self.settings)
            #expect((move == .moved) == !isWeekend, "day \(day): \(move)")
        }
    }

    @Test func `one line that cannot be read stops a feed, and max_unreadable lets as many pass`() {
        var feed = Self.feed(mapped: 100, unmapped: 0)
        Self.bad(&feed)
        let move = feed.move(to: Self.start, Self.settings)
        guard case .stale(let why) = move else {
            Issue.record("it moved: \(move)")
            return
        }
        #expect(why.contains("log, line 7") && feed.isStale && feed.window?.until == Self.start - .days(1))
        var lenient = Self.settings
        lenient.maxUnreadable = 1
        let again = feed.move(to: Self.start, lenient)
        #expect(again == .moved && feed.unreadable == 0 && feed.firstUnreadable == nil)
        Self.bad(&feed, 2)
        feed.count(isMapped: true)
        let last = feed.move(to: Self.start + .days(1), lenient)
        #expect(last != .moved)
    }

    @Test func `with a gap the window begins anew behind what could not be read`() {
        var settings = Self.settings
        settings.onUnreadable = .gap
        var feed = Self.feed(mapped: 100, unmapped: 0, days: 50)
        Self.bad(&feed, at: Self.start + .hours(3))
        let move = feed.move(to: Self.start, settings)
        guard case .beganAnew = move else {
            Issue.record("no gap: \(move)")
            return
        }
        // Read three hours later, it may have been used until then.
        let behind = Self.start + .hours(3)
        #expect(feed.window == Window(from: behind, until: behind) && feed.unreadable == 0 && !feed.isStale)
        feed.count(isMapped: true)
        let next = feed.move(to: Self.start + .days(1), settings)
        #expect(next == .moved)
        #expect(feed.window == Window(from: behind, until: Self.start + .days(1)))
    }

    @Test func `a person accepts what was counted when the feed said so, and nothing later`() {
        var feed = Self.feed(mapped: 10, unmapped: 0, days: 3)
        Self.bad(&feed, 3)
        let first = Self.start - .days(1)
        var move = feed.move(to: first, Self.settings)
        #expect(move != .moved)
        feed.count(isMapped: true)
        Self.bad(&feed, 2)
        move = feed.move(to: Self.start, Self.settings)
        #expect(move != .moved)
        Self.bad(&feed, 1)
        var accepted = feed.accept(until: first)
        #expect(accepted == first)
        #expect(feed.window?.until == first && feed.unreadable == 3 && feed.isStale)
        accepted = feed.accept(until: nil)
        #expect(accepted == Self.start && feed.unreadable == 1 && !feed.isStale)
        feed.count(isMapped: true)
        let next = feed.move(to: Self.start + .days(1), Self.settings)
        guard case .stale = next else {
            Issue.record("a line was accepted that nobody had seen: \(next)")
            return
        }
    }

    @Test func `there is nothing to accept where the feed has said nothing and no instant is named`() {
        var feed = Self.feed(mapped: 1, unmapped: 0)
        Self.bad(&feed)
        let accepted = feed.accept(until: nil)
        #expect(accepted == nil && feed.unreadable == 1)
    }

    @Test func `a feed never moves back`() {
        var feed = Self.feed(mapped: 1, unmapped: 0)
        _ = feed.move(to: Self.start, Self.settings)
        let back = feed.move(to: Self.start - .hours(1), Self.settings)
        #expect(back == .unchanged && feed.window?.until == Self.start)
    }

    @Test func `a gap begins the observation anew, an overlap does not`() {
        var feed = Self.feed(mapped: 0, unmapped: 0, days: 10)
        feed.begin(from: Self.start - .days(20))
        #expect(feed.window?.from == Self.start - .days(10))
        feed.begin(from: Self.start - .days(2))
        #expect(feed.window == Window(from: Self.start - .days(2), until: Self.start - .days(2)))
    }

    @Test func `the first word of how far it observed begins its window`() {
        var feed = FeedRecord(id: "gateway")
        let move = feed.move(to: Self.start, Self.settings)
        #expect(move == .began && feed.window == Window(from: Self.start, until: Self.start))
    }
}

/// Uses that may be anybody's of a client.
@Suite struct StandstillTests {
    private static let start = Timestamp(milliseconds: 1_795_478_400_000)

    @Test(
        arguments: [
            // A use of the client, of any provider; of another client or provider; without a client.
            ("portal", nil, 5, 5, true), ("portal", "idp", 5, 5, true), ("other", nil, 5, 5, false),
            ("portal", "elsewhere", 5, 5, false), (nil, nil, 5, 5, true),
            // Over before the window began, and after its end.
            ("portal", nil, 40, 31, false), ("portal", nil, -1, -1, false),
        ] as [(String?, String?, Int64, Int64, Bool)]
    )
    func `the window ends before a use that may be of the client`(
        client: String?,
        provider: String?,
        first: Int64,
        last: Int64,
        isCut: Bool
    ) {
        var feed = FeedRecord(id: "gateway")
        feed.window = Window(from: Self.start - .days(30), until: Self.start)
        feed.unmappedUses = [
            UnmappedUses(
                provider: provider.map { ProviderID($0) },
                client: client.map { ClientID($0) },
                first: Self.start - .days(first),
                last: Self.start - .days(last),
                names: 1
            )
        ]
        let until = feed.window(of: "portal", at: "idp")?.until
        #expect(until == (isCut ? Self.start - .days(first) - .milliseconds(1) : Self.start))
    }

    @Test func `uses from before the window to within it leave nothing observed but its beginning`() {
        var feed = FeedRecord(id: "gateway")
        let from = Self.start - .days(30)
        feed.window = Window(from: from, until: Self.start)
        feed.unmappedUses = [
            UnmappedUses(provider: nil, client: "portal", first: from - .days(3), last: from + .days(3), names: 2)
        ]
        #expect(feed.window(of: "portal", at: "idp") == Window(from: from, until: from))
    }
}

/// When a use breaks its feed's word.
@Suite struct FeedWordTests {
    private static let start = Timestamp(milliseconds: 1_795_478_400_000)

    @Test(
        arguments: [
            // After the word; before it and new; before it and known; before it, and nothing known.
            (-1, 0, 5, false), (1, 0, 5, true), (1, 0, 1, false), (1, 0, nil, true),
            // The feed has said nothing yet.
            (1, nil, 5, false),
        ] as [(Int64, Int64?, Int64?, Bool)]
    )
    func `a use that nobody knew breaks the word that everything until later was seen`(
        use: Int64,
        observedUntil: Int64?,
        lastUsed: Int64?,
        isBroken: Bool
    ) {
        let at = Self.start - .days(use)
        var check = FeedWordCheck(first: at, last: at, observedUntil: observedUntil.map { Self.start - .days($0) })
        check.hear(issuedAt: Self.start - .days(100), lastUsedAt: lastUsed.map { Self.start - .days($0) })
        #expect((check.breach != nil) == isBroken && check.isOfAll == isBroken)
    }

    @Test(arguments: [(5, false), (6, true)] as [(Int64, Bool)])
    func `a use more than five minutes before every grant that it names was issued breaks the word`(
        minutes: Int64,
        isBroken: Bool
    ) {
        let at = Self.start - .minutes(minutes)
        var check = FeedWordCheck(first: at, last: at, observedUntil: nil)
        check.hear(issuedAt: Self.start, lastUsedAt: nil)
        #expect((check.breach != nil) == isBroken)
        check.hear(issuedAt: at, lastUsedAt: nil)
        #expect(check.breach == nil)
    }

    @Test func `the first of many uses breaks the word although the last does not`() {
        var check = FeedWordCheck(first: Self.start - .days(2), last: Self.start, observedUntil: Self.start - .days(1))
        check.hear(issuedAt: Self.start - .days(100), lastUsedAt: Self.start - .days(3))
        #expect(check.breach != nil && !check.isOfAll)
    }

    @Test func `a use that names no grant breaks no word`() {
        #expect(FeedWordCheck(first: Self.start, last: Self.start, observedUntil: Self.start).breach == nil)
    }
}
