import Grants
import RotationWorker
import Testing

/// An export each night at 22:00, the day's log at 02:00, a run at 03:00.
@Suite struct OrdinaryNightTests {
    private static let unused = ["idle-1", "idle-2"]
    /// The first run that sees 90 days without use: a weekend's nights move no feed.
    private static let firstEnd = 90

    @Test func `with rotating tokens, weekends and a new user a day, what is unused ends on day 90 and nothing else`()
        async throws
    {
        let rig = try await Rig()
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        _ = try await rig.ingest(#"{"feed":"gateway","observed_from":"\#(start)"}"#)
        // Each with the instant of the consent.
        var users = (1...8).map { ("user-\($0)", start - .days(10)) } + Self.unused.map { ($0, start - .days(10)) }
        for day in 0...Self.firstEnd {
            let morning = start + .days(Int64(day))
            // The first day is a Tuesday.
            let isWeekend = [4, 5].contains(day % 7)
            rig.clock.set(morning + .hours(22))
            let lines = users.map { user, issued in
                let token = Self.unused.contains(user) ? "rt-\(user)" : "rt-\(user)-\(day)"
                return grantLine(user, #","subject":"\#(user)","refresh_token":"\#(token)""#, issued: issued)
            }
            let imported = try await rig.importing(lines.joined(separator: "\n"))
            #expect(imported.isImported && imported.bad == 0)

            var uses =
                isWeekend
                ? []
                : users.map(\.0).filter { !Self.unused.contains($0) }
                    .map { Self.use($0, morning + .hours(9)) }
            if !isWeekend {
                users.append(("new-\(day)", morning + .hours(22) + .minutes(30)))
                uses.append(Self.use("new-\(day)", morning + .hours(22) + .minutes(40)))
            }
            uses.append(#"{"feed":"gateway","observed_until":"\#(morning + .days(1))"}"#)
            rig.clock.set(morning + .days(1) + .hours(2))
            let report = try await rig.ingest(uses.joined(separator: "\n"))
            #expect(
                report.moved == (isWeekend ? [] : ["gateway"]) && report.unmapped == (isWeekend ? 0 : 1),
                "day \(day)"
            )
            #expect(report.unreadable.isEmpty && report.bad == 0, "day \(day)")

            rig.clock.set(morning + .days(1) + .hours(3))
            try await rig.rotate()
            let ended = try await rig.standings().filter { $0.value != .active }.keys.sorted()
            #expect(ended == (day < Self.firstEnd ? [] : Self.unused), "day \(day)")
        }
    }

    private static func use(_ subject: String, _ at: Timestamp) -> String {
        #"{"feed":"gateway","at":"\#(at)","client":"portal","subject":"\#(subject)"}"#
    }
}
