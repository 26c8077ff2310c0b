import Glibc
import GrantkeeperCommands
import Grants
import Records
import Sandbox
import Testing

@Suite("Containment of a supplier, a client or a provider", .serialized)
struct ContainTests {
    @Test func `a supplier is contained at all its providers, and nobody else is touched`() async throws {
        try await Self.withTwoProviders { scenario in
            let shown = await scenario.run("contain", "--supplier", "acme", "--reason", "breach", "--json")
            #expect(shown.status == 2)
            let plan = try shown.json
            let hash = try #require(plan.text("hash"))
            #expect(plan.text("refused") == "it needs --approve \(hash)")
            #expect(plan.int("counts.grants") == 5)
            #expect(plan.numbers("events") == ["run.approved": 1, "grant.revoking": 5, "grant.revoked": 5])
            #expect(plan.objects("forecast").map { $0.int("requests") ?? 0 } == [24, 18])
            #expect(try await scenario.standings() == ["active": 8])
            let done = await scenario.run(
                "contain",
                "--supplier",
                "acme",
                "--reason",
                "breach",
                "--reference",
                "INC-9",
                "--approve",
                hash,
                "--json"
            )
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            let report = try done.json
            #expect(report.int("outcome.ended") == 5 && report.int("outcome.remaining") == 0)
            #expect(report.numbers("outcome.proofs") == ["proven": 5])
            #expect(report.objects("outcome.providers").compactMap { $0.int("ended") } == [3, 2])
            #expect(report.objects("outcome.told").compactMap { $0.bool("told") } == [true])
            #expect(try await scenario.standings() == ["active": 3, "revoked": 5])
            for id in ["a-1", "a-2", "a-3", "b-1", "b-2"] { #expect(try await scenario.lives(id) == false) }
            for id in ["o-1", "o-2", "o-3"] { #expect(try await scenario.lives(id) == true) }
            #expect(Set(try await scenario.events("grant.revoked").map { $0.text("reference") }) == ["INC-9"])
            #expect(try await scenario.events("run.approved").compactMap { $0.text("hash") } == [hash])
            #expect(try await scenario.run("runs", "list", "--json").lines.first?.text("job") == "contain")
        }
    }

    @Test func `a held provider queues the ends, their announcement leaves at once, and the next run ends them`()
        async throws
    {
        try await Self.withTwoProviders { scenario in
            try scenario.write("idp2.secret", "wrong")
            _ = await scenario.run("revalidate", "--provider", "idp2", "--all")
            let plan = try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            #expect(plan.objects("held_providers").compactMap { $0.text("why") } == ["credentials"])
            #expect(plan.objects("forecast").map { $0.at("last_seconds") == .null } == [false, true])
            let done = await scenario.run(
                "contain",
                "--supplier",
                "acme",
                "--reason",
                "breach",
                "--approve",
                try #require(plan.text("hash")),
                "--json"
            )
            #expect(done.status == 2, "\(done.errors)")
            #expect(try done.json.numbers("outcome.queued") == ["provider-held": 2])
            #expect(try done.json.int("outcome.ended") == 3)
            #expect(Self.sent("grant.revoking", scenario) == 5)
            #expect(try await scenario.lives("b-1") == true)
            try scenario.write("idp2.secret", "grantkeeper-secret")
            _ = await scenario.run("revalidate", "--provider", "idp2", "--all")
            try await scenario.rotate()
            #expect(try await scenario.standings() == ["active": 3, "revoked": 5])
            #expect(Self.sent("grant.revoking", scenario) == 5)
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `the announcement waits for no provider: it has left while the first call hangs`() async throws {
        try await withScenario {
            $0.sinks = [Self.siem]
            $0.timeout = "50s"
        } _: { scenario in
            try await scenario.grants([.used("a-1")])
            let hash = try await Self.hash(scenario, "--supplier", "acme")
            try await scenario.sandbox.fail(#"{"hang":true,"endpoints":["introspect","revoke"]}"#)
            let environment = scenario.environment(CapturedText(), CapturedText())
            let containing = Task {
                await Program.run(
                    ["contain", "--supplier", "acme", "--reason", "breach", "--approve", hash],
                    environment
                )
            }
            while try await scenario.sandbox.hanging() == 0 { await Task.yield() }
            while Self.sent("grant.revoking", scenario) == 0 { await Task.yield() }
            #expect(try await scenario.sandbox.hanging() > 0, "it has left after the call was given up")
            // Told to stop, it ends, and what it decided stays.
            containing.cancel()
            #expect(await containing.value == 1)
            try await scenario.sandbox.heal()
            #expect(try await scenario.standing("a-1") == "revoking")
            try await scenario.rotate()
            #expect(try await scenario.standing("a-1") == "revoked")
        }
    }

    @Test func `what is taken along is listed, of other tenants too, and ends by the hashes shown`() async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
            $0.reaches = "client_subject"
            $0.sandbox.revocationReach = .clientSubject
        } _: { scenario in
            try await scenario.grants([
                .used("g-1") { $0.subject = "s" },
                .used("g-2") {
                    $0.subject = "s"
                    $0.tenant = "globex"
                },
                .used("g-3") { $0.tenant = "globex" },
            ])
            let plain = try await Self.hash(scenario, "--supplier", "acme", "--plan-out", scenario.path("plan.ndjson"))
            let rows = try Outcome(
                status: 0,
                output: String(decoding: scenario.bytes("plan.ndjson") ?? [], as: UTF8.self),
                errors: ""
            ).lines
            let link = scenario.path("link")
            try #require(symlink(scenario.path("plan.ndjson"), link) == 0)
            try scenario.write("plan.ndjson", "old")
            try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--plan-out", link, "--json")
                .expectError(1, "plan-file")
            // The link stays one, and what it leads to is as it was.
            var name = [CChar](repeating: 0, count: 256)
            #expect(scenario.bytes("plan.ndjson") == Array("old".utf8) && readlink(link, &name, name.count) > 0)
            try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--plan-out", "/tmp", "--json")
                .expectError(1, "plan-file")
            #expect(rows.compactMap { $0.text("grant") } == ["g-1", "g-2"])
            #expect(rows.compactMap { $0.text("role") } == ["covered", "collateral"])
            let refused = await scenario.run(
                ["contain", "--supplier", "acme", "--reason", "breach", "--approve", plain, "--json"]
            )
            #expect(refused.status == 2)
            #expect(try refused.json.texts("collateral.grants") == ["idp/g-2"])
            let along = try #require(try refused.json.text("collateral_hash"))
            #expect(try refused.json.text("refused")?.contains("--with-collateral \(along) --approve \(plain)") == true)
            #expect(try await scenario.standings() == ["active": 3])
            let arguments = ["contain", "--supplier", "acme", "--reason", "breach", "--approve", plain, "--json"]
            try await scenario.run(arguments + ["--with-collateral", String(repeating: "0", count: 64)])
                .expectError(65, "collateral-changed")
            #expect(try await scenario.standings() == ["active": 3])
            let done = await scenario.run(arguments + ["--with-collateral", along])
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await scenario.standings() == ["active": 1, "revoked": 2])
            #expect(try await scenario.lives("g-3") == true)
        }
    }

    @Test func `what grantkeeper lives on is not ended, nor what would take it along; all else is`() async throws {
        try await withScenario {
            $0.clients.append("canary-client")
            $0.reaches = "client_subject"
            $0.sandbox.revocationReach = .clientSubject
        } _: { scenario in
            try await scenario.grants([
                .used("ours") { $0.client = "grantkeeper" },
                .used("beside") { spec in
                    spec.client = "canary-client"
                    spec.subject = "nobody"
                },
                .used("g-1"),
            ])
            let canary = String(decoding: try #require(scenario.bytes("canary.refresh_token")), as: UTF8.self)
            let line = GrantSpec.used("canary") { spec in
                spec.client = "canary-client"
                spec.subject = "nobody"
            }.record(IssuedTokens(access: canary, refresh: canary), now: scenario.now)
            #expect(try await scenario.importing([line]).status == 0)
            let hash = try await Self.hash(scenario, "--provider", "idp")
            let done = await scenario.run(
                ["contain", "--provider", "idp", "--reason", "breach", "--approve", hash, "--json"]
            )
            #expect(done.status == 2)
            #expect(try done.json.texts("self_protected.grants") == ["idp/canary", "idp/ours"])
            #expect(try done.json.texts("shielded.grants") == ["idp/beside"])
            #expect(try await scenario.standings() == ["active": 3, "revoked": 1])
            #expect(try await scenario.lives("ours") == true)
            #expect(try await scenario.lives("beside") == true)
        }
    }

    @Test func `other grants than those seen: 65, and nothing is applied`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let hash = try await Self.hash(scenario, "--supplier", "acme")
            try await scenario.grants([.used("g-2")])
            let before = await scenario.run("events", "list", "--json").output
            for given in [hash, String(hash.prefix(8)), "no-hash", "1"] {
                try await scenario.run("contain", "--supplier", "acme", "--reason", "x", "--approve", given, "--json")
                    .expectError(65, "plan-changed")
            }
            #expect(try await scenario.standings() == ["active": 2])
            #expect(await scenario.run("events", "list", "--json").output == before)
            let now = String(try await Self.hash(scenario, "--supplier", "acme").prefix(8))
            #expect(await scenario.run("contain", "--supplier", "acme", "--reason", "x", "--approve", now).status == 0)
        }
    }

    @Test func `it goes before observe, a blackout, an exemption and a notice; a freeze is named`() async throws {
        try await withScenario {
            $0.sinks = [Setup.owners]
            $0.policy["notice"] = "7d"
        } _: { scenario in
            try await scenario.grants((1...20).map { .used("o-\($0)") { $0.client = "erp-sync" } })
            try await scenario.grants([.idle("noticed"), .used("exempt")])
            let until = "\(scenario.now + .days(300))"
            #expect(
                await scenario.run(
                    ["exempt", "exempt", "--owner", "o", "--reason", "r", "--until", until]
                ).status == 0
            )
            try await scenario.rotate()
            #expect(try await scenario.standing("noticed") == "noticed")
            try scenario.configure {
                $0.mode = "observe"
                $0.blackouts = ["{ cron: \"* * * * *\", for: 24h, time_zone: UTC, reason: closing }"]
            }
            #expect(await scenario.run("freeze", "--tenant", "acme", "--reason", "audit").status == 0)
            let hash = try await Self.hash(scenario, "--client", "supplier-portal")
            let arguments = ["contain", "--client", "supplier-portal", "--reason", "x", "--approve", hash, "--json"]
            let frozen = await scenario.run(arguments)
            #expect(frozen.status == 2)
            #expect(try frozen.json.int("frozen.count") == 2)
            #expect(try frozen.json.text("refused")?.contains("--while-frozen") == true)
            #expect(try await scenario.standings() == ["active": 21, "noticed": 1])
            let done = await scenario.run(arguments + ["--while-frozen"])
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await scenario.standings() == ["active": 20, "revoked": 2])
        }
    }

    @Test func `what is stuck, and what a rule is ending already, becomes the order's`() async throws {
        try await withScenario {
            $0.clients = ["erp-sync"]
        } _: { scenario in
            try await scenario.grants([.used("stuck"), .idle("slow") { $0.client = "erp-sync" }])
            try await scenario.grants((1...20).map { .used("o-\($0)") { $0.client = "quote-bot" } })
            #expect(await scenario.run("revoke", "stuck", "--reason", "left").status == 2)
            try await scenario.sandbox.fail(#"{"revocation":"503"}"#)
            try await scenario.rotate(statuses: [2])
            #expect(try await scenario.standings() == ["active": 20, "stuck": 1, "revoking": 1])
            try await scenario.sandbox.heal()
            try scenario.write("supplier-portal.secret", "supplier-portal-secret")
            try scenario.configure { $0.clients.append("supplier-portal") }
            for client in ["supplier-portal", "erp-sync"] {
                let hash = try await Self.hash(scenario, "--client", client)
                let done = await scenario.run("contain", "--client", client, "--reason", "x", "--approve", hash)
                #expect(done.status == 0, "\(done.errors)\(done.output)")
            }
            #expect(try await scenario.standings() == ["active": 20, "revoked": 2])
            #expect(try await scenario.lives("slow") == false)
        }
    }

    @Test func `an access token that may live on is told with its end`() async throws {
        try await withScenario {
            $0.canaries = .none
        } _: { scenario in
            try await scenario.grants([.used("g-1") { $0.accessLife = .hours(1) }])
            let end = scenario.now + .hours(1)
            let hash = try await Self.hash(scenario, "--supplier", "acme")
            let done = await scenario.run(
                ["contain", "--supplier", "acme", "--reason", "x", "--approve", hash, "--json"]
            )
            #expect(done.status == 0)
            #expect(try done.json.numbers("outcome.proofs") == ["acknowledged": 1])
            #expect(try done.json.text("outcome.residual_until") == end.description)
            #expect(try done.json.int("outcome.residual") == 1)
        }
    }

    @Test func `without credentials it will be stuck, and the plan says so before`() async throws {
        try await withScenario {
            $0.clients = []
        } _: { scenario in
            try await scenario.grants([.used("g-1")])
            let plan = try await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            #expect(plan.texts("without_credentials.grants") == ["idp/g-1"])
            #expect(plan.numbers("events")["grant.stuck"] == 1)
            let hash = try #require(plan.text("hash"))
            let done = await scenario.run(
                ["contain", "--supplier", "acme", "--reason", "x", "--approve", hash, "--json"]
            )
            #expect(done.status == 2)
            #expect(try done.json.numbers("outcome.stuck") == ["no-credentials": 1])
        }
    }

    @Test func `where receivers enforce, the announcement is the end, and nobody is asked`() async throws {
        try await withScenario {
            $0.revocation = "events"
            $0.sinks = [Self.siem]
        } _: { scenario in
            try await scenario.grants([.used("g-1")])
            let hash = try await Self.hash(scenario, "--supplier", "acme")
            let done = await scenario.run(
                ["contain", "--supplier", "acme", "--reason", "x", "--approve", hash, "--json"]
            )
            #expect(done.status == 0)
            #expect(try done.json.numbers("outcome.proofs") == ["announced": 1])
            #expect(try done.json.numbers("events") == ["run.approved": 1, "grant.revoked": 1])
            #expect(Self.sent("grant.revoked", scenario) == 1)
            #expect(try await scenario.sandbox.statistics().int("endpoints.revoke.requests") ?? 0 == 0)
        }
    }

    @Test func `looking at the plan changes no byte and asks nobody`() async throws {
        try await Self.withTwoProviders { scenario in
            let before = scenario.storeBytes()
            let asked = try await scenario.sandbox.statistics().int("endpoints.introspect.requests")
            let plan = await scenario.run("contain", "--supplier", "acme", "--dry-run", "--json")
            #expect(plan.status == 0)
            #expect(await scenario.run("contain", "--supplier", "acme", "--reason", "x").status == 2)
            #expect(scenario.storeBytes() == before)
            #expect(try await scenario.sandbox.statistics().int("endpoints.introspect.requests") == asked)
            scenario.advance(.minutes(1))
            let again = try await Self.hash(scenario, "--supplier", "acme")
            #expect(try plan.json.text("hash") == again)
        }
    }

    @Test(arguments: [
        (["--supplier", "acne"], "unknown-supplier", "did you mean 'acme'?"),
        (["--supplier", "finance"], "unknown-supplier", "known: acme"),
        (["--client", "quote-bott"], "unknown-client", "did you mean 'quote-bot'?"),
        (["--provider", "ipd"], "unknown-provider", "did you mean 'idp'?"),
    ])
    func `a name that nobody knows is an error with the nearest one`(
        whom: [String],
        code: String,
        hint: String
    ) async throws {
        try await withScenario {
            $0.internalTenants = ["finance"]
        } _: { scenario in
            try await scenario.grants([.used("g-1")])
            let outcome = await scenario.run(["contain"] + whom + ["--reason", "x", "--json"])
            try outcome.expectError(64, code)
            #expect(outcome.errors.contains(hint), "\(outcome.errors)")
        }
    }

    @Test(arguments: [
        ["--reason", "x"], ["--supplier", "acme"], ["--supplier", "acme", "--reason", " "],
        ["--supplier", "acme", "--client", "quote-bot", "--reason", "x"],
        ["--supplier", "acme", "--rehearse", "--approve", "12345678"],
    ])
    func `an order that says too little or too much is refused`(arguments: [String]) async throws {
        try await withScenario { scenario in
            #expect(await scenario.run(["contain"] + arguments).status == 64)
        }
    }

    @Test(arguments: [(true, 0), (false, 2)])
    func `on a terminal the plan is shown and its hash asked for`(isRight: Bool, status: Int32) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            let hash = try await Self.hash(scenario, "--supplier", "acme")
            var (main, side): (Int32, Int32) = (-1, -1)
            try #require(openpty(&main, &side, nil, nil, nil) == 0)
            defer {
                close(main)
                close(side)
            }
            let typed = Array(((isRight ? String(hash.prefix(8)) : "00000000") + "\n").utf8)
            try #require(typed.withUnsafeBytes { write(main, $0.baseAddress, $0.count) } == typed.count)
            let (output, errors) = (CapturedText(), CapturedText())
            var environment = scenario.environment(output, errors, input: side)
            environment.showsProgress = true
            let ended = await Program.run(["contain", "--supplier", "acme", "--reason", "breach"], environment)
            #expect(ended == status)
            #expect(output.text.contains("plan \(hash)"))
            #expect(errors.text.contains("To end 1 grant, type the first 8 characters of the plan's hash:"))
            #expect(try await scenario.standing("g-1") == (isRight ? "revoked" : "active"))
        }
    }

    @Test func `nothing to end is no finding`() async throws {
        try await withScenario { scenario in
            try await scenario.inventory([])
            let outcome = await scenario.run("contain", "--supplier", "acme", "--reason", "x", "--json")
            #expect(outcome.status == 0)
            #expect(try outcome.json.int("counts.grants") == 0)
        }
    }

    // MARK: Scenes

    static let siem = "{ id: siem, type: file, path: out/events.ndjson }"

    /// acme has three grants at idp and two at idp2, globex three at idp.
    static func withTwoProviders(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
            $0.sinks = [siem]
            $0.sandbox.foreignRevocation = .allowed
        } _: { scenario in
            try scenario.write("idp2.secret", "grantkeeper-secret")
            try scenario.configure { setup in
                setup.otherProviders = [
                    "{ id: idp2, issuer: 'http://127.0.0.1:\(scenario.sandbox.port)', "
                        + "client: { id: grantkeeper, secret: { file: idp2.secret } }, "
                        + "capabilities: { revokes_foreign: true, revocation_reaches: grant, "
                        + "rotates_refresh_tokens: false }, "
                        + "access_token_lifetime: 0s, canaries: [{ kind: refresh_token, client: canary-client, token: { file: canary.refresh_token } }, "
                        + "{ kind: access_token, client: canary-client, token: { file: canary.access_token } }] }"
                ]
            }
            try await scenario.grants(
                (1...3).map { .used("a-\($0)") } + (1...3).map { .used("o-\($0)") { $0.tenant = "globex" } }
            )
            let lines = try await scenario.issue((1...2).map { .used("b-\($0)") })
                .map { $0.replacing(#""provider":"idp""#, with: #""provider":"idp2""#) }
            #expect(try await scenario.importing(lines).status == 0)
            try await body(scenario)
        }
    }

    static func hash(_ scenario: Scenario, _ whom: String...) async throws -> String {
        try #require(
            try await scenario.run(["contain"] + whom + ["--dry-run", "--json"]).json.text("hash")
        )
    }

    /// How many events of the type the sink has.
    static func sent(_ type: String, _ scenario: Scenario) -> Int {
        String(decoding: scenario.bytes("out/events.ndjson") ?? [], as: UTF8.self)
            .split(separator: "\n").filter { $0.contains(#""type":"\#(type)""#) }.count
    }
}
