import Grants
import Testing

/// Since when a feed covers what.
@Suite struct FeedCoversTests {
    private static let start = Timestamp(milliseconds: 1_795_478_400_000)
    private static let window = Window(from: start - .days(100), until: start + .days(100))

    private static func cover(_ tenants: String?, _ clients: String? = nil) -> FeedSettings.Cover {
        .init(
            provider: "idp",
            tenants: tenants.map { $0.map { TenantID(String($0)) } },
            clients: clients.map { $0.map { ClientID(String($0)) } }
        )
    }

    /// From which day on a grant of tenant and client is observed, counted from the start; nil: it is not.
    private static func from(_ feed: FeedRecord, _ tenant: Character, _ client: Character) -> Int64? {
        feed.window(of: ClientID(String(client)), tenant: TenantID(String(tenant)), at: "idp")
            .map { ($0.from - start).milliseconds / 86_400_000 }
    }

    @Test(
        arguments: [
            // What was covered, what is: whether that is more; then from when each of three grants is observed.
            ([cover("a")], [cover("a")], false, [-100, nil, nil]),
            ([cover("a")], [cover("ab")], true, [-100, 1, nil]),
            ([cover("a")], [cover(nil)], true, [-100, 1, 1]),
            ([cover(nil)], [cover("a")], false, [-100, nil, nil]),
            ([cover("ab")], [cover("b"), cover("a")], false, [-100, -100, nil]),
            ([cover("a"), cover("b")], [cover("ab")], false, [-100, -100, nil]),
            ([cover(nil, "x")], [cover("ab", "x")], false, [-100, -100, nil]),
            ([cover("a", "x"), cover("b", "xy")], [cover("ab", "x")], false, [-100, -100, nil]),
            ([cover("a", "y")], [cover("a")], true, [1, nil, nil]),
            ([cover("a", "y"), cover("a", "x")], [cover("a")], true, [-100, nil, nil]),
        ] as [([FeedSettings.Cover], [FeedSettings.Cover], Bool, [Int64?])]
    )
    func `only what was not covered before begins now`(
        before: [FeedSettings.Cover],
        after: [FeedSettings.Cover],
        isWider: Bool,
        days: [Int64?]
    ) {
        var feed = FeedRecord(id: "gateway")
        feed.window = Self.window
        let first = feed.take(covers: before, at: Self.start)
        #expect(!first)
        let widened = feed.take(covers: after, at: Self.start + .days(1))
        #expect(widened == isWider)
        #expect("abc".map { Self.from(feed, $0, "x") } == days)
        // The same once more changes nothing.
        let known = feed
        let again = feed.take(covers: after, at: Self.start + .days(2))
        #expect(!again && "abc".map { Self.from(feed, $0, "x") } == days)
        _ = feed.take(covers: after, at: Self.start + .days(3))
        #expect(feed.covers?.count == known.covers?.count)
    }

    @Test func `what was taken out and is covered once more begins then, and a part before the window with it`() {
        var feed = FeedRecord(id: "gateway")
        feed.window = Self.window
        for (day, cover) in [Self.cover("ab"), Self.cover("a"), Self.cover("ab")].enumerated() {
            _ = feed.take(covers: [cover], at: Self.start + .days(Int64(day)))
        }
        #expect(Self.from(feed, "a", "x") == -100 && Self.from(feed, "b", "x") == 2)
        feed.begin(from: Self.start + .days(200))
        #expect(Self.from(feed, "a", "x") == 200 && Self.from(feed, "b", "x") == 200)
    }

    @Test func `a feed that has not moved past its new part has no window for it, and one without parts has its own`() {
        var feed = FeedRecord(id: "gateway")
        feed.window = Self.window
        #expect(Self.from(feed, "a", "x") == -100)
        _ = feed.take(covers: [Self.cover("a")], at: Self.start)
        _ = feed.take(covers: [Self.cover("ab")], at: Self.start + .days(101))
        #expect(Self.from(feed, "b", "x") == nil)
    }
}
