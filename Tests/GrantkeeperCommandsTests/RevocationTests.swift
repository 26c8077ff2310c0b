import Grants
import Records
import Sandbox
import Testing

@Suite("Revocation, what it takes along, and its proof", .serialized)
struct RevocationTests {
    @Test func `a used grant of the same subject keeps the unused one`() async throws {
        try await withScenario {
            $0.reaches = "client_subject"
            $0.sandbox.revocationReach = .clientSubject
        } _: { scenario in
            try await scenario.grants(
                [.idle("i-1") { $0.subject = "s" }, .used("u-1") { $0.subject = "s" }] + Self.others
            )
            let report = try await scenario.rotate()
            #expect(report.numbers("refused") == ["collateral": 1])
            #expect(report.int("standings.active") == 12)
            #expect(try await scenario.show("i-1").text("decision.rule") == "collateral")
            #expect(try await scenario.lives("i-1") == true)
        }
    }

    @Test func `two unused grants of the same subject end together`() async throws {
        try await withScenario {
            $0.reaches = "client_subject"
            $0.sandbox.revocationReach = .clientSubject
        } _: { scenario in
            try await scenario.grants(
                [.idle("i-1") { $0.subject = "s" }, .idle("i-2") { $0.subject = "s" }] + Self.others
            )
            #expect(try await scenario.rotate().int("ended.expired") == 2)
            #expect(try await scenario.standings() == ["active": 10, "expired": 2])
        }
    }

    @Test func `by hand, what goes along is listed first and ended when its hash is given`() async throws {
        try await withScenario {
            $0.reaches = "client_subject"
            $0.sandbox.revocationReach = .clientSubject
        } _: { scenario in
            try await scenario.grants(
                [.used("g-1") { $0.subject = "s" }, .used("g-2") { $0.subject = "s" }] + Self.others
            )
            let refused = await scenario.run("revoke", "g-1", "--reason", "left", "--json")
            #expect(refused.status == 2)
            #expect(try refused.json.texts("collateral") == ["idp/g-2"])
            #expect(try await scenario.standings() == ["active": 12])
            let hash = try #require(try refused.json.text("collateral_hash"))
            let done = await scenario.run("revoke", "g-1", "--reason", "left", "--with-collateral", hash, "--json")
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await scenario.standings() == ["active": 10, "revoked": 2])
        }
    }

    @Test func `by hand, grants of another tenant are not taken along`() async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
            $0.reaches = "client_subject"
        } _: { scenario in
            try await scenario.grants(
                [
                    .used("g-1") { $0.subject = "s" },
                    .used("g-2") {
                        $0.subject = "s"
                        $0.tenant = "globex"
                    },
                ]
                    + Self.others
            )
            let refused = try await scenario.run("revoke", "g-1", "--reason", "left", "--json").json
            let hash = try #require(refused.text("collateral_hash"))
            let again = await scenario.run("revoke", "g-1", "--reason", "left", "--with-collateral", hash, "--json")
            #expect(again.status == 2)
            #expect(try await scenario.standings() == ["active": 12])
        }
    }

    @Test func `what grantkeeper lives on is never ended`() async throws {
        try await withScenario {
            $0.clients.append("canary-client")
        } _: { scenario in
            try await scenario.grants([.idle("ours") { $0.client = "grantkeeper" }] + Self.others)
            let canary = String(decoding: try #require(scenario.bytes("canary.refresh_token")), as: UTF8.self)
            let line = GrantSpec.idle("canary") { $0.client = "canary-client" }
                .record(IssuedTokens(access: canary, refresh: canary), now: scenario.now)
            #expect(try await scenario.importing([line]).status == 0)
            let report = try await scenario.rotate()
            #expect(report.numbers("rules")["self-protection"] == 2)
            #expect(report.int("standings.active") == 12)
            for id in ["ours", "canary"] {
                let outcome = await scenario.run("revoke", id, "--reason", "no", "--json")
                #expect(try outcome.json.texts("self_protected") == ["idp/\(id)"])
            }
            #expect(try await scenario.standings() == ["active": 12])
        }
    }

    @Test func `an end by hand is proven and told`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            let outcome = await scenario.run(
                "revoke",
                "g-1",
                "--reason",
                "left",
                "--reference",
                "INC-7",
                "--json"
            )
            #expect(outcome.status == 0)
            let grant = try await scenario.show("g-1")
            #expect(grant.text("standing") == "revoked")
            #expect(grant.text("proof") == "proven")
            #expect(try await scenario.lives("g-1") == false)
            #expect(try await scenario.events("grant.revoking").compactMap { $0.text("reason") } == ["left"])
            #expect(try await scenario.events("grant.revoked").compactMap { $0.text("reference") } == ["INC-7"])
        }
    }

    @Test func `a refusal for the wrong client is stuck at once`() async throws {
        try await withScenario {
            $0.clients = []
            $0.revokesForeign = true
            $0.sandbox.foreignRevocation = .refused
        } _: { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            let outcome = await scenario.run("revoke", "g-1", "--reason", "left", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.objects("grants").compactMap { $0.text("why") } == ["wrong-client"])
            #expect(try await scenario.standing("g-1") == "stuck")
            #expect(try await scenario.events("grant.stuck").compactMap { $0.text("reason") } == ["wrong-client"])
        }
    }

    @Test func `a revocation that is answered 200 and ignored has ended nothing`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            try await scenario.sandbox.fail(#"{"revocation":"ignored"}"#)
            let outcome = await scenario.run("revoke", "g-1", "--reason", "left", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.objects("grants").compactMap { $0.text("why") } == ["still-active"])
            #expect(try await scenario.standing("g-1") == "revoking")
            try await scenario.sandbox.heal()
            // Asked about again, not revoked again, for a day; then a person is told, and it is revoked daily.
            scenario.advance(.hours(3))
            try await scenario.rotate(statuses: [2])
            #expect(try await scenario.standing("g-1") == "revoking")
            #expect(try await scenario.lives("g-1") == true)
            scenario.advance(.hours(21))
            try await scenario.rotate(statuses: [2])
            #expect(try await scenario.standing("g-1") == "stuck")
            scenario.advance(.days(1))
            let report = try await scenario.rotate()
            #expect(report.int("ended.revoked") == 1)
            #expect(try await scenario.show("g-1").text("proof") == "proven")
        }
    }

    @Test(arguments: ["unsupported_token_type", "503"])
    func `a server that cannot revoke ends nothing`(fault: String) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("i-1")] + Self.others)
            try await scenario.sandbox.fail(#"{"revocation":"\#(fault)"}"#)
            let report = try await scenario.rotate(statuses: [2])
            #expect(report.int("ended.expired") == 0)
            #expect(try await scenario.standing("i-1") == (fault == "503" ? "revoking" : "stuck"))
            #expect(try await scenario.lives("i-1") == true)
        }
    }

    @Test func `without credentials an automatic end is kept, one by hand is stuck`() async throws {
        try await withScenario {
            $0.clients = []
        } _: { scenario in
            try await scenario.grants([.idle("i-1")] + Self.others)
            let report = try await scenario.rotate()
            #expect(report.numbers("refused") == ["cannot-revoke": 1])
            #expect(report.int("standings.active") == 11)
            let outcome = await scenario.run("revoke", "i-1", "--reason", "left", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.objects("grants").compactMap { $0.text("why") } == ["no-credentials"])
            #expect(try await scenario.standing("i-1") == "stuck")
        }
    }

    @Test func `while frozen an order by hand needs to say so`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            await scenario.run("freeze", "--reason", "audit")
            #expect(await scenario.run("revoke", "g-1", "--reason", "left").status == 2)
            #expect(try await scenario.standing("g-1") == "active")
            #expect(await scenario.run("revoke", "g-1", "--reason", "left", "--while-frozen").status == 0)
            #expect(try await scenario.standing("g-1") == "revoked")
        }
    }

    @Test func `at a held provider an order by hand is queued, says how to go on, and does with --while-held`()
        async throws
    {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            try scenario.write("grantkeeper.secret", "wrong")
            #expect(await scenario.run("revalidate", "--all").status != 0)
            let queued = await scenario.run("revoke", "g-1", "--reason", "left")
            #expect(queued.status == 2 && queued.output.contains("--while-held"))
            #expect(try await scenario.standing("g-1") == "revoking")
            #expect(try await scenario.lives("g-1") == true)
            let done = await scenario.run("revoke", "g-1", "--reason", "left", "--while-held", "--json")
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try done.json.objects("grants").compactMap { $0.text("proof") } == ["acknowledged"])
            #expect(try await scenario.lives("g-1") == false)
        }
    }

    @Test func `a record that names our client is ended with --even-own and the hash shown, and no other`() async throws
    {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            let spec = GrantSpec.used("named") { $0.client = "grantkeeper" }
            let record = spec.record(IssuedTokens(access: "none-a", refresh: "none-r"), now: scenario.now)
            #expect(try await scenario.importing([record]).status == 2)
            let spared = await scenario.run("revoke", "named", "--reason", "shield", "--json")
            #expect(spared.status == 2)
            let hash = try #require(try spared.json.text("even_own_hash"))
            try await scenario.run(
                ["revoke", "named", "--reason", "shield", "--even-own", String(repeating: "0", count: 64), "--json"]
            ).expectError(65, "even-own-changed")
            #expect(try await scenario.standing("named") == "active")
            _ = await scenario.run("revoke", "named", "--reason", "shield", "--even-own", hash)
            #expect(try await scenario.standing("named") != "active")
        }
    }

    @Test func `by hand, more than the valve lets end needs its hash`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...4).map { .used("g-\($0)") })
            let refused = await scenario.run("revoke", "--tenant", "acme", "--reason", "gone", "--json")
            #expect(refused.status == 2)
            #expect(try await scenario.standings() == ["active": 4])
            let hash = try #require(try refused.json.text("hash"))
            let done = await scenario.run("revoke", "--tenant", "acme", "--reason", "gone", "--approve", hash, "--json")
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await scenario.standings() == ["revoked": 4])
        }
    }

    @Test func `by hand, what would take along our canary is refused, whatever hash is given`() async throws {
        try await withScenario {
            $0.reaches = "client_subject"
        } _: { scenario in
            try await scenario.grants([.used("g-1") { $0.subject = "s" }] + Self.others)
            #expect(try await Self.importCanary(scenario, subject: "s").status == 0)
            let refused = await scenario.run("revoke", "g-1", "--reason", "left", "--json")
            #expect(refused.status == 2)
            let hash = try #require(try refused.json.text("collateral_hash"))
            let again = await scenario.run("revoke", "g-1", "--reason", "left", "--with-collateral", hash, "--json")
            #expect(again.status == 2)
            #expect(try again.json.text("refused")?.contains("idp/canary") == true)
            #expect(try await scenario.standings() == ["active": 12])
            #expect(try await scenario.lives("g-1") == true)
        }
    }

    @Test func `the list shows that a grant with our canary's token is ours`() async throws {
        try await withScenario { scenario in
            #expect(try await Self.importCanary(scenario, subject: "s").status == 0)
            let lines = try await scenario.run("grants", "list", "--json").lines
            #expect(lines.compactMap { $0.text("decision.rule") } == ["self-protection"])
            #expect(await scenario.run("grants", "list").output.contains("self-protection"))
        }
    }

    @Test func `by hand, an access token ends, and a refresh token that we do not hold is told`() async throws {
        try await withScenario { scenario in
            let spec = GrantSpec.used("g-1") { grant in
                grant.hasRefreshToken = false
                grant.more = #","has_refresh_token":true"#
            }
            try await scenario.grants([spec] + Self.others)
            let outcome = await scenario.run("revoke", "g-1", "--reason", "left", "--json")
            #expect(outcome.status == 2)
            #expect(try outcome.json.objects("grants").compactMap { $0.text("why") } == ["no-token"])
            #expect(try await scenario.standing("g-1") == "stuck")
            #expect(try await scenario.lives("g-1") == false)
        }
    }

    @Test func `by hand, the events leave at once`() async throws {
        try await withScenario {
            $0.sinks = ["{ id: siem, type: file, path: out/events.ndjson }"]
        } _: { scenario in
            try await scenario.grants([.used("g-1")] + Self.others)
            #expect(await scenario.run("revoke", "g-1", "--reason", "left").status == 0)
            let text = String(decoding: scenario.bytes("out/events.ndjson") ?? [], as: UTF8.self)
            #expect(text.contains(#""type":"grant.revoked""#))
        }
    }

    /// Imports a grant that carries the canary's own refresh token.
    private static func importCanary(_ scenario: Scenario, subject: String) async throws -> Outcome {
        let token = String(decoding: try #require(scenario.bytes("canary.refresh_token")), as: UTF8.self)
        let spec = GrantSpec.used("canary") { $0.subject = subject }
        return try await scenario.importing([
            spec.record(IssuedTokens(access: "unused", refresh: token), now: scenario.now)
        ])
    }

    private static let others = (1...10).map { GrantSpec.used("o-\($0)") }
}
