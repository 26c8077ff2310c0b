import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// `due_at` is never too late: judging only what is due comes to the same as judging everything every day.
@Suite struct DeadlineTests {
    private static let grants = 24
    private static let bystanders = 60

    private static func grant(_ number: Int, _ random: inout SplitMix64) -> Grant {
        func ago(_ days: ClosedRange<Int64>) -> Timestamp { start - .hours(.random(in: days, using: &random) * 24) }
        var grant = Grant(
            key: .init(provider: "idp", id: "g-\(number)"),
            tenant: TenantID("t-\(number % 6)"),
            client: "portal",
            scopes: ScopeSet(["a"]),
            issuedAt: ago(1...400)
        )
        if Bool.random(using: &random) { grant.lastUsedAt = ago(0...200) }
        if Int.random(in: 0..<5, using: &random) == 0 {
            grant.expiresAt = start + .days(.random(in: 1...90, using: &random))
        }
        return grant
    }

    private static func changes(_ random: inout SplitMix64) -> [PolicyChange] {
        func days(_ range: ClosedRange<Int64>) -> Duration { .days(.random(in: range, using: &random)) }
        return [
            .idleAfter(days(1...120)), .notice(days(0...9)), .quarantine(days(0...4)), .newGrantGrace(days(0...20)),
            .maxLifetime(Int.random(in: 0..<3, using: &random) == 0 ? days(200...450) : nil),
            .lifetimeNotice(days(0...10)),
        ]
    }

    private static func policy(_ random: inout SplitMix64) -> RotationPolicy {
        var policy = RotationPolicy()
        policy.mode = .enforce
        policy.defaults.valve.sharePercent = 100
        policy.totalValve.sharePercent = 100
        for number in 0..<6 {
            var match = PolicyMatch()
            match.tenant = TenantID("t-\(number)")
            policy.overrides.append(PolicyOverride(match: match, changes: changes(&random), source: "\(number)"))
        }
        return policy
    }

    /// What happens on one day, the same in both stores.
    private struct Day {
        var length: Duration
        var uses: [Int] = []
        var feedMoves: Bool
        var isAcknowledged: Bool
        var policy: RotationPolicy?
        var exempted: Int?
    }

    private static func days(_ random: inout SplitMix64) -> [Day] {
        (0..<60).map { number in
            Day(
                length: .days(.random(in: 1...4, using: &random)),
                uses: (0..<grants).filter { _ in Int.random(in: 0..<60, using: &random) == 0 },
                feedMoves: Int.random(in: 0..<4, using: &random) > 0,
                isAcknowledged: Int.random(in: 0..<3, using: &random) > 0,
                policy: number % 17 == 16 ? policy(&random) : nil,
                exempted: Int.random(in: 0..<10, using: &random) == 0 ? .random(in: 0..<grants, using: &random) : nil
            )
        }
    }

    private static func rig(_ grants: [Grant], _ policy: RotationPolicy) async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy = policy
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        try await rig.add(grants)
        // Bystanders keep the valve open; they are used every day.
        try await rig.add(
            (0..<bystanders).map { number in
                idleGrant("k-\(number)", idle: 0) { $0.tenant = TenantID("t-\(number % 6)") }
            }
        )
        try await rig.store.write { writing in
            var feed = FeedRecord(id: "gateway")
            feed.window = Window(from: start - .days(300), until: start)
            try writing.setFeed(feed)
            for stored in try writing.page(.all, in: GrantSelection(tenant: nil), after: nil, limit: 1_000)
            where stored.grant.key.id.hasPrefix("k-") {
                try writing.setExemption(
                    Exemption(owner: "o", reason: "r", until: start + .days(9_000)),
                    row: stored.row
                )
            }
        }
        return rig
    }

    private static func live(_ day: Day, _ rig: Rig, full: Bool) async throws {
        rig.clock.advance(by: day.length)
        let now = rig.clock.now()
        if let policy = day.policy { rig.settings.policy = policy }
        if let exempted = day.exempted {
            let exemption = Exemption(owner: "o", reason: "r", until: now + .days(9))
            _ = try await GateOrders(rig.environment).exempt(
                .init(provider: "idp", id: "g-\(exempted)"),
                exemption,
                reference: nil
            )
        }
        var lines = day.uses.map { #"{"feed":"gateway","at":"\#(now - .hours(5))","grant":"g-\#($0)"}"# }
        lines.append(#"{"feed":"gateway","at":"\#(now - .hours(5))","grant":"k-1"}"#)
        if day.feedMoves { lines.append(#"{"feed":"gateway","observed_until":"\#(now)"}"#) }
        try await rig.ingest(lines.joined(separator: "\n"))
        try await rig.rotate(full: full)
        if day.isAcknowledged { try await rig.deliver() }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `judging what is due comes to the same as judging everything`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let policy = Self.policy(&random)
        let grants = (0..<Self.grants).map { Self.grant($0, &random) }
        let days = Self.days(&random)
        let due = try await Self.rig(grants, policy)
        let all = try await Self.rig(grants, policy)
        for (number, day) in days.enumerated() {
            try await Self.live(day, due, full: false)
            try await Self.live(day, all, full: true)
            let (some, every) = (try await due.standings(), try await all.standings())
            let different = every.filter { some[$0.key] != $0.value }.sorted { $0.key < $1.key }
                .map { "\($0.key) is \(some[$0.key]?.rawValue ?? "none") instead of \($0.value.rawValue)" }
            #expect(different.isEmpty, "seed \(seed), day \(number)")
            if !different.isEmpty { return }
        }
        let ended = try await all.standings().values.filter { !$0.isLive }.count
        #expect(ended > 0, "seed \(seed) ends nothing")
    }
}
