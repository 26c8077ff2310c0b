import Glibc
import Grants
import Records
import Testing

/// The scope documents in the run, from an edit to the end of what it no longer allows.
@Suite struct ScopePolicyTests {
    private static let catalogue = """
        scopes:
          - { name: ticket.read, description: Sees tickets, family: ticket, action: read, risk: low }
          - { name: ticket.write, description: Changes tickets, family: ticket, action: write, risk: high, implies: [ticket.read] }
        """
    private static let workflow = """
        steps:
          - { id: look, side: supplier, description: Sees, scopes: [ticket.read] }
          - { id: answer, side: supplier, description: Answers, scopes: [ticket.write] }
        """
    private static let roles = """
        roles:
          - { id: reader, description: Reads, steps: [look] }
          - { id: writer, description: Writes, steps: [answer] }
        """

    private func documents(_ scenario: Scenario, acme role: String, more: String = "") throws {
        try scenario.document("catalogue", Self.catalogue)
        try scenario.document("workflow", Self.workflow)
        try scenario.document("roles", Self.roles)
        try scenario.document(
            "tenants",
            """
            tenants:
              - id: acme
                party: supplier
                clients: [{ id: supplier-portal, provider: idp, roles: [\(role)] }]
              - id: globex
                party: supplier
                clients: [{ id: supplier-portal, provider: idp, roles: [writer] }]
            \(more)
            """
        )
    }

    private func setUp(_ setup: inout Setup) {
        setup.tenants = ["acme", "globex"]
        setup.policy = ["notice": "7d", "on_scope_violation": "revoke"]
        setup.sinks = [Setup.owners]
    }

    /// Of acme's 30 grants so many write; so do globex' four.
    private func grants(writers: Int) -> [GrantSpec] {
        (0..<30).map { number in
            .used("a-\(number)") { $0.scopes = number < writers ? "ticket.write" : "ticket.read" }
        }
            + (0..<4).map { number in
                .used("b-\(number)") { ($0.tenant, $0.scopes) = ("globex", "ticket.write") }
            }
    }

    private func number(_ report: JSONObject, _ path: String...) -> Int64? {
        var value: JSONValue? = .object(report)
        for name in path { value = value?.objectValue?[name] }
        return value?.int64Value
    }

    /// Everything imported and judged, the documents as they are in force.
    private func settled(_ scenario: Scenario, writers: Int = 4) async throws {
        try documents(scenario, acme: "writer")
        try await scenario.grants(grants(writers: writers))
        let first = try await scenario.rotate(statuses: [0])
        #expect(number(first, "counts", "examined") == 34 && number(first, "out_of_policy") == 0)
        scenario.advance(.minutes(5))
        let second = try await scenario.rotate(statuses: [0])
        #expect(number(second, "counts", "examined") == 0)
        scenario.advance(.minutes(5))
    }

    @Test func `an edit plans what it touches, announces it, and ends it by rule 8`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario)
            let untouched = try await scenario.show("a-9").text("due_at")
            try documents(scenario, acme: "reader")
            let before = scenario.storeBytes()
            let dry = try await scenario.rotate("--dry-run", statuses: [0])
            #expect(scenario.storeBytes() == before)
            #expect(number(dry, "counts", "examined") == 4 && number(dry, "counts", "notice") == 4)
            #expect(number(dry, "scope_policy", "change", "touched") == 4)
            let real = try await scenario.rotate(statuses: [0])
            #expect(real.text("plan_hash") == dry.text("plan_hash"))
            #expect(number(real, "rules", "out-of-policy") == 4 && number(real, "out_of_policy") == 4)
            #expect(try await scenario.standings() == ["active": 30, "noticed": 4])
            #expect(try await scenario.show("a-9").text("due_at") == untouched)
            let revision = try #require(real["scope_policy"]?.objectValue?.text("revision"))
            let noticed = try await scenario.events("grant.noticed")
            #expect(noticed.count == 4)
            #expect(
                noticed.allSatisfy {
                    $0.text("reason") == "not allowed: ticket.write, because the policy changed in \(revision)"
                }
            )
            let changes = try await scenario.events("scope_policy.changed")
            #expect(changes.map { number($0, "touched") } == [0, 4])
            let shown = try await scenario.show("a-0")["scope_policy"]?.objectValue
            #expect(shown?.text("judgement") == "outside" && shown?.text("changed_in") == revision)
            #expect(try await scenario.show("b-0")["scope_policy"]?.objectValue?.text("judgement") == "allowed")
            scenario.advance(.days(8))
            let end = try await scenario.rotate(statuses: [0])
            #expect(number(end, "counts", "end") == 4 && number(end, "ended", "revoked") == 4)
            #expect(try await scenario.standing("a-0") == "revoked")
            #expect(try await scenario.lives("a-0") == false)
            #expect(try await scenario.lives("a-9") == true)
            #expect(
                try await scenario.events("grant.revoked").allSatisfy {
                    $0.text("reason")?.contains("because the policy changed in \(revision)") == true
                }
            )
        }
    }

    @Test func `what was announced is let go when the policy allows it again`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario)
            try documents(scenario, acme: "reader")
            try await scenario.rotate(statuses: [0])
            #expect(try await scenario.standings()["noticed"] == 4)
            scenario.advance(.days(1))
            try documents(scenario, acme: "writer")
            let dry = try await scenario.rotate("--dry-run", "--full", statuses: [0])
            #expect(number(dry, "counts", "reprieve") == 4 && number(dry, "rules", "ground-gone") == 4)
            try await scenario.rotate(statuses: [0])
            #expect(try await scenario.standings() == ["active": 34])
            scenario.advance(.days(9))
            try await scenario.rotate(statuses: [0])
            #expect(try await scenario.standings() == ["active": 34])
        }
    }

    @Test(arguments: ["gone", "dangling link"])
    func `documents that vanish end no policy, and no grant, until a person approves it`(how: String) async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario)
            try documents(scenario, acme: "reader")
            try await scenario.rotate(statuses: [0])
            #expect(try await scenario.standings()["noticed"] == 4)
            scenario.advance(.days(9))
            #expect(rename(scenario.path("scopes"), scenario.path("out/scopes")) == 0)
            if how != "gone" { #expect(symlink("nowhere", scenario.path("scopes")) == 0) }
            let dry = try await scenario.rotate("--dry-run", statuses: [2])
            #expect(number(dry, "counts", "reprieve") == 4 && number(dry, "counts", "end") == 0)
            for _ in 0..<2 {
                let held = try await scenario.rotate(statuses: [2])["held"]?.arrayValue?.first?.objectValue
                #expect(held?.text("why") == "scope-policy")
            }
            #expect(try await scenario.standings() == ["active": 34])
            #expect(try await scenario.show("a-0")["scope_policy"]?.objectValue?.text("judgement") == "no-policy")
            #expect(try await scenario.show("b-0")["scope_policy"]?.objectValue?.text("judgement") == "allowed")
            let held = try await scenario.rotate(statuses: [2])["held"]?.arrayValue?.first?.objectValue
            let hash = try #require(held?.text("hash"))
            #expect(await scenario.run("runs", "approve", hash, "--reason", "no more scopes").status == 0)
            #expect(try await scenario.show("a-0")["scope_policy"] == nil)
            #expect(try await scenario.rotate(statuses: [0])["scope_policy"] == nil)
            #expect(try await scenario.standings() == ["active": 34])
            if how != "gone" { #expect(unlink(scenario.path("scopes")) == 0) }
            #expect(rename(scenario.path("out/scopes"), scenario.path("scopes")) == 0)
        }
    }

    @Test func `a record of another environment than its tenant's ends nothing`() async throws {
        try await withScenario(setUp) { scenario in
            try await scenario.grants([.used("there") { $0.more = #","environment":"sandbox""# }, .used("here")])
            try documents(scenario, acme: "reader")
            try scenario.document(
                "catalogue",
                Self.catalogue.replacing("risk: low }", with: "risk: low, environments: [sandbox] }")
            )
            try scenario.document(
                "tenants",
                """
                tenants:
                  - id: acme
                    party: supplier
                    environment: production
                    clients: [{ id: supplier-portal, provider: idp, roles: [reader] }]
                """
            )
            let report = try await scenario.rotate()
            #expect(number(report, "out_of_policy") == 1 && number(report, "no_policy") == 1)
            #expect(try await scenario.show("there")["scope_policy"]?.objectValue?.text("judgement") == "no-policy")
            #expect(try await scenario.standing("there") == "active")
        }
    }

    @Test func `without a role, a tenant or a known scope there is no policy, and nothing ends`() async throws {
        try await withScenario { setup in
            setUp(&setup)
            setup.tenants += ["initech", "umbrella"]
        } _: { scenario in
            try documents(
                scenario,
                acme: "writer",
                more: """
                      - id: initech
                        party: supplier
                        clients: [{ id: supplier-portal, provider: idp, roles: [] }]
                    """
            )
            try await scenario.grants([
                .used("no-role") { $0.tenant = "initech" }, .used("no-tenant") { $0.tenant = "umbrella" },
                .used("no-scope") { $0.scopes = "ticket.wirte" }, .used("no-client") { $0.client = "quote-bot" },
                .used("not-its-role") { $0.more = #","role":"reader""# }, .used("good"),
            ])
            let report = try await scenario.rotate("--plan-out", scenario.path("plan.ndjson"), statuses: [0])
            #expect(number(report, "no_policy") == 5 && number(report, "out_of_policy") == 0)
            #expect(number(report, "rules", "no-evidence") == 5 && number(report, "refused", "no-evidence") == 5)
            let plan = String(decoding: try #require(scenario.bytes("plan.ndjson")), as: UTF8.self)
            #expect(plan.split(separator: "\n").filter { $0.contains(#""reason":"no-policy""#) }.count == 5)
            #expect(try await scenario.show("no-role")["scope_policy"]?.objectValue?.text("judgement") == "no-policy")
            scenario.advance(.days(400))
            try await scenario.rotate()
            #expect(try await scenario.standings() == ["active": 6])
        }
    }

    @Test func `a change that is too large is for reports only until its hash is approved`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario, writers: 16)
            try documents(scenario, acme: "reader")
            let dry = try await scenario.rotate("--dry-run", statuses: [2])
            let real = try await scenario.rotate(statuses: [2])
            for report in [dry, real] {
                #expect(number(report, "counts", "examined") == 0 && number(report, "out_of_policy") == 0)
                let held = try #require(report["held"]?.arrayValue?.first?.objectValue)
                #expect(held.text("why") == "scope-policy" && number(held, "would_end") == 16)
            }
            #expect(real.text("plan_hash") == dry.text("plan_hash"))
            // Still by the old one, whatever is looked at.
            let full = try await scenario.rotate("--full", statuses: [2])
            #expect(number(full, "rules", "out-of-policy") == nil)
            #expect(try await scenario.standings() == ["active": 34])
            #expect(try await scenario.events("run.held").count == 1)
            #expect(try await scenario.show("a-0")["scope_policy"]?.objectValue?.text("judgement") == "allowed")
            // A grant that comes meanwhile is judged by the policy in force too.
            try await scenario.grants([.used("late") { $0.scopes = "ticket.write" }])
            #expect(number(try await scenario.rotate(statuses: [2]), "out_of_policy") == 0)
            let held = try #require(try await scenario.rotate("--dry-run")["held"]?.arrayValue?.first?.objectValue)
            let hash = try #require(held.text("hash"))
            let approved = await scenario.run("runs", "approve", hash, "--reason", "agreed")
            #expect(approved.status == 0, "\(approved.errors)")
            #expect(await scenario.run("runs", "approve", hash, "--reason", "agreed").status == 65)
            let after = try await scenario.rotate(statuses: [2])
            // More notices than the valve would let end: warned, not held.
            #expect(number(after, "counts", "notice") == 17 && after["held"]?.arrayValue?.isEmpty == true)
            #expect(try await scenario.standings() == ["active": 18, "noticed": 17])
            #expect(try await scenario.events("run.approved").count == 1)
        }
    }

    @Test func `an approval of another edit than the one that was seen is refused`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario, writers: 16)
            try documents(scenario, acme: "reader")
            let held = try await scenario.rotate(statuses: [2])["held"]?.arrayValue?.first?.objectValue
            let hash = try #require(held?.text("hash"))
            try documents(scenario, acme: "reader", more: "  - { id: other, party: partner, clients: [] }")
            let outcome = await scenario.run("runs", "approve", hash, "--reason", "agreed")
            #expect(outcome.status == 65 && outcome.errors.contains("superseded"))
            #expect(try await scenario.events("scope_policy.changed").count == 1)
            // And the new one has a hash of its own.
            let again = try await scenario.rotate(statuses: [2])["held"]?.arrayValue?.first?.objectValue
            #expect(again?.text("hash") != hash)
        }
    }

    @Test func `a first policy that finds most out of policy is held like any other change`() async throws {
        try await withScenario(setUp) { scenario in
            try await scenario.grants(grants(writers: 16))
            #expect(try await scenario.rotate(statuses: [0])["scope_policy"] == nil)
            try documents(scenario, acme: "reader")
            let report = try await scenario.rotate(statuses: [2])
            #expect(number(report, "counts", "examined") == 0)
            #expect(report["held"]?.arrayValue?.first?.objectValue?.text("why") == "scope-policy")
        }
    }

    @Test func `an alert is counted, warned of once, and ends nothing`() async throws {
        try await withScenario { setup in
            setUp(&setup)
            setup.policy["on_scope_violation"] = "alert"
        } _: { scenario in
            try await settled(scenario)
            try documents(scenario, acme: "reader")
            for _ in 0..<3 {
                let report = try await scenario.rotate(statuses: [2])
                #expect(number(report, "out_of_policy") == 4 && number(report, "counts", "notice") == 0)
                scenario.advance(.days(1))
            }
            #expect(try await scenario.events("run.warned").count == 1)
            #expect(try await scenario.standings() == ["active": 34])
            #expect(await scenario.run("rotate", "--dry-run").output.contains("out of policy: 4 live grants"))
        }
    }

    @Test func `a bad document stops a run before anything is done`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario)
            try scenario.document("roles", "roles: [{ id: reader }]")
            let outcome = await scenario.run("rotate")
            #expect(outcome.status == 78 && outcome.errors.contains("roles.yaml"))
            #expect(await scenario.run("status").status != 78)
        }
    }

    @Test func `the revision is git's where the documents are what was committed`() async throws {
        try await withScenario(setUp) { scenario in
            try await settled(scenario)
            try documents(scenario, acme: "reader")
            let git = "git -C '\(scenario.path("scopes"))' -c user.name=t -c user.email=t@example.org"
            let made = system("\(git) init -q . && \(git) add . && \(git) commit -q -m edit")
            try #require(made == 0)
            let edited = try await scenario.rotate("--dry-run")["scope_policy"]?.objectValue?.text("revision")
            let revision = try #require(edited)
            #expect(revision.count < 12 && revision.allSatisfy(\.isHexDigit))
            // Changed since: git's revision would be the wrong name.
            try documents(scenario, acme: "reader", more: "  - { id: other, party: partner, clients: [] }")
            let dirty = try await scenario.rotate("--dry-run")["scope_policy"]?.objectValue?.text("revision")
            #expect(dirty?.count == 12)
            system("rm -rf '\(scenario.path("scopes/.git"))'")
        }
    }
}
