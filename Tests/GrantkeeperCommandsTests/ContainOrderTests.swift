import Glibc
import GrantkeeperCommands
import Grants
import Records
import Sandbox
import Testing

@Suite("An order to contain, beside rules, typos and other people", .serialized)
struct ContainOrderTests {
    @Test(arguments: [false, true])
    func `what a rule's end left stuck is tried at once as the order's, frozen or not`(isFrozen: Bool) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("slow") { $0.client = "erp-sync" }] + Self.others)
            try scenario.write("erp-sync.secret", "wrong")
            try await scenario.rotate(statuses: [2])
            #expect(try await scenario.standing("slow") == "stuck")
            try scenario.write("erp-sync.secret", "erp-sync-secret")
            if isFrozen {
                #expect(await scenario.run("freeze", "--client", "erp-sync", "--reason", "audit").status == 0)
            }
            let done = try await Self.contain(scenario, "--client", "erp-sync", isFrozen ? ["--while-frozen"] : [])
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try done.json.int("outcome.ended") == 1)
            #expect(try await scenario.standing("slow") == "revoked")
            #expect(try await scenario.lives("slow") == false)
            let ended = try #require(try await scenario.events("grant.revoked").last)
            #expect(ended.text("rule") == "by-hand" && ended.text("reason") == "breach")
            #expect(ended.int("run") == (try done.json.int("run")))
        }
    }

    @Test func `earlier failures neither give the order up nor make it wait`() async throws {
        try await withScenario {
            $0.policy["give_up_after"] = "{ for: 1h, tries: 3 }"
        } _: { scenario in
            try await scenario.grants([.idle("slow") { $0.client = "erp-sync" }] + Self.others)
            try await scenario.sandbox.fail(#"{"revocation":"503"}"#)
            for _ in 1...2 {
                try await scenario.rotate(statuses: [2])
                scenario.advance(.hours(2))
            }
            let done = try await Self.contain(scenario, "--client", "erp-sync")
            #expect(done.status == 2)
            #expect(try done.json.numbers("outcome.queued") == ["server-error": 1], "\(done.output)")
            #expect(try await scenario.standing("slow") == "revoking")
            try await scenario.sandbox.heal()
            scenario.advance(.seconds(70))
            try await scenario.rotate()
            #expect(try await scenario.standing("slow") == "revoked")
        }
    }

    @Test(arguments: ["roles.yaml", "nowhere"])
    func `scope documents that cannot be read stop the planner, and no order of a person`(what: String) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2")] + Self.others)
            if what == "nowhere" {
                let configuration = try #require(scenario.bytes("grantkeeper.yaml"))
                try scenario.write("grantkeeper.yaml", configuration + Array("scopes: nowhere\n".utf8))
            } else {
                try scenario.document("roles", "roles: [{ id: reader }]")
            }
            for arguments in [["rotate"], ["rotate", "--dry-run"], ["grants", "show", "g-1"], ["grants", "list"]] {
                let outcome = await scenario.run(arguments)
                #expect(outcome.status == 78 && outcome.errors.contains(what), "\(arguments): \(outcome.errors)")
            }
            for arguments in [
                ["revalidate", "g-1"], ["revoke", "g-1", "--reason", "left", "--dry-run"],
                ["revoke", "g-1", "--reason", "left"], ["freeze", "--tenant", "acme", "--reason", "audit"],
                ["thaw", "--tenant", "acme", "--reason", "over"],
                ["contain", "--client", "supplier-portal", "--dry-run"],
                ["purge", "--dry-run"], ["events", "list"], ["runs", "list"], ["audit", "verify"],
            ] {
                let outcome = await scenario.run(arguments)
                #expect(outcome.status == 0, "\(arguments): \(outcome.errors)\(outcome.output)")
            }
            let done = try await Self.contain(scenario, "--client", "supplier-portal")
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            let rehearsed = await scenario.run("contain", "--client", "erp-sync", "--rehearse", "--json")
            #expect(rehearsed.status != 78, "\(rehearsed.errors)")
            for id in ["g-1", "g-2"] { #expect(try await scenario.lives(id) == false) }
        }
    }

    @Test(.timeLimit(.minutes(15)), arguments: [true, false])
    func `what comes while a person reads the plan is not taken along unseen`(comes: Bool) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")])
            var (main, side): (Int32, Int32) = (-1, -1)
            try #require(openpty(&main, &side, nil, nil, nil) == 0)
            defer {
                close(main)
                close(side)
            }
            let (output, errors) = (CapturedText(), CapturedText())
            var environment = scenario.environment(output, errors, input: side)
            environment.showsProgress = true
            let given = environment
            let containing = Task {
                await Program.run(["contain", "--supplier", "acme", "--reason", "breach"], given)
            }
            while !errors.text.contains("type the first 8 characters") { await Task.yield() }
            let plan = try #require(output.text.split(separator: "\n").last { $0.hasPrefix("plan ") })
            if comes { try await scenario.grants([.used("g-2")]) }
            let typed = Array("\(plan.dropFirst(5).prefix(8))\n".utf8)
            try #require(typed.withUnsafeBytes { write(main, $0.baseAddress, $0.count) } == typed.count)
            #expect(await containing.value == (comes ? 65 : 0), "\(errors.text)\(output.text)")
            #expect(try await scenario.standing("g-1") == (comes ? "active" : "revoked"))
            #expect(output.text.contains("contain supplier acme: 2 grants at 1 provider") == comes)
            #expect(errors.text.contains(comes ? "other grants are covered now" : "type the first"))
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `what comes while the order is carried out is told, and is no success`() async throws {
        try await withScenario { scenario in
            // The sink takes nothing before the gate is opened, and the report waits for the sink.
            let gate = scenario.path("gate")
            try #require(mkfifo(gate, 0o600) == 0)
            try scenario.configure {
                $0.sinks = ["{ id: siem, type: exec, command: [/bin/sh, -c, '[ -e \(gate) ] && cat \(gate); cat'] }"]
            }
            try await scenario.grants([.used("g-1")])
            let hash = try await ContainTests.hash(scenario, "--supplier", "acme")
            let (output, errors) = (CapturedText(), CapturedText())
            let environment = scenario.environment(output, errors)
            let containing = Task {
                await Program.run(
                    ["contain", "--supplier", "acme", "--reason", "breach", "--approve", hash, "--json"],
                    environment
                )
            }
            while try await scenario.standing("g-1") != "revoked" { await Task.yield() }
            try await scenario.grants([.used("late")])
            var writer: Int32 = -1
            while writer < 0 {
                writer = open(gate, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                await Task.yield()
            }
            unlink(gate)
            close(writer)
            #expect(await containing.value == 2, "\(errors.text)")
            let report = try JSONObject(parsing: Array(output.text.utf8))
            #expect(report.int("outcome.came_meanwhile") == 1, "\(output.text)")
            #expect(report.int("outcome.ended") == 1 && report.int("outcome.remaining") == 0)
            #expect(try await scenario.standing("late") == "active")
            let again = try await Self.contain(scenario, "--supplier", "acme")
            #expect(again.status == 0, "\(again.errors)\(again.output)")
            #expect(try again.json.int("outcome.came_meanwhile") == 0)
        }
    }

    @Test(arguments: [true, false])
    func `beyond what can be looked through, what leads to our own token is left out`(isOurs: Bool) async throws {
        try await withScenario {
            $0.clients.append("canary-client")
            $0.reaches = "client_subject"
        } _: { scenario in
            try await scenario.inventory(
                (0..<505).map { number in
                    .used("many-\(number)") { ($0.client, $0.subject) = ("canary-client", "machine") }
                }
            )
            let canary = String(decoding: try #require(scenario.bytes("canary.refresh_token")), as: UTF8.self)
            let line = GrantSpec.used("canary") { spec in
                (spec.client, spec.subject) = ("canary-client", isOurs ? "machine" : "nobody")
            }.record(IssuedTokens(access: canary, refresh: canary), now: scenario.now)
            #expect(try await scenario.importing([line]).status == 0)
            let plan = try await scenario.run("contain", "--client", "canary-client", "--dry-run", "--json").json
            #expect(plan.texts("self_protected.grants") == ["idp/canary"])
            #expect(plan.int("shielded.count") == (isOurs ? 505 : 0))
            #expect(plan.int("counts.grants") == (isOurs ? 0 : 505))
            let revoked = try await scenario.run("revoke", "many-7", "--reason", "left", "--dry-run", "--json").json
            #expect(revoked.text("refused")?.contains("what grantkeeper lives on may be one") == isOurs)
        }
    }

    @Test func `a large family that holds a grant of our own client is left out`() async throws {
        try await withScenario { scenario in
            try await scenario.inventory(
                (0..<505).map { number in .used("many-\(number)") { $0.more = #","family":"f""# } }
                    + [
                        .used("ours") { ($0.client, $0.more) = ("grantkeeper", #","family":"f""#) },
                        .used("alone"),
                    ]
            )
            let plan = try await scenario.run("contain", "--client", "supplier-portal", "--dry-run", "--json").json
            #expect(plan.int("shielded.count") == 505)
            #expect(plan.int("counts.grants") == 1)
        }
    }

    // MARK: Scenes

    /// So many that the valve lets one of a small share end.
    private static let others = (1...20).map { number in GrantSpec.used("o-\(number)") { $0.client = "quote-bot" } }

    /// Gives the order with the hash that is shown.
    private static func contain(
        _ scenario: Scenario,
        _ option: String,
        _ name: String,
        _ more: [String] = []
    ) async throws -> Outcome {
        let hash = try await ContainTests.hash(scenario, option, name)
        return await scenario.run(
            ["contain", option, name, "--reason", "breach", "--approve", hash, "--json"] + more
        )
    }
}
