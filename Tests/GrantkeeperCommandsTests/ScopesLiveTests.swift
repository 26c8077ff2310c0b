import Grants
import GrantsTestSupport
import Records
import Testing

@testable import GrantkeeperCommands

@Suite("Scopes and live grants")
struct ScopesLiveTests {
    private func scene(importing: Bool = true) async throws -> LiveScopeScene {
        let scene = try LiveScopeScene()
        guard importing else { return scene }
        let outcome = await scene.run(["grants", "import", "./live-grants.ndjson", "--json"])
        #expect(outcome.status == 2 || outcome.status == 0, "\(outcome.errors)")
        return scene
    }

    // MARK: Isolation and blast radius

    @Test func `isolation is told from the documents alone where there is no store, and said so`() async throws {
        let scene = try await scene(importing: false)
        let none = await scene.run(["scopes", "isolation"])
        #expect(none.status == 0, "\(none.errors)")
        #expect(none.errors.contains("only the documents are looked at"))
        let without = await scene.run(
            ["scopes", "isolation", "--scopes", "./scopes", "--json"],
            variables: ["GRANTKEEPER_CONFIG": ""]
        )
        #expect(without.status == 0, "\(without.errors)")
        #expect(try without.json.bool("isolated") == true)
        #expect(without.errors.contains("no configuration"))
    }

    @Test func `a token that a supplier shares with an internal tenant breaks isolation`() async throws {
        let scene = try await scene()
        _ = scene.shell("sed -i '/id: cargolink/,/party/s/partner/supplier/' scopes/tenants.yaml")
        let outcome = await scene.run(["scopes", "isolation", "--json"])
        #expect(outcome.status == 2, "\(outcome.errors)")
        let kinds = Set(try outcome.json.objects("breaks").compactMap { $0.text("kind") })
        #expect(kinds == ["shared-with-internal"])
    }

    @Test func `a breach reaches what is shared, and names it`() async throws {
        let report = try await scene().run(["blast-radius", "--tenant", "finance", "--json"]).json
        #expect(report.int("grants") == 1)
        #expect(Set(report.objects("shared").compactMap { $0.text("to.tenant") }) == ["cargolink"])
        #expect(report.objects("actions").first?.text("risk") == "critical")
    }

    @Test(arguments: [
        (["--client", "supplier-portl"], "unknown-client", "supplier-portal"),
        (["--tenant", "acne"], "unknown-tenant", "acme"),
        (["--provider", "procure-idb"], "unknown-provider", "procure-idp"),
        (["--scope", "ticket.reed"], "unknown-scope", "ticket.read"),
    ])
    func `an unknown name is an error with the nearest known one`(
        _ target: [String],
        _ code: String,
        _ near: String
    ) async throws {
        let outcome = try await scene().run(["blast-radius"] + target + ["--json"])
        try outcome.expectError(64, code)
        #expect(outcome.errors.contains("did you mean '\(near)'?"))
    }

    @Test(arguments: [[], ["--client", "a", "--tenant", "b"], ["--tenant", "a", "--provider", "b"]])
    func `one thing is breached at a time`(_ target: [String]) async throws {
        let outcome = try await scene(importing: false).run(["blast-radius"] + target)
        #expect(outcome.status == 64)
    }

    @Test func `Graphviz draws the picture`() async throws {
        let scene = try await scene()
        let outcome = await scene.run(["blast-radius", "--client", "supplier-portal", "--format", "svg"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("<svg "))
        // Graphviz writes a hyphen as an entity.
        #expect(outcome.output.contains("supplier&#45;portal"))
        #expect(outcome.output.contains("Legend"))
    }

    @Test func `a program that is not there is told from one that fails`() async throws {
        guard case .missing = try await OtherProgram(name: "grantkeeper-no-such-program").run([]) else {
            Issue.record("a program that is not there was run")
            return
        }
        guard case .failure(let why) = try await OtherProgram(name: "dot").run(["-Tsvg"], input: Array("no graph".utf8))
        else {
            Issue.record("what is no graph was drawn")
            return
        }
        #expect(why.contains("syntax error"))
        // It ends before it has read what it is given.
        guard case .success = try await OtherProgram(name: "true").run([], input: Array(repeating: 0, count: 1 << 20))
        else {
            Issue.record("a program that reads nothing has failed")
            return
        }
    }

    // MARK: Differences

    @Test func `a revision is read as a directory is, further tenants and all`() async throws {
        let scene = try await scene(importing: false)
        _ = scene.shell(
            "git init -q . && git add scopes && git -c user.name=t -c user.email=t@localhost commit -qm one"
        )
        _ = scene.shell("cp -r scopes before && echo nothing >scopes/notes.txt")
        let revision = await scene.run(["scopes", "diff", "HEAD", "--json"])
        #expect(revision.status == 0, "\(revision.errors)")
        #expect(try revision.json.bool("different") == false)
        _ = scene.shell("sed -i 's/roles: .requester./roles: [approver]/' scopes/tenants/internal.yaml")
        let byRevision = await scene.run(["scopes", "diff", "HEAD", "--json"])
        let byDirectory = await scene.run(["scopes", "diff", "./before", "--json"])
        #expect(byRevision.output == byDirectory.output)
        #expect(try byRevision.json.objects("differences").contains { $0.text("subject.client") == "request-desk" })
    }

    @Test func `a mistake in a revision is told with the revision`() async throws {
        let scene = try await scene(importing: false)
        _ = scene.shell("echo 'scopes: [' >>scopes/catalogue.yaml && cp scopes/roles.yaml scopes/role.yaml")
        _ = scene.shell(
            "git init -q . && git add scopes && git -c user.name=t -c user.email=t@localhost commit -qm bad"
        )
        let outcome = await scene.run(["scopes", "diff", "HEAD", "HEAD"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("HEAD:"))
    }

    @Test func `before the documents were there all is new`() async throws {
        let scene = try await scene(importing: false)
        _ = scene.shell("git init -q . && git -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m none")
        let outcome = await scene.run(["scopes", "diff", "HEAD", "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("all is new"))
        #expect(try outcome.json.int("counts.added") ?? 0 > 60)
        #expect(try outcome.json.int("counts.removed") == 0)
    }

    @Test func `a change says what it means for the live grants, and writes nothing`() async throws {
        let scene = try await scene()
        _ = scene.shell(
            "cp -r scopes before && sed -i 's/steps: .see-request, answer./steps: [see-request]/' scopes/roles.yaml"
        )
        // A reader may leave an empty log beside the store.
        let state = "sha256sum grants.sqlite && cat grants.sqlite-wal 2>/dev/null | sha256sum"
        let before = scene.shell(state).output
        let live = try await scene.run(["scopes", "diff", "./before", "--live", "--json"]).json
        #expect(live.int("live.examined") == 16)
        #expect(live.numbers("live.must_consent_again") == ["grants": 10, "tenants": 3, "suppliers": 3])
        #expect(
            live.objects("live.effects").compactMap { $0.text("sentence") } == [
                "removing `ticket.comment` from role `supplier-clerk`: 10 grants of 3 tenants, 3 of them suppliers,"
                    + " must consent again"
            ]
        )
        #expect(scene.shell(state).output == before)
    }

    // MARK: Patches

    @Test func `what a patch says is what git makes of it`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        let scene = try await scene(importing: false)
        for _ in 0..<60 {
            var lines = (0..<Int.random(in: 1...60, using: &generator)).map { "line \($0)" }
            let end = Bool.random(using: &generator) ? "\n" : ""
            let text = lines.joined(separator: "\n") + end
            var changes: [UnifiedDiff.Change] = []
            var position = 0
            while position < lines.count - 1 {
                let start = position + Int.random(in: 0...9, using: &generator)
                guard start < lines.count - 1 else { break }
                let stop = min(start + Int.random(in: 1...3, using: &generator), lines.count - 1)
                let new = (0..<Int.random(in: 1...4, using: &generator)).map { "new \(start).\($0)" }
                changes.append(UnifiedDiff.Change(lines: start..<stop, new: new))
                position = stop + 1
            }
            for change in changes.reversed() { lines.replaceSubrange(change.lines, with: change.new) }
            try scene.write("text", text)
            try scene.write("patch", UnifiedDiff(text, changes).text(path: "text"))
            let applied = changes.isEmpty ? scene.shell("true") : scene.shell("git apply --unsafe-paths patch")
            #expect(applied.status == 0, "\(applied.output), seed \(seed)")
            #expect(scene.shell("cat text").output == lines.joined(separator: "\n") + end, "seed \(seed)")
        }
    }

    @Test func `a list of a line for each scope is rewritten too, and what is not plain is left to a person`()
        async throws
    {
        let scene = try await scene()
        _ = await scene.run(["usage", "ingest", "./live-usage.ndjson"])
        _ = scene.shell(
            #"sed -i 's/ registered: .quote.write. / registered:\n          - quote.write\n          - "*.read"\n        /' "#
                + "scopes/tenants.yaml && sed -i 's/      - { id: quote-bot, provider/      - id: quote-bot\\n        provider/; "
                + "s/procure-idp, roles: .quoting.,/procure-idp\\n        roles: [quoting]\\n       /; s/^        }$//' scopes/tenants.yaml"
        )
        let checked = await scene.run(["scopes", "check"])
        #expect(checked.status == 2, "\(checked.output)\(checked.errors)")
        let patch = await scene.run(["scopes", "recommend", "--tenant", "foundry", "--patch"])
        try scene.write("patch", patch.output)
        #expect(scene.shell("git apply --unsafe-paths patch").status == 0, "\(patch.output)")
        let again = await scene.run(["scopes", "check"])
        #expect(again.status == 0, "\(again.output)")
        #expect(await scene.run(["scopes", "recommend", "--tenant", "foundry", "--patch"]).output.isEmpty)
    }

    @Test func `without a use of a scope nothing is known to be unused, and nothing is patched`() async throws {
        let scene = try await scene()
        _ = scene.shell("sed -i 's/registered: .quote.write./registered: [quote.write, ticket.*]/' scopes/tenants.yaml")
        // A feed that sees every use, and never says of which scope.
        try scene.write(
            "quiet.ndjson",
            """
            {"feed":"gateway","observed_from":"2026-01-01T00:00:00Z"}
            {"feed":"gateway","at":"2026-05-30T09:00:00Z","grant":"g-11"}
            {"feed":"gateway","observed_until":"2026-06-01T07:00:00Z"}

            """
        )
        #expect(await scene.run(["usage", "ingest", "./quiet.ndjson"]).status == 0)
        let report = try await scene.run(["scopes", "recommend", "--client", "quote-bot", "--json"]).json
        #expect(report.objects("clients").map { $0.text("confidence") } == ["none"])
        let patch = await scene.run(["scopes", "recommend", "--client", "quote-bot", "--patch"])
        #expect(patch.output.isEmpty)
        #expect(patch.errors.contains("the confidence is none"))
    }
}
