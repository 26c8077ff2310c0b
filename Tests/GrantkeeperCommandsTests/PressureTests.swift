import Grants
import Records
import Testing

@testable import Sandbox

/// Three real servers: one refuses half of all requests, one hangs, one is healthy.
@Suite("Providers under pressure", .serialized)
struct PressureTests {
    private static let rate = 40
    private static let burst = 24

    /// Another sandbox beside the scenario's, as long as the body runs.
    private static func withServer(
        _ clock: TestClock,
        _ seed: UInt64,
        _ body: (SandboxAdministration) async throws -> Void
    ) async throws {
        var options = SandboxOptions()
        options.seed = seed
        let server = SandboxServer(options: options, clock: clock)
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { feed.finish() }
                try await server.run { feed.yield($0) }
            }
            var iterator = ports.makeAsyncIterator()
            try await body(SandboxAdministration(port: try #require(await iterator.next())))
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func provider(_ id: String, _ sandbox: SandboxAdministration, timeout: String) -> String {
        "{ id: \(id), issuer: 'http://127.0.0.1:\(sandbox.port)', "
            + "client: { id: grantkeeper, secret: { file: grantkeeper.secret } }, "
            + "limits: { requests_per_second: \(rate), in_flight: \(burst), timeout: \(timeout) }, "
            + "canaries: [{ kind: access_token, client_credentials: { scope: introspection } }] }"
    }

    /// Issues grants at a server and imports them as its provider's.
    private static func add(_ count: Int, at id: String, _ sandbox: SandboxAdministration, _ scenario: Scenario)
        async throws
    {
        let specs = (1...count).map { GrantSpec.used("\(id)-\($0)") }
        let issued = try await sandbox.issue(specs.map(\.order))
        let lines = zip(specs, issued).map { spec, object in
            let tokens = IssuedTokens(
                access: object.text("access_token") ?? "",
                refresh: object.text("refresh_token")
            )
            let line = spec.record(tokens, now: scenario.now)
            return id == "idp" ? line : line.replacingFirst(#""provider":"idp""#, #""provider":"\#(id)""#)
        }
        let outcome = try await scenario.importing(lines)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `the healthy one is asked in full, the refusing one within its limits, and no grant ends`() async throws
    {
        try await withScenario { setup in
            setup.timeout = "10s"
        } _: { scenario in
            try await Self.withServer(scenario.clock, 5) { refusing in
                try await Self.withServer(scenario.clock, 6) { hanging in
                    try scenario.configure {
                        $0.otherProviders = [
                            Self.provider("refusing", refusing, timeout: "10s"),
                            Self.provider("hanging", hanging, timeout: "1s"),
                        ]
                    }
                    try await Self.run(scenario, refusing, hanging)
                }
            }
        }
    }

    private static func run(
        _ scenario: Scenario,
        _ refusing: SandboxAdministration,
        _ hanging: SandboxAdministration
    ) async throws {
        try await add(200, at: "idp", scenario.sandbox, scenario)
        try await add(60, at: "refusing", refusing, scenario)
        try await add(60, at: "hanging", hanging, scenario)
        let all = #""endpoints":["introspect","token","metadata","revoke"]"#
        try await refusing.fail(#"{"status":429,"percent":50,\#(all)}"#)
        try await hanging.fail(#"{"hang":true,"endpoints":["introspect"]}"#)
        var active = 0
        for number in 1...6 {
            let report = try await scenario.rotate(statuses: [2, 69])
            #expect(report.int("ended.expired") == 0 && report.int("ended.revoked") == 0)
            #expect(report.int("standings.active") == 320, "run \(number)")
            #expect(report.objects("unreachable").compactMap { $0.text("provider") }.contains("hanging"))
            active += report.int("verdicts.active") ?? 0
            if number == 1 {
                // The forecast tells what is left of those that did not answer.
                let left = report.objects("forecast").first { $0.text("provider") == "hanging" }
                #expect(left?.int("due") == 60)
            }
            scenario.advance(.minutes(20))
        }
        // Every grant of the healthy one in its first run, and, with time, of the refusing one.
        let grants = try await scenario.run("grants", "list", "--json").lines
        for (provider, least) in [("idp", 200), ("refusing", 60), ("hanging", 0)] {
            let known = grants.filter { $0.text("provider") == provider && $0.text("last_verdict") == "active" }
            #expect(known.count == least, "\(provider)")
        }
        #expect(active >= 260)
        let counts = try await refusing.statistics()
        let refused = counts.int("endpoints.introspect.statuses.429") ?? 0
        let served = counts.int("endpoints.introspect.statuses.200") ?? 0
        #expect(refused > 20 && served > 60)
        #expect(try #require(counts.int("busiest_second")) <= rate + burst)
        #expect(try #require(counts.int("most_in_flight")) <= burst)
        // It was asked what is known, and once in each run at the most.
        let hung = try await hanging.statistics()
        #expect(try #require(hung.int("endpoints.introspect.requests")) <= 6)

        // Healed, it is asked about everything, and the breaker is forgotten.
        try await hanging.heal()
        try await refusing.heal()
        scenario.advance(.hours(25))
        let healed = try await scenario.rotate(statuses: [0])
        #expect(healed.int("verdicts.active") == 320)
    }

    @Test func `a run that finds a breaker open says when it asks again, and a dry run forecasts without sending`()
        async throws
    {
        try await withScenario {
            $0.timeout = "300ms"
            $0.limits = "requests_per_second: 1, in_flight: 4"
        } _: { scenario in
            try await scenario.grants((1...5).map { .used("g-\($0)") })
            try await scenario.sandbox.fail(#"{"hang":true}"#)
            try await scenario.rotate(statuses: [69])
            scenario.advance(.seconds(10))
            let asked = try await scenario.sandbox.statistics().int("endpoints.introspect.requests")
            let quiet = try await scenario.rotate(statuses: [69])
            #expect(quiet.objects("unreachable").first?.text("why")?.contains("asked again at") == true)
            let dry = try await scenario.run("rotate", "--dry-run", "--json").json
            let forecast = try #require(dry.objects("forecast").first)
            #expect(forecast.text("provider") == "idp" && forecast.int("due") == 5 && forecast.int("seconds") == 5)
            let after = try await scenario.sandbox.statistics().int("endpoints.introspect.requests")
            #expect(after == asked)
        }
    }

    @Test func `a run says what is stuck, and what to do`() async throws {
        try await withScenario {
            $0.clients = []
        } _: { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2")])
            await scenario.run("revoke", "g-1", "--reason", "left")
            for _ in 1...2 {
                let text = await scenario.run("rotate").output
                #expect(text.contains("stuck: 1 revocation in all"))
                scenario.advance(.minutes(20))
            }
            #expect(await scenario.run("grants", "list", "--standing", "stuck").output.contains("g-1"))
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }

    private func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
