import Grants
import Records
import Testing

@Suite("What stands between a plan and its application", .serialized)
struct GateTests {
    @Test func `observing changes nothing, and says so`() async throws {
        try await withScenario {
            $0.mode = "observe"
        } _: { scenario in
            try await scenario.grants([.idle("i-1")] + (1...10).map { .used("u-\($0)") })
            for _ in 1...3 {
                let report = try await scenario.rotate(statuses: [2])
                #expect(report.text("mode") == "observe")
                #expect(report.int("counts.end") == 1)
                #expect(report.objects("held").compactMap { $0.text("why") } == ["observe"])
                #expect(report.int("standings.active") == 11)
                scenario.advance(.hours(25))
            }
            #expect(try await scenario.lives("i-1") == true)
        }
    }

    /// How many of how many are idle, the valve, and what it says.
    struct Load: CustomTestStringConvertible, Sendable {
        var idle: Int
        var used: Int
        var valve = "{ share: 10%, count: 10, max: 1000, window: 24h }"
        var why: String?

        var testDescription: String { "\(idle) idle, \(used) used, \(valve): \(why ?? "ends")" }
    }

    @Test(arguments: [
        Load(idle: 10, used: 20),
        Load(idle: 11, used: 99),
        Load(idle: 11, used: 98, why: "valve-share"),
        Load(idle: 2, used: 0),
        Load(idle: 3, used: 3),
        Load(idle: 3, used: 2, why: "valve-half"),
        Load(idle: 5, used: 95, valve: "{ share: 50%, count: 1, max: 5 }"),
        Load(idle: 6, used: 94, valve: "{ share: 50%, count: 1, max: 5 }", why: "valve-max"),
    ])
    func `the valve lets all of a partition end, or none`(load: Load) async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.policy["valve"] = load.valve
        } _: { scenario in
            try await scenario.inventory(Self.idle(load.idle) + Self.used(load.used))
            let report = try await scenario.rotate(statuses: [load.why == nil ? 0 : 2])
            #expect(report.objects("held").compactMap { $0.text("why") } == [load.why].compactMap { $0 })
            #expect(report.int("ended.expired") == (load.why == nil ? load.idle : 0))
            if load.why != nil {
                #expect(report.objects("held").first?.int("would_end") == load.idle)
                #expect(report.objects("held").first?.int("live") == load.idle + load.used)
                #expect(report.objects("held").first?.text("tenant") == "acme")
            }
        }
    }

    @Test func `what ended within the window counts with what is planned`() async throws {
        try await withScenario {
            $0.revocation = "events"
        } _: { scenario in
            try await scenario.inventory(Self.idle(6) + Self.used(90))
            #expect(try await scenario.rotate(statuses: [0]).int("ended.expired") == 6)
            try await scenario.inventory((20...25).map { .idle("i-\($0)") })
            scenario.advance(.hours(1))
            let held = try await scenario.rotate(statuses: [2])
            #expect(held.objects("held").compactMap { $0.text("why") } == ["valve-share"])
            scenario.advance(.hours(24))
            #expect(try await scenario.rotate(statuses: [0]).int("ended.expired") == 6)
        }
    }

    @Test func `the total valve holds what many tenants would lose together`() async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.tenants = ["t-1", "t-2", "t-3"]
            $0.totalValve = "{ share: 5%, count: 5 }"
        } _: { scenario in
            for tenant in ["t-1", "t-2", "t-3"] {
                try await scenario.inventory(
                    Self.idle(2, of: tenant) + Self.used(20, of: tenant)
                )
            }
            let report = try await scenario.rotate(statuses: [2])
            #expect(report.int("ended.expired") == 0)
            #expect(report.objects("held").compactMap { $0.text("why") } == ["valve-share-provider"])
            #expect(report.objects("held").first?.int("would_end") == 6)
        }
    }

    @Test func `a run for one tenant touches only that tenant`() async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.tenants = ["t-1", "t-2"]
        } _: { scenario in
            for tenant in ["t-1", "t-2"] {
                try await scenario.inventory(Self.idle(2, of: tenant) + Self.used(10, of: tenant))
            }
            let report = try await scenario.rotate("--tenant", "t-1", statuses: [0])
            #expect(report.int("ended.expired") == 2)
            let left = try await scenario.run("grants", "list", "--json").lines
            #expect(left.filter { $0.text("tenant") == "t-1" }.count == 10)
            #expect(left.filter { $0.text("tenant") == "t-2" }.count == 12)
        }
    }

    // MARK: Approval

    @Test func `an approved plan is carried out, and only that`() async throws {
        try await withHeld { scenario, hash in
            let outcome = await scenario.run("runs", "approve", hash, "--reason", "CAB-4", "--json")
            #expect(outcome.status == 0)
            let report = try outcome.json
            #expect(report.int("ended.expired") == 12)
            #expect(try await scenario.standings() == ["active": 60, "expired": 12])
            #expect(try await scenario.events("run.approved").compactMap { $0.text("reason") } == ["CAB-4"])
            #expect(try await scenario.events("run.held").count == 1)
        }
    }

    @Test func `an approval is refused when the policy has changed`() async throws {
        try await withHeld { scenario, hash in
            try scenario.configure { $0.policy["idle_after"] = "80d" }
            try await expectRefused(scenario, hash, "other-policy")
        }
    }

    @Test func `an approval is refused when other rows are planned`() async throws {
        try await withHeld { scenario, hash in
            try await scenario.inventory([.idle("i-99")])
            try await expectRefused(scenario, hash, "superseded")
        }
    }

    @Test func `an approval is refused after approve_within`() async throws {
        try await withHeld { scenario, hash in
            scenario.advance(.hours(73))
            try await expectRefused(scenario, hash, "over")
        }
    }

    @Test func `an approval of an unknown hash is refused`() async throws {
        try await withHeld { scenario, _ in
            try await expectRefused(scenario, String(repeating: "ab", count: 32), "unknown-plan")
        }
    }

    private func withHeld(_ body: (Scenario, String) async throws -> Void) async throws {
        try await withScenario {
            $0.revocation = "events"
        } _: { scenario in
            try await scenario.inventory(Self.idle(12) + Self.used(60))
            let report = try await scenario.rotate(statuses: [2])
            scenario.advance(.minutes(5))
            try await body(scenario, try #require(report.objects("held").first?.text("hash")))
        }
    }

    private func expectRefused(
        _ scenario: Scenario,
        _ hash: String,
        _ code: String,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = await scenario.run("runs", "approve", hash, "--reason", "why not", "--json")
        try outcome.expectError(65, code, at: location)
        #expect(try await scenario.standings()["expired"] == nil, sourceLocation: location)
        #expect(try await scenario.events("run.approved").isEmpty, sourceLocation: location)
    }

    // MARK: Freeze

    @Test(arguments: [[], ["--tenant", "acme"], ["--provider", "idp"], ["--client", "supplier-portal"]])
    func `a freeze ends nothing and lets revalidation go on`(filter: [String]) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("i-1")] + (1...5).map { .used("u-\($0)") })
            #expect(await scenario.run(["freeze", "--reason", "audit"] + filter).status == 0)
            for _ in 1...2 {
                let report = try await scenario.rotate(statuses: [2])
                #expect(report.int("verdicts.active") == 6)
                #expect(report.int("standings.active") == 6)
                #expect(report.bool("frozen") == filter.isEmpty)
                #expect(report.objects("held").compactMap { $0.text("why") } == ["frozen"])
                scenario.advance(.hours(25))
            }
            #expect(await scenario.run(["thaw", "--reason", "done"] + filter).status == 0)
            #expect(try await scenario.rotate().int("ended.expired") == 1)
        }
    }

    @Test func `a thaw starts every notice anew and forgets inactive answers`() async throws {
        try await withScenario {
            $0.feeds = [Setup.gateway]
            $0.sinks = [Setup.owners]
            $0.policy["notice"] = "7d"
        } _: { scenario in
            try await scenario.grants([.idle("i-1")] + (1...10).map { .used("u-\($0)") })
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            try await scenario.revokeAtServer("u-2")
            scenario.advance(.hours(25))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await scenario.show("u-2").int("inactive_count") == 1)
            await scenario.run("freeze", "--reason", "restore")
            scenario.advance(.days(10))
            await scenario.run("thaw", "--reason", "restored")
            #expect(try await scenario.show("u-2").int("inactive_count") == 0)
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            let first = try await scenario.rotate()
            #expect(first.int("counts.end") == 0)
            #expect(try await scenario.standing("i-1") == "noticed")
            scenario.advance(.days(6))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await scenario.standing("i-1") == "noticed")
            scenario.advance(.days(2))
            try await scenario.ingest(["u-1"], observedUntil: scenario.now)
            try await scenario.rotate()
            #expect(try await scenario.standing("i-1") == "expired")
        }
    }

    // MARK: Exempt

    @Test func `an exemption keeps, reprieves what was announced, and ends by itself`() async throws {
        try await withScenario {
            $0.sinks = [Setup.owners]
            $0.policy["notice"] = "7d"
            $0.policy["evidence_max_age"] = "90d"
        } _: { scenario in
            try await scenario.grants([.idle("i-1"), .idle("i-2")] + (1...10).map { .used("u-\($0)") })
            await scenario.run("exempt", "i-1", "--owner", "kim", "--reason", "seasonal", "--until", "60d")
            try await scenario.rotate()
            #expect(try await scenario.standings() == ["active": 11, "noticed": 1])
            await scenario.run("exempt", "i-2", "--owner", "kim", "--reason", "seasonal", "--until", "60d")
            let report = try await scenario.rotate()
            #expect(report.int("counts.reprieve") == 1)
            #expect(report.numbers("rules")["exempt"] == 1)
            #expect(try await scenario.standings() == ["active": 12])
            scenario.advance(.days(61))
            try await scenario.rotate()
            #expect(try await scenario.standings() == ["active": 10, "noticed": 2])
        }
    }

    private static func idle(_ count: Int, of tenant: String = "acme") -> [GrantSpec] {
        (0..<count).map { .idle("\(tenant)-i-\($0)") { $0.tenant = tenant } }
    }

    private static func used(_ count: Int, of tenant: String = "acme") -> [GrantSpec] {
        (0..<count).map { .used("\(tenant)-u-\($0)") { $0.tenant = tenant } }
    }
}
