import Grants
import Records
import Testing

@Suite("Disuse is what was observed", .serialized)
struct DisuseTests {
    @Test func `200 used grants and a feed that starts today: nothing is noticed for 89 days`() async throws {
        try await withScenario {
            $0.feeds = [Setup.gateway]
            $0.sinks = [Setup.owners]
            $0.policy["notice"] = "7d"
            $0.revocation = "events"
        } _: { scenario in
            try await scenario.inventory((1...200).map { number in GrantSpec("g-\(number)") { $0.used = .days(1) } })
            for days: Int64 in [0, 1, 29, 30, 29] {
                scenario.advance(.days(days))
                try await scenario.ingest(["g-1"], observedUntil: scenario.now)
                let report = try await scenario.rotate("--full", statuses: [0])
                #expect(report.int("counts.notice") == 0)
                #expect(report.int("standings.active") == 200)
            }
            scenario.advance(.days(2))
            try await scenario.ingest(["g-1"], observedUntil: scenario.now)
            let report = try await scenario.rotate(statuses: [2])
            #expect(report.int("counts.notice") == 199)
            #expect(report.int("standings.noticed") == 199)
            #expect(try await scenario.events("run.warned").count == 1)
        }
    }

    @Test func `a feed that dies in the notice week ends nothing`() async throws {
        try await withNotice { scenario in
            #expect(try await scenario.standings() == ["active": 10, "noticed": 2])
            for days: Int64 in [6, 2, 1, 30, 60] {
                scenario.advance(.days(days))
                let report = try await scenario.rotate()
                #expect(report.int("counts.end") == 0)
                #expect(report.int("standings.noticed") == 2)
            }
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            let report = try await scenario.rotate()
            #expect(report.int("ended.expired") == 2)
            #expect(try await scenario.show("i-1").text("proof") == "proven")
        }
    }

    @Test func `a notice counts from the acknowledgement of a sink that notifies`() async throws {
        try await withNotice(sink: "{ id: owners, type: exec, command: [/bin/false], notifies: true }") { scenario in
            #expect(try await scenario.standings() == ["active": 10, "noticed": 2])
            for _ in 1...3 {
                scenario.advance(.days(8))
                try await scenario.ingest(["u-1"], observedUntil: scenario.now)
                let report = try await scenario.rotate(statuses: [2])
                #expect(report.int("counts.end") == 0)
            }
            try scenario.configure { $0.sinks = [Setup.owners] }
            #expect(await scenario.run("events", "deliver").status == 0)
            scenario.advance(.days(6))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(try await scenario.rotate().int("counts.end") == 0)
            scenario.advance(.days(2))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(try await scenario.rotate().int("ended.expired") == 2)
        }
    }

    @Test func `a sink that ends well without reading has acknowledged`() async throws {
        try await withNotice(sink: "{ id: owners, type: exec, command: [/bin/true], notifies: true }") { scenario in
            scenario.advance(.days(8))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(try await scenario.rotate().int("ended.expired") == 2)
        }
    }

    @Test(arguments: [nil, "{ id: siem, type: file, path: out/events.ndjson }"])
    func `nobody is told, so nothing is announced`(sink: String?) async throws {
        try await withNotice(sink: sink) { scenario in
            #expect(try await scenario.standings() == ["active": 12])
            let report = try await scenario.rotate("--full")
            #expect(report.numbers("refused")["nobody-told"] == 2)
            #expect(report.int("counts.notice") == 0)
            scenario.advance(.days(30))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(try await scenario.rotate().int("standings.active") == 12)
        }
    }

    @Test func `a use in the notice week reprieves`() async throws {
        try await withNotice { scenario in
            scenario.advance(.days(3))
            try await scenario.ingest(["i-1", "u-1"], observedUntil: scenario.now)
            let report = try await scenario.rotate()
            #expect(report.int("counts.reprieve") == 1)
            #expect(try await scenario.standing("i-1") == "active")
            #expect(try await scenario.events("grant.reprieved").compactMap { $0.text("rule") } == ["used-again"])
        }
    }

    @Test func `a quarantine without a sink that enforces is a mistake in the configuration`() async throws {
        try await withScenario {
            $0.policy["quarantine"] = "2d"
            $0.sinks = [Setup.owners]
        } _: { scenario in
            try await scenario.run("rotate", "--json").expectError(78, "configuration")
        }
    }

    @Test func `a quarantine starts at the acknowledgement of a sink that enforces`() async throws {
        let deaf = "{ id: door, type: exec, command: [/bin/false], enforces: true }"
        let door = "{ id: door, type: exec, command: [/bin/cat], enforces: true }"
        try await withScenario {
            $0.feeds = [Setup.gateway]
            $0.policy["quarantine"] = "2d"
            $0.sinks = [deaf]
        } _: { scenario in
            try await scenario.grants([.idle("i-1")] + (1...10).map { .used("u-\($0)") })
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await scenario.standing("i-1") == "quarantined")
            #expect(try await scenario.lives("i-1") == true)
            scenario.advance(.days(5))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await scenario.standing("i-1") == "quarantined")
            try scenario.configure { $0.sinks = [door] }
            try await scenario.rotate()
            scenario.advance(.days(3))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            #expect(try await scenario.rotate().int("ended.expired") == 1)
            #expect(try await scenario.lives("i-1") == false)
        }
    }

    @Test func `220 tenants with 7 idle grants each: all held, none touched`() async throws {
        let tenants = (1...220).map { "t-\($0)" }
        try await withScenario {
            $0.tenants = tenants
            $0.revocation = "events"
        } _: { scenario in
            try await scenario.inventory(
                tenants.flatMap { tenant in (1...7).map { .idle("\(tenant)-\($0)") { $0.tenant = tenant } } }
            )
            for _ in 1...2 {
                let report = try await scenario.rotate(statuses: [2])
                #expect(report.int("counts.end") == 1_540)
                #expect(report.int("standings.active") == 1_540)
                #expect(report.objects("held").count == 220)
                #expect(Set(report.objects("held").compactMap { $0.text("why") }) == ["valve-half"])
                scenario.advance(.hours(25))
            }
        }
    }

    @Test func `access tokens past their end beside live refresh tokens end nothing`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...12).map { .used("g-\($0)") { $0.accessLife = .hours(1) } })
            for _ in 1...4 {
                scenario.advance(.hours(25))
                let report = try await scenario.rotate(statuses: [0])
                #expect(report.int("verdicts.active") == 12)
                #expect(report.int("standings.active") == 12)
            }
        }
    }

    /// Two idle grants and ten used ones, a feed, and a run that announces.
    private func withNotice(
        sink: String? = Setup.owners,
        _ body: (Scenario) async throws -> Void
    ) async throws {
        try await withScenario {
            $0.feeds = [Setup.gateway]
            $0.policy["notice"] = "7d"
            $0.sinks = [sink].compactMap { $0 }
        } _: { scenario in
            try await scenario.grants([.idle("i-1"), .idle("i-2")] + (1...10).map { .used("u-\($0)") })
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            try await body(scenario)
        }
    }
}
