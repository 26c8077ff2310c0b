import Records
import Subprocess
import SystemPackage
import Testing

/// The commands that only answer, on the shipped documents.
@Suite("Asking about scopes")
struct ScopesAnswersTests {
    @Test func `a client is explained down to its scopes`() async throws {
        let outcome = try await ScopeScene().runShipped("explain", "quote-bot")
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                client foundry/quote-bot at procure-idp (supplier, production)  (etc/scopes/tenants.yaml:31:15)
                ├─ role quoting  (etc/scopes/tenants.yaml:31:57)
                │  └─ step offer  (etc/scopes/roles.yaml:42:13)
                │     └─ may: quote.write
                └─ may: hold 'quote.write', and what that covers

                """
        )
    }

    @Test(arguments: ["approve", "ticket.comment", "carrier", "supplier-portal", "acme", "urn:cargo:ticket:read"])
    func `every kind of name is explained, as JSON too`(name: String) async throws {
        let scene = try ScopeScene()
        #expect(try await scene.runShipped("explain", name).status == 0)
        let lines = try await scene.runShipped("explain", name, "--json").lines
        #expect(!lines.isEmpty && lines.allSatisfy { $0.text("title") != nil && !$0.objects("children").isEmpty })
    }

    @Test func `one of several clients of a name can be chosen`() async throws {
        let scene = try ScopeScene()
        let chosen = try await scene.runShipped("explain", "supplier-portal", "--tenant", "borealis")
        #expect(chosen.output.contains("borealis/supplier-portal") && !chosen.output.contains("acme/"))
        try await scene.runShipped("explain", "supplier-portal", "--tenant", "nobody", "--json")
            .expectError(65, "unknown-name")
    }

    @Test func `an unknown name has the nearest one beside it`() async throws {
        let outcome = try await ScopeScene().runShipped("explain", "aprove")
        #expect(outcome.status == 65 && outcome.errors.contains("did you mean 'approve'?"))
    }

    @Test func `where nothing can be granted there is nothing to paste`() async throws {
        let outcome = try await ScopeScene().runShipped("grantable", "--tenant", "acme", "--role", "approver")
        #expect(outcome.status == 2 && outcome.output.contains("nothing can be granted"))
        #expect(!outcome.output.contains("{"))
    }

    @Test(arguments: [
        (["--tenant", "cargolink", "--role", "carrier"], 0, "delivery.write ticket.read"),
        (
            ["--tenant", "cargolink", "--role", "carrier", "--provider", "cargo-idp"], 0,
            "urn:cargo:delivery:write urn:cargo:ticket:read"
        ),
        (["--tenant", "acme", "--role", "supplier-clerk", "--step", "see-request"], 0, "ticket.read"),
        (["--tenant", "dunmore", "--role", "carrier"], 2, "ticket.read"),
    ])
    func `what is grantable is the least`(arguments: [String], status: Int32, scope: String) async throws {
        let scene = try ScopeScene()
        let shipped = ["--scopes", "\(ScopeScene.repository)/etc/scopes"]
        let outcome = try await scene.run(["grantable", "--json"] + shipped + arguments)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(try outcome.json.text("scope") == scope)
        let text = try await scene.run(["grantable"] + shipped + arguments)
        #expect(text.output.contains("{\"scope\":\"\(scope)\"}"))
        // What is offered is what the check allows.
        let names = Array(arguments.prefix(4)) + (arguments.contains("--provider") ? Array(arguments.suffix(2)) : [])
        let check = try await scene.run(["check", "--requested", "-"] + shipped + names, input: scope)
        #expect(check.status == 0, "\(check.output)")
    }

    @Test(arguments: [
        (["--tenant", "acne", "--role", "carrier"], "unknown-tenant"),
        (["--tenant", "acme", "--role", "carier"], "unknown-role"),
        (["--tenant", "acme", "--role", "carrier", "--step", "anser"], "unknown-step"),
        (["--tenant", "acme", "--role", "carrier", "--step", "answer"], "step-not-in-role"),
    ])
    func `what is not there cannot be granted`(arguments: [String], code: String) async throws {
        let shipped = ["--scopes", "\(ScopeScene.repository)/etc/scopes"]
        try await ScopeScene().run(["grantable", "--json"] + shipped + arguments).expectError(65, code)
    }

    @Test func `a change is told by what it means`() async throws {
        let (old, new) = (try ScopeScene(ScopesCheckTests.documents), try ScopeScene(ScopesCheckTests.documents))
        let same = try await new.run("diff", old.path("scopes"))
        #expect(same.status == 0 && same.output == "no difference in meaning\n")
        let workflow = try #require(ScopesCheckTests.documents["workflow.yaml"])
        try new.write("scopes/workflow.yaml", "# a comment\n" + workflow)
        #expect(try await new.run("diff", old.path("scopes")).status == 0)
        let narrower = workflow.replacing("[ticket.comment]", with: "[ticket.read]")
        try new.write("scopes/workflow.yaml", narrower)
        #expect(try await new.run("diff", old.path("scopes")).status == 0)
        let outcome = try await new.run("diff", old.path("scopes"), "--json", "--exit-code")
        #expect(outcome.status == 2)
        let lines = try outcome.json.objects("differences")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.text("kind") == "narrowed" })
        #expect(lines.allSatisfy { $0.texts("lost") == ["ticket.comment"] && $0.texts("gained") == [] })
        let back = try await new.run("diff", new.path("scopes"), old.path("scopes"))
        #expect(back.output.split(separator: "\n").dropLast().allSatisfy { $0.hasPrefix("widened: ") })
        let changelog = try await new.run("diff", old.path("scopes"), "--format", "changelog")
        #expect(changelog.output.hasPrefix("- Step `answer`"))
    }

    @Test func `a revision of git is compared like a directory`() async throws {
        let scene = try ScopeScene(ScopesCheckTests.documents)
        for arguments in [
            ["init", "--quiet"], ["add", "."],
            ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "first"],
        ] {
            let git = try await Subprocess.run(
                .name("git"),
                arguments: Arguments(arguments),
                workingDirectory: FilePath(scene.folder),
                output: .discarded,
                error: .string(limit: 1 << 16)
            )
            try #require(git.terminationStatus.isSuccess, "\(git.standardError)")
        }
        let same = try await scene.run("diff", "HEAD")
        #expect(same.status == 0 && same.output == "no difference in meaning\n", "\(same.errors)")
        let roles = try #require(ScopesCheckTests.documents["roles.yaml"])
        try scene.write("scopes/roles.yaml", roles.replacing("[see, answer]", with: "[see]"))
        let outcome = try await scene.run("diff", "HEAD", "--exit-code")
        #expect(outcome.status == 2 && outcome.output.contains("narrowed: Role `clerk`"))
        #expect(try await scene.run("diff", "HEAD", "HEAD").status == 0)
        try await scene.run("diff", "nowhere", "--json").expectError(64, "unknown-revision")
        // What was broken then is told with the revision.
        try scene.write("scopes/roles.yaml", "roles: {}\n")
        let broken = try await scene.run("diff", "HEAD")
        #expect(broken.status == 78 && broken.errors.contains("scopes/roles.yaml:1:8: "))
    }
}
