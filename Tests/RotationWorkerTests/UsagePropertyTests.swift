import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// Random usage logs, gathered in windows of any size, against each line entered by itself.
@Suite struct UsagePropertyTests {
    /// All that a log changes.
    struct Outcome: Equatable {
        var grants: [StoredGrant] = []
        var feeds: [String: FeedRecord] = [:]
        var scopes: [ScopeUse] = []
        var events: [String] = []
        var counts: [Int] = []
        var problems: [String] = []
        var undeclared: Set<String> = []
        var stale: [String: String] = [:]
        var moved: Set<String> = []
    }

    @Test(arguments: 0..<16)
    func `uses gathered by their names are what they are one after the other`(seed: Int) async throws {
        var random = SeededGenerator(seed)
        let ids = (0..<12).map { "g-\($0)" }
        let log = Self.log(&random, ids, lines: Int.random(in: 1...160, using: &random))
        let one = try await Self.outcome(of: log, ids, namesAtOnce: 1, runsAtOnce: 1)
        for (names, runs) in [(3, 1), (1, 5), (2, 64), (10_000, 64)] {
            let gathered = try await Self.outcome(of: log, ids, namesAtOnce: names, runsAtOnce: runs)
            #expect(gathered == one, "seed \(seed), \(names) names at once, \(runs) times")
        }
    }

    @Test(arguments: 0..<8)
    func `the last use is the latest that any line tells of, and each line counts`(seed: Int) async throws {
        var random = SeededGenerator(1_000 + seed)
        let rig = try await Rig()
        let ids = (0..<50).map { "g-\($0)" }
        try await rig.add(ids.map { idleGrant($0) })
        var latest: [String: Timestamp] = [:]
        var (mapped, unmapped) = (0, 0)
        var lines: [String] = []
        for _ in 0..<600 {
            let id = "g-\(Int.random(in: 0..<60, using: &random))"
            let at = start - .hours(Int64.random(in: -2...6_000, using: &random))
            let provider = Bool.random(using: &random) ? #","provider":"idp""# : ""
            lines.append(#"{"feed":"gateway","at":"\#(at)","grant":"\#(id)"\#(provider)}"#)
            guard ids.contains(id) else {
                unmapped += 1
                continue
            }
            mapped += 1
            latest[id] = max(latest[id] ?? start - .days(200), min(at, start))
        }
        let report = try await rig.ingesting(Array(lines.joined(separator: "\n").utf8), namesAtOnce: 7)
        #expect(report.mapped == mapped && report.unmapped == unmapped && report.lines == 600)
        for id in ids {
            let used = try await rig.grant(id)?.grant.lastUsedAt
            #expect(used == latest[id] ?? start - .days(200))
        }
    }

    @Test func `a name is no other that begins or is cut as it is`() async throws {
        let rig = try await Rig()
        try await rig.add([
            idleGrant("a") { $0.subject = "b" }, idleGrant("ab"), idleGrant("\u{E9}"), idleGrant("c\"d"),
        ])
        let report = try await rig.ingesting(
            Array(
                """
                {"feed":"gateway","at":"2026-11-01T00:00:00Z","grant":"a"}
                {"feed":"gateway","at":"2026-11-02T00:00:00Z","grant":"\\u0061b"}
                {"feed":"gateway","at":"2026-11-03T00:00:00Z","grant":"\\u00e9"}
                {"feed":"gateway","at":"2026-11-04T00:00:00Z","grant":"c\\"d","provider":"idp"}
                {"feed":"gateway","at":"2026-11-05T00:00:00Z","grant":"e\u{301}"}
                {"feed":"gateway","at":"2026-11-05T00:00:00Z","grant":""}
                {"feed":"gateway","at":"2026-11-05T00:00:00Z","grant":"a","provider":""}
                {"feed":"gateway","at":"2026-11-05T00:00:00Z","client":"portalb","subject":""}
                {"feed":"gateway","at":"2026-11-05T00:00:00Z","grant":"a"} x
                """.utf8
            )
        )
        #expect(report.mapped == 5 && report.unmapped == 3 && report.bad == 1)
        for (id, day) in [("a", "01"), ("ab", "02"), ("\u{E9}", "05"), ("c\"d", "04")] {
            let used = try await rig.grant(id)?.grant.lastUsedAt?.description
            #expect(used == "2026-11-\(day)T00:00:00Z")
        }
    }

    @Test(arguments: [Standing.active, .noticed, .quarantined], [nil, "f"])
    func `a use makes an announced grant due, and the announced ones of its family`(
        standing: Standing,
        family: String?
    ) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")], family: family)
        for id in ["g-1", "g-2"] {
            try await rig.change(id) { stored in
                stored.grant.standing = id == "g-1" ? standing : .noticed
                stored.dueAt = start + .days(3)
            }
        }
        _ = try await rig.ingesting(Array(#"{"feed":"gateway","at":"2026-11-20T00:00:00Z","grant":"g-1"}"#.utf8))
        let (first, second) = (try await rig.grant("g-1"), try await rig.grant("g-2"))
        #expect(first?.grant.lastUsedAt?.description == "2026-11-20T00:00:00Z")
        #expect(first?.dueAt == (standing == .active ? start + .days(3) : start))
        #expect(second?.dueAt == (family == nil ? start + .days(3) : start))
    }

    private static func outcome(
        of log: String,
        _ ids: [String],
        namesAtOnce: Int,
        runsAtOnce: Int
    ) async throws -> Outcome {
        let rig = try await Rig()
        // What of the uses breaks a feed's word depends on what was known before each, and is tested by itself.
        rig.settings.feeds = ["gateway", "audit"].map { id in
            var feed = FeedSettings(id: id, covers: [.init(provider: "idp")])
            feed.maxUnreadable = 1_000_000
            feed.maxUnmappedPercent = 100
            return feed
        }
        try await rig.add(ids.prefix(8).map { id in idleGrant(id) { $0.subject = "u-\(id)" } })
        try await rig.add(ids.dropFirst(8).map { idleGrant($0) }, family: "f")
        for (id, standing) in [("g-1", Standing.noticed), ("g-2", .quarantined), ("g-3", .revoked), ("g-9", .noticed)] {
            try await rig.change(id) { stored in
                stored.grant.standing = standing
                stored.endedAt = standing == .revoked ? start - .days(1) : nil
                stored.dueAt = start + .days(3)
            }
        }
        try await rig.change("g-4") { $0.grant.validity.record(.inactive, at: start - .days(3)) }
        let report = try await rig.ingesting(Array(log.utf8), namesAtOnce: namesAtOnce, runsAtOnce: runsAtOnce)
        var outcome = Outcome()
        (outcome.grants, outcome.feeds, outcome.scopes) = try await rig.store.read { reading in
            (
                try reading.page(.all, in: GrantSelection(), after: nil, limit: 100), try reading.feeds(),
                try reading.scopeUses(in: GrantSelection())
            )
        }
        for id in outcome.feeds.keys {
            outcome.feeds[id]?.unmapped = 0
            outcome.feeds[id]?.unreadable = 0
            outcome.feeds[id]?.firstUnreadable = nil
            outcome.feeds[id]?.lastUnreadableAt = nil
            outcome.feeds[id]?.refusedWords = []
            outcome.feeds[id]?.unmappedUses = []
        }
        // Those of different grants come in the order of their names or of the lines.
        outcome.events = try await rig.events().sorted()
        outcome.counts = [report.lines, report.mapped, report.unmapped, report.bad]
        outcome.problems = report.problems.map { "\($0)" }
        (outcome.undeclared, outcome.stale, outcome.moved) = (report.undeclared, report.stale, report.moved)
        return outcome
    }

    private static func log(_ random: inout SeededGenerator, _ ids: [String], lines: Int) -> String {
        var log: [String] = []
        for _ in 0..<lines {
            let feed = ["gateway", "gateway", "audit", "stranger"].randomElement(using: &random) ?? ""
            let at = start - .hours(Int64.random(in: -3...240, using: &random))
            let id = (ids + ["nobody", "none"]).randomElement(using: &random) ?? ""
            let scopes = ["", #","scope":"ticket.read""#, #","scope":"order.read ticket.read","client":"portal""#]
            let scope = scopes.randomElement(using: &random) ?? ""
            var name =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: #""token":"rt-\#(id)""#
                case 1: #""client":"portal","subject":"u-\#(id)""#
                case 2: #""client":"portal","subject":"u-\#(id)","provider":"idp""#
                case 3: #""grant":"\#(id)","provider":"elsewhere""#
                case 4...6: #""grant":"\#(id)","provider":"idp","status":200"#
                default: #""grant":"\#(id)""#
                }
            if !scope.contains("client") || !name.contains("client") { name += scope }
            switch Int.random(in: 0..<30, using: &random) {
            case 0: log.append(#"{"feed":"\#(feed)","observed_from":"\#(at)"}"#)
            case 1, 2: log.append(#"{"feed":"\#(feed)","observed_until":"\#(at)"}"#)
            case 3: log.append(#"{"feed":"\#(feed)","at":"\#(at)"}"#)
            case 4: log.append("")
            case 5: log.append(#"{"feed":"\#(feed)","at":"\#(at)",\#(name)"#)
            default: log.append(#"{"feed":"\#(feed)","at":"\#(at)",\#(name)}"#)
            }
        }
        return log.joined(separator: "\n")
    }
}

extension Rig {
    func ingesting(
        _ bytes: [UInt8],
        namesAtOnce: Int = 100,
        runsAtOnce: Int = 64
    ) async throws -> UsageIngest.Report {
        folder.write(bytes + [0x0A], to: "many-uses.ndjson")
        let descriptor = open(folder.file("many-uses.ndjson"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await UsageIngest(environment, namesAtOnce: namesAtOnce, runsAtOnce: runsAtOnce)
            .perform(descriptor: descriptor)
    }
}
