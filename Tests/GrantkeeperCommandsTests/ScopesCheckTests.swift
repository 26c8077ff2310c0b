import FoundationEssentials
import Records
import Testing

@testable import GrantkeeperCommands

@Suite("Checking scopes")
struct ScopesCheckTests {
    /// One finding of each severity, one that is excepted, and names that need escaping.
    static let documents = [
        "catalogue.yaml": """
        scopes:
          - { name: ticket.read, description: See, family: ticket, action: read, risk: low }
          - { name: ticket.comment, description: Say, family: ticket, action: say, risk: low, implies: [ticket.read] }
          - { name: ticket.old, description: Old, family: ticket, action: old, risk: low, deprecated: {} }
        blankets:
          - { pattern: ticket.*, stands_for: [ticket.read, ticket.comment] }

        """,
        "workflow.yaml": """
        steps:
          - { id: see, side: supplier, description: Sees, scopes: [ticket.read] }
          - { id: answer, side: supplier, description: Answers, scopes: [ticket.comment] }
          - { id: again, side: supplier, description: As before, scopes: [ticket.old] }

        """,
        "roles.yaml": """
        roles:
          - { id: clerk, description: Works, steps: [see, answer] }
          - { id: idle, description: "Does 0 % & <nothing>", steps: [again] }

        """,
        "tenants/a, b.yaml": """
        tenants:
          - id: acme
            party: supplier
            clients:
              - { id: portal, provider: idp, roles: [clerk], registered: [ticket.*] }
              - { id: other, provider: idp, roles: [] }

        """,
        "exceptions.yaml": """
        exceptions:
          - { finding: tenant-without-role, client: other, owner: me, reason: 50 % done, until: 2026-06-01 }

        """,
    ]

    @Test func `the shipped set has nothing to be found`() async throws {
        let scene = try ScopeScene()
        let outcome = try await scene.runShipped("check", "--fail-on", "note")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("ok: 19 scopes, 13 steps, 10 roles, 10 tenants; 0 errors"))
        #expect(outcome.errors.isEmpty)
    }

    @Test func `each finding has its place, its reason and what mends it`() async throws {
        let scene = try ScopeScene(Self.documents)
        let outcome = try await scene.run("check")
        #expect(outcome.status == 2)
        #expect(try outcome.output == Golden.text("check.txt"))
    }

    @Test(arguments: [("error", 2), ("warning", 2), ("note", 2), ("never", 0)])
    func `what fails can be chosen`(failOn: String, status: Int32) async throws {
        let scene = try ScopeScene(Self.documents)
        #expect(try await scene.run("check", "--fail-on", failOn).status == status)
    }

    @Test func `a note alone fails where notes do`() async throws {
        var documents = Self.documents
        documents["workflow.yaml"] = documents["workflow.yaml"]?.replacing("[ticket.old]", with: "[ticket.read]")
        let tenants = "tenants/a, b.yaml"
        documents[tenants] = documents[tenants]?.replacing("[ticket.*]", with: "[ticket.comment]")
        let scene = try ScopeScene(documents)
        #expect(try await scene.run("check").status == 0)
        #expect(try await scene.run("check", "--fail-on", "warning").status == 0)
        #expect(try await scene.run("check", "--fail-on", "note").status == 2)
    }

    @Test func `an exception that is over is a finding, and what it excused is one again`() async throws {
        var documents = Self.documents
        documents["exceptions.yaml"] = documents["exceptions.yaml"]?.replacing("2026-06-01", with: "2026-05-31")
        let report = try await ScopeScene(documents).run("check", "--json").json
        #expect(report.int("counts.excepted") == 0)
        let rules = report.objects("findings").compactMap { $0.text("rule") }
        #expect(rules.contains("exception-over") && rules.contains("tenant-without-role"))
    }

    @Test func `JSON holds all of it`() async throws {
        let scene = try ScopeScene(Self.documents)
        let outcome = try await scene.run("check", "--json")
        #expect(outcome.status == 2)
        let report = try outcome.json
        #expect(report.bool("ok") == false)
        #expect(
            report.texts("files") == [
                "scopes/catalogue.yaml", "scopes/workflow.yaml", "scopes/roles.yaml", "scopes/tenants/a, b.yaml",
                "scopes/exceptions.yaml",
            ]
        )
        let findings = report.objects("findings")
        #expect(report.int("counts.error") == findings.count { $0.text("severity") == "error" })
        let blanket = try #require(findings.first { $0.text("rule") == "blanket-scope" })
        #expect(blanket.text("file") == "scopes/tenants/a, b.yaml")
        #expect(blanket.int("line") == 5 && blanket.int("column") == 67)
        #expect(blanket.text("subject.client") == "portal" && blanket.text("subject.scope") == "ticket.*")
        #expect(blanket.texts("fix.replacement") == ["ticket.comment"])
        let excepted = try #require(report.objects("excepted").first)
        #expect(excepted.text("exception.owner") == "me" && excepted.text("rule") == "tenant-without-role")
        #expect(excepted.text("exception.until") == "2026-06-02T00:00:00Z")
    }

    @Test func `annotations are GitHub's, and escaped as it wants them`() async throws {
        let scene = try ScopeScene(Self.documents)
        let outcome = try await scene.run("check", "--format", "github")
        #expect(outcome.status == 2)
        #expect(try outcome.output == Golden.text("annotations.txt"))
    }

    @Test(arguments: [["--format", "sarif"], ["--format", "junit"]])
    func `other people's readers read the reports`(format: [String]) async throws {
        let scene = try ScopeScene(Self.documents)
        let found = try await scene.run("check", format[0], format[1])
        #expect(found.status == 2)
        let clean = try await scene.runShipped("check", format[0], format[1])
        #expect(clean.status == 0)
        try scene.write("scopes/roles.yaml", "roles: [{ id: <a> }]\n")
        let broken = try await scene.run("check", format[0], format[1])
        #expect(broken.status == 78 && !broken.errors.isEmpty)
        for (report, expected) in [
            (found, "2 failed, 0 wrong, 1 excused"), (clean, "0 failed, 0 wrong, 0 excused"),
            (broken, "0 failed, 2 wrong, 0 excused"),
        ] {
            let (status, text) = try await RigPython.run("reports.py", format[1], input: report.output)
            #expect(status == 0 && text == expected + "\n", "\(text)\(report.output)")
        }
    }

    @Test func `docs/scopes.md lists every rule with its severity, and no other`() async throws {
        let run = try #require(
            try await ScopeScene().runShipped("check", "--format", "sarif").json.objects("runs").first
        )
        let rules = run.objects("tool.driver.rules").compactMap { rule in
            rule.text("id").map { "| `\($0)` | \(rule.text("defaultConfiguration.level") ?? "") |" }
        }
        let path = "\(ScopeScene.repository)/docs/scopes.md"
        let bytes = try #require(FileManager.default.contents(atPath: path))
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let rows = lines.filter {
            $0.contains("` | error |") || $0.contains("` | warning |") || $0.contains("` | note |")
        }
        #expect(rows.count == rules.count - 1)
        for rule in rules.dropLast() { #expect(rows.contains { $0.hasPrefix(rule) }, "\(rule)") }
    }

    @Test func `names of files are relative to the current directory`() {
        let names = RelativeNames(base: "/srv/here")
        #expect(names.name(of: "/srv/here/etc/a.yaml") == "etc/a.yaml")
        #expect(names.name(of: "./etc/a.yaml") == "etc/a.yaml")
        #expect(names.name(of: "/srv/hereafter/a.yaml") == "/srv/hereafter/a.yaml")
        #expect(names.uri(of: "./etc/a, b%.yaml") == "etc/a%2C%20b%25.yaml")
        #expect(names.uri(of: "/srv/elsewhere/é") == "file:///srv/elsewhere/%C3%A9")
    }

    @Test func `documents that cannot be read are told all at once`() async throws {
        let scene = try ScopeScene(["roles.yaml": "roles: {}\n"])
        let requested = try scene.write("requested.yaml", "requested: [{}]\n")
        let outcome = try await scene.run("check", "--requested", requested)
        #expect(outcome.status == 78 && outcome.output.isEmpty)
        #expect(
            outcome.errors == """
                grantkeeper: error: the scope documents have 3 mistakes
                  scopes/catalogue.yaml: there is no catalogue (write the known scopes there, or name another directory)
                  scopes/roles.yaml:1:8: 'roles' must be a list, not a mapping (begin each entry with '- ')
                  requested.yaml:1:13: 'requested[0]' lacks 'scopes'

                """
        )
        let json = try await scene.run("check", "--json")
        try json.expectError(78, "scopes")
    }

    @Test func `the configuration names the directory`() async throws {
        let scene = try ScopeScene()
        let store = "store: { sqlite: grants.sqlite }\n"
        let configuration = try scene.write("grantkeeper.yaml", store + "scopes: \(ScopeScene.repository)/etc/scopes\n")
        for outcome in [
            try await scene.run(["check", "--config", configuration]),
            try await scene.run(["check"], variables: ["GRANTKEEPER_CONFIG": configuration]),
        ] {
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("ok: 19 scopes"))
        }
        let elsewhere = try scene.write("scopes/grantkeeper.yaml", store)
        let without = try await scene.run(["check", "--config", elsewhere])
        #expect(without.status == 78 && without.errors.contains("names no directory of scope documents"))
    }

    @Test(arguments: [
        ["--tenant", "acme"], ["--requested-form", "list"], ["--format", "xml"], ["--fail-on", "fatal"],
        ["--json", "--format", "sarif"], ["--requested", "-", "--requested", "-"],
    ])
    func `what makes no sense is a usage error`(arguments: [String]) async throws {
        let scene = try ScopeScene()
        let outcome = try await scene.run(["check", "--scopes", "\(ScopeScene.repository)/etc/scopes"] + arguments)
        #expect(outcome.status == 64, "\(outcome.output)")
    }
}

/// What a command prints, word for word (`Tests/Corpora/scopes`).
enum Golden {
    static func text(_ name: String) throws -> String {
        let path = "\(ScopeScene.repository)/Tests/Corpora/scopes/\(name)"
        let bytes = try #require(FileManager.default.contents(atPath: path), "there is no \(path)")
        return String(decoding: bytes, as: UTF8.self)
    }
}
