import Grants
import GrantsTestSupport
import Records
import Testing

@testable import GrantkeeperCommands

/// What holds a feed, or what it covers, is told where people look, with the command that lets it go on.
@Suite("What a feed holds back is told", .serialized)
struct FeedFindingsTests {
    private func scene(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario {
            $0.feeds = [Setup.gateway]
        } _: { scenario in
            try await scenario.inventory([.idle("i-1"), .used("u-1"), .idle("o-1") { $0.client = "erp-sync" }])
            try await ingest(scenario, #"{"feed":"gateway","observed_from":"\#(scenario.now - .days(300))"}"#)
            try await body(scenario)
        }
    }

    @discardableResult
    private func ingest(_ scenario: Scenario, _ lines: String..., end: String = "\n") async throws -> Outcome {
        let file = try scenario.importFile(Array((lines.joined(separator: "\n") + end).utf8))
        return await scenario.run("usage", "ingest", file, "--json")
    }

    private func codes(_ scenario: Scenario) async throws -> [String] {
        try await scenario.run("status", "--json").json.objects("needs").compactMap { $0.text("code") }
    }

    @Test func `a client that stands still because of a use of no known grant is told with what lets it go on`()
        async throws
    {
        try await scene { scenario in
            let used = scenario.now
            try await ingest(
                scenario,
                #"{"feed":"gateway","at":"\#(used)","client":"supplier-portal","subject":"stranger"}"#
            )
            // A new user of yesterday is the ordinary case.
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await !codes(scenario).contains("client-stands-still"))
            for _ in 0..<4 {
                scenario.advance(.days(1))
                try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            }
            try await scenario.rotate("--full")
            let needs = try await scenario.run("status", "--json").json.objects("needs")
            let need = try #require(needs.first { $0.text("code") == "client-stands-still" })
            #expect(need.text("message")?.contains("supplier-portal") == true)
            let command = "grantkeeper usage accept gateway --client supplier-portal --until \(used) --reason …"
            #expect(need.text("hint")?.contains(command) == true)
            // That no feed covered them would be untrue.
            #expect(!needs.contains { $0.text("code") == "cannot-judge" })
            #expect(await scenario.run("doctor").output.contains("LOOK client-stands-still: "))
            let rows = await scenario.run("grants", "list").output.split(separator: "\n")
            #expect(rows.filter { $0.contains("stands still") }.allSatisfy { $0.contains("supplier-portal") })
            #expect(rows.contains { $0.contains("idp/i-1") && $0.contains("usage accept gateway --client") })
            await scenario.run(
                "usage",
                "accept",
                "gateway",
                "--client",
                "supplier-portal",
                "--until",
                "\(used)",
                "--reason",
                "a scanner"
            )
            try await scenario.rotate("--full")
            #expect(try await !codes(scenario).contains("client-stands-still"))
        }
    }

    @Test func `lines that cannot be read are told by status and feed.stale, with the first place and its shape`()
        async throws
    {
        try await scene { scenario in
            try await ingest(
                scenario,
                #"{"feed":"gateway","at":"no time","token":"secret-token"}"#,
                #"{"feed":"gateway","at":"\#(scenario.now)","grant":"u-1"}"#,
                #"{"feed":"gateway","observed_until":"\#(scenario.now)"}"#
            )
            let status = try await scenario.run("status", "--json").json
            let feed = try #require(status.objects("feeds").first)
            #expect(feed.int("unreadable") == 1 && feed.int("max_unreadable") == 0)
            #expect(feed.text("first_unreadable.place")?.contains("line 1") == true)
            #expect(feed.text("first_unreadable.sample") == #"{"feed":"…","at":"…","token":"…"}"#)
            let need = try #require(status.objects("needs").first { $0.text("code") == "feed-stale" })
            #expect(need.text("message")?.contains("1 line cannot be read") == true)
            let text = await scenario.run("status").output
            #expect(text.contains("1 unreadable") && text.contains(#"{"feed":"…","at":"…","token":"…"}"#))
            let event = try #require(try await scenario.events("feed.stale").last)
            #expect(event.int("unreadable") == 1 && event.text("feed") == "gateway")
            #expect(event.text("first_unreadable_place")?.contains("line 1") == true)
            #expect(event.text("first_unreadable_problem")?.isEmpty == false)
            #expect(event.text("first_unreadable_sample") == #"{"feed":"…","at":"…","token":"…"}"#)
        }
    }

    @Test func `an input that was not read to its end is told at every look and every ingest until it is`() async throws
    {
        try await scene { scenario in
            let line = #"{"feed":"gateway","at":"\#(scenario.now)","grant":"u-1"}"#
            let cut = try await ingest(scenario, line, line, end: "")
            #expect(cut.status == 2)
            let feed = try #require(try await scenario.run("usage", "feeds", "--json").lines.first)
            #expect(feed.objects("unread_inputs").compactMap { $0.int("unfinished_line") } == [2])
            let feeds = await scenario.run("usage", "feeds")
            #expect(feeds.status == 2 && feeds.output.contains("line 2 has no newline"))
            #expect(await scenario.run("doctor").output.contains("not read to its end"))
            let other = try await ingest(scenario, #"{"feed":"elsewhere","at":"\#(scenario.now)","grant":"u-1"}"#)
            #expect(other.status == 2 && other.errors.contains("line 2 has no newline"))
            #expect(try other.json.objects("unread_inputs").count == 1)
            let whole = try await ingest(scenario, line, line)
            #expect(whole.status == 0, "\(whole.errors)")
            #expect(
                try await scenario.run("usage", "feeds", "--json").lines.first?.objects("unread_inputs").isEmpty == true
            )
        }
    }

    @Test func `a feed that covers more than before is told by the ingest that finds it, and by usage feeds`()
        async throws
    {
        try await withScenario {
            $0.feeds = ["{ id: gateway, covers: [{ provider: idp, tenants: [acme] }], late: 0s, max_age: 3d }"]
        } _: { scenario in
            try await scenario.inventory([.used("u-1")])
            try await ingest(scenario, #"{"feed":"gateway","observed_from":"\#(scenario.now - .days(300))"}"#)
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try scenario.configure { $0.feeds = [Setup.gateway] }
            #expect(await scenario.run("usage", "feeds").output.contains("covers more than"))
            scenario.advance(.days(1))
            let wider = try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(wider.status == 2 && wider.errors.contains("covers more than before"))
            #expect(try wider.json.texts("widened") == ["gateway"])
            let feed = try #require(try await scenario.run("usage", "feeds", "--json").lines.first)
            let covers = feed.objects("covers")
            #expect(covers.compactMap { $0.text("provider") } == ["idp", "idp"])
            #expect(covers.map { $0.text("since") } == [nil, "\(scenario.now)"])
            #expect(try await scenario.ingest(["u-1"], observedUntil: scenario.now).status == 0)
        }
    }

    @Test func `windows that do not join are told by grants show, as text and as JSON`() async throws {
        try await scene { scenario in
            let now = scenario.now
            let line =
                #"{"id":"old","provider":"idp","tenant":"acme","client":"supplier-portal","scopes":["ticket.read"],"#
            let times = #""issued_at":"\#(now - .days(900))","observed_from":"\#(now - .days(800))","#
            _ = try await scenario.importing([line + times + #""observed_until":"\#(now - .days(400))"}"#])
            let shown = try await scenario.show("old")
            #expect(shown.text("unjoined_window.feed") == "gateway")
            #expect(shown.text("unjoined_window.own_from") == "\(now - .days(800))")
            #expect(shown.text("unjoined_window.own_until") == "\(now - .days(400))")
            #expect(shown.text("unjoined_window.observed_from") == "\(now - .days(300))")
            #expect(await scenario.run("grants", "show", "old").errors.contains("the two do not join"))
            #expect(try await scenario.show("u-1").at("unjoined_window") == nil)
        }
    }
}
