import Glibc
import Grants
import Scopes
import Testing

@testable import ConfigurationFiles

@Suite struct `The directory of scope documents` {
    @Test func `the shipped set is whole`() throws {
        let documents = try ScopeDirectory.read(path: repositoryFile("etc/scopes"))
        #expect(documents.catalogue.scopes.count == 19)
        #expect(documents.catalogue.blankets.count == 5)
        #expect(
            documents.workflow.steps.map(\.id.value) == [
                "request", "comment", "attach-quote", "approve", "order", "receive", "invoice-match", "close",
                "reset-trial", "see-request", "answer", "offer", "deliver-note",
            ]
        )
        #expect(documents.workflow.neverTogether.count == 6)
        #expect(documents.roles.count == 10)
        // Further files come after their own, in the order of the alphabet.
        #expect(
            documents.tenants.map(\.id.value) == [
                "finance", "procurement", "trial-supplier", "trial-desk", "acme", "borealis", "everglade", "foundry",
                "cargolink",
                "dunmore",
            ]
        )
        #expect(documents.narrowings.count == 1)
        #expect(documents.exceptions.isEmpty)
    }

    @Test func `every member is read, with its place`() throws {
        let documents = try ScopeDirectory.read(Self.whole, of: "s")
        let scope = try #require(documents.catalogue.scopes.first)
        #expect(scope.name == Placed("ticket.read", at: SourcePlace(file: "c", line: 2, column: 11)))
        #expect(scope.description == "See tickets")
        #expect((scope.family, scope.action, scope.risk) == ("ticket", "read", .high))
        #expect(scope.implies.map(\.value) == ["x", "y"])
        #expect(scope.implies.last?.place == SourcePlace(file: "c", line: 7, column: 18))
        #expect(scope.environments == ["production"])
        #expect(scope.parties == [.supplier, .partner])
        #expect(scope.providerNames["idp"] == Placed("urn:t:r", at: SourcePlace(file: "c", line: 10, column: 19)))
        #expect(scope.deprecation?.replacement.map(\.value) == ["z"])
        #expect(scope.deprecation?.since == "2026-01-01")
        let blanket = try #require(documents.catalogue.blankets.first)
        #expect(blanket.pattern == Placed("ticket.*", at: SourcePlace(file: "c", line: 13, column: 16)))
        #expect(blanket.standsFor.map(\.value) == ["ticket.read"])
        #expect(blanket.description == "All")

        let step = try #require(documents.workflow.steps.first)
        #expect(step.id == Placed("see", at: SourcePlace(file: "w", line: 2, column: 11)))
        #expect(step.side == .supplier)
        #expect(step.description == "Sees")
        #expect(step.scopes.map(\.value) == ["ticket.read"])
        let separation = try #require(documents.workflow.neverTogether.first)
        #expect(separation.steps.map(\.value) == ["see", "do"])
        #expect(separation.reason == "because")
        #expect(separation.place == SourcePlace(file: "w", line: 4, column: 5))

        let role = try #require(documents.roles.first)
        #expect(role.id.value == "clerk")
        #expect(role.parties == [.internal])
        #expect(role.steps == [Placed("see", at: SourcePlace(file: "r", line: 2, column: 73))])

        let tenant = try #require(documents.tenants.first)
        #expect(tenant.id.value == "acme")
        #expect(tenant.party == .supplier)
        #expect(tenant.isolationGroup?.value == "portal")
        #expect(tenant.environment?.value == "production")
        #expect(tenant.clients.map(\.id.value) == ["portal", "bot"])
        #expect(tenant.clients.map(\.provider.value) == ["idp", "idp"])
        #expect(tenant.clients.map { $0.roles.map(\.value) } == [["clerk"], []])
        #expect(tenant.clients.map { $0.registered?.map(\.value) } == [["ticket.read"], nil])
        #expect(tenant.clients.map(\.environment?.value) == ["sandbox", nil])
        #expect(tenant.clients.map(\.purpose) == [.other, .procurement])
        #expect(documents.tenants.last?.id.place == SourcePlace(file: "u", line: 1, column: 18))

        let narrowing = try #require(documents.narrowings.first)
        #expect(narrowing.environment?.value == "production")
        #expect(narrowing.tenant?.value == "acme")
        #expect(narrowing.role?.value == "clerk")
        #expect(narrowing.client?.value == "portal")
        #expect(narrowing.reason == "so")
        guard case .without(let without) = narrowing.change else {
            Issue.record("not 'without'")
            return
        }
        #expect(without.map(\.value) == ["ticket.read"])

        let exception = try #require(documents.exceptions.first)
        #expect(exception.finding.value == "blanket-scope")
        #expect(exception.tenant?.value == "acme")
        #expect(exception.client?.value == "portal")
        #expect(exception.role?.value == "clerk")
        #expect(exception.step?.value == "see")
        #expect(exception.scope?.value == "ticket.*")
        #expect((exception.owner, exception.reason) == ("me", "late"))
        #expect(exception.until.description == "2027-04-01T00:00:00Z")
        #expect(documents.exceptions.last?.until.description == "2027-03-31T16:00:00Z")
    }

    @Test func `the mistakes of all files are told at once`() throws {
        try withDirectory { directory in
            try write("scopes: [{ nam: x }]\n", to: "\(directory)/catalogue.yaml")
            try write("roles: []\n", to: "\(directory)/role.yaml")
            try write("roles: []\nroles: []\n", to: "\(directory)/roles.yaml")
            try write("tenants: [{ id: a, party: us }]\n", to: "\(directory)/tenants.yaml")
            try write("exceptions: []\n", to: "\(directory)/exceptions.yml")
            try write("", to: "\(directory)/tenant")
            try write("", to: "\(directory)/allow-lists.yaml")
            try write("nothing: { that: is read }\n", to: "\(directory)/README.md")
            try write("nothing: { that: is read }\n", to: "\(directory)/.catalogue.yaml")
            #expect(
                mistakes(in: directory) == [
                    "exceptions.yml: no scope document has this name; did you mean 'exceptions.yaml'?",
                    "role.yaml: no scope document has this name; did you mean 'roles.yaml'?",
                    "allow-lists.yaml:1:1: the file is empty; write 'narrow: []', or remove the file",
                    "catalogue.yaml:1:10: 'scopes[0]' lacks 'name'",
                    "catalogue.yaml:1:10: 'scopes[0]' lacks 'description'",
                    "catalogue.yaml:1:10: 'scopes[0]' lacks 'family'",
                    "catalogue.yaml:1:10: 'scopes[0]' lacks 'action'",
                    "catalogue.yaml:1:10: 'scopes[0]' lacks 'risk'",
                    "catalogue.yaml:1:12: unknown member 'nam' in 'scopes[0]'; did you mean 'name'?",
                    "roles.yaml:2:1: 'roles' is already given, at 1:1; keep one of the two",
                    "tenants.yaml:1:27: 'tenants[0].party' must be internal, supplier or partner, found 'us'",
                ]
            )
        }
    }

    @Test(arguments: ["edited", "replaced", "added", "removed"])
    func `a directory that changes while it is read is told, and is not read by halves`(how: String) throws {
        try withDirectory { directory in
            let name = "\(directory)/roles.yaml"
            try write("scopes: []\n", to: "\(directory)/catalogue.yaml")
            try write("roles: []\n", to: name)
            var problems: [ConfigurationProblem] = []
            #expect(try ScopeDirectory.files(of: directory, &problems).count == 2)
            let found = messages { () throws(ConfigurationErrors) in
                _ = try ScopeDirectory.files(of: directory, &problems) {
                    switch how {
                    case "edited": try? write("roles: [{ id: a }]\n", to: name)
                    case "replaced": _ = rename("\(directory)/catalogue.yaml", name)
                    case "added": try? write("steps: []\n", to: "\(directory)/workflow.yaml")
                    default: _ = unlink(name)
                    }
                }
            }
            #expect(found == ["\(directory): changed while it was read; try again"])
        }
    }

    @Test func `what is wrong with names is told by both ways to read`() throws {
        try withDirectory { directory in
            try write("scopes: []\n", to: "\(directory)/catalogue.yaml")
            try write("roles: []\n", to: "\(directory)/role.yaml")
            let found = messages { () throws(ConfigurationErrors) in
                _ = try ScopeDirectory.readWithFiles(path: directory)
            }
            #expect(found.map { $0.replacing("\(directory)/", with: "") } == mistakes(in: directory))
            #expect(found.count == 1)
        }
    }

    @Test func `a directory without a catalogue, and none at all, are told`() throws {
        try withDirectory { directory in
            try write("roles: []\n", to: "\(directory)/roles.yaml")
            #expect(
                mistakes(in: directory) == [
                    "catalogue.yaml: there is no catalogue; write the known scopes there, or name another directory"
                ]
            )
            #expect(
                mistakes(in: "\(directory)/none")
                    == [
                        "none: the directory of scope documents cannot be read: no such file or directory; "
                            + "check the path, and that this user may read the directory"
                    ].map { $0.replacing("none: the", with: "\(directory)/none: the") }
            )
        }
    }

    @Test func `a catalogue with mistakes is not said to be missing`() throws {
        try withDirectory { directory in
            try write("scopes: }\n", to: "\(directory)/catalogue.yaml")
            let found = mistakes(in: directory)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("catalogue.yaml:1:9: not valid YAML") == true)
        }
    }

    @Test func `what is given twice is told, across files too`() {
        let files = [
            ScopeFile(
                kind: .catalogue,
                path: "c",
                text: """
                    scopes:
                      - &a { name: a, description: A, family: f, action: x, risk: low }
                      - *a
                    blankets:
                      - { pattern: a, stands_for: [b] }

                    """
            ),
            ScopeFile(kind: .tenants, path: "t", text: "tenants: [{ id: a, party: supplier }]\n"),
            ScopeFile(
                kind: .tenants,
                path: "u",
                text: """
                    tenants:
                      - { id: a, party: supplier }
                      - id: b
                        party: supplier
                        clients:
                          - { id: c, provider: p, roles: [] }
                          - { id: c, provider: q, roles: [] }
                          - { id: c, provider: p, roles: [] }

                    """
            ),
        ]
        #expect(
            mistakes(files) == [
                "c:2:16: the scope 'a' is already at 2:16; keep one of the two, or rename one",
                "c:5:16: the scope 'a' is already at 2:16; keep one of the two, or rename one",
                "u:2:11: the tenant 'a' is already at t:1:17; keep one of the two, or rename one",
                "u:8:15: the client 'c at p' is already at 6:15; keep one of the two, or rename one",
            ]
        )
    }

    @Test(arguments: [("", nil), ("scopes: other\n", "/c/other"), ("scopes: /other\n", "/other")])
    func `the configuration names the directory`(text: String, expected: String?) throws {
        #expect(try parsed(base + text).scopesPath == expected)
    }

    @Test func `beside the configuration it needs no name`() throws {
        try withDirectory { directory in
            #expect(mkdir("\(directory)/scopes", 0o700) == 0)
            defer { rmdir("\(directory)/scopes") }
            let configuration = try parsed(base, path: "\(directory)/grantkeeper.yaml")
            #expect(configuration.scopesPath == "\(directory)/scopes")
        }
    }

    @Test func `a directory that is not there is told`() {
        let found = problems(base + "scopes: nowhere\n", checks: .presence)
        #expect(found.contains("8:9 'scopes' is no directory: '/c/nowhere'"))
    }

    private func mistakes(in path: String) -> [String] {
        messages { () throws(ConfigurationErrors) in _ = try ScopeDirectory.read(path: path) }
            .map { $0.replacing("\(path)/", with: "") }
    }

    private func mistakes(_ files: [ScopeFile]) -> [String] {
        messages { () throws(ConfigurationErrors) in _ = try ScopeDirectory.read(files, of: "s") }
    }

    private func messages(_ read: () throws(ConfigurationErrors) -> Void) -> [String] {
        do throws(ConfigurationErrors) {
            try read()
            return []
        } catch {
            return error.problems.map { problem in
                problem.hint.map { "\(problem.description); \($0)" } ?? problem.description
            }
        }
    }

    private static let whole = [
        ScopeFile(
            kind: .catalogue,
            path: "c",
            text: """
                scopes:
                  - name: ticket.read
                    description: See tickets
                    family: ticket
                    action: read
                    risk: high
                    implies: [x, y]
                    environments: [production]
                    parties: [supplier, partner]
                    names: { idp: "urn:t:r" }
                    deprecated: { replacement: [z], since: 2026-01-01 }
                blankets:
                  - pattern:   ticket.*
                    stands_for: [ticket.read]
                    description: All

                """
        ),
        ScopeFile(
            kind: .workflow,
            path: "w",
            text: """
                steps:
                  - { id: see, side: supplier, description: Sees, scopes: [ticket.read] }
                never_together:
                  - { steps: [see, do], reason: because }

                """
        ),
        ScopeFile(
            kind: .roles,
            path: "r",
            text: """
                roles:
                  - { id: clerk, description: Works there, parties: [internal], steps: [see] }

                """
        ),
        ScopeFile(
            kind: .tenants,
            path: "t",
            text: """
                tenants:
                  - id: acme
                    party: supplier
                    isolation_group: portal
                    environment: production
                    clients:
                      - id: portal
                        provider: idp
                        roles: [clerk]
                        environment: sandbox
                        registered: [ticket.read]
                        purpose: other
                      - { id: bot, provider: idp, roles: [] }

                """
        ),
        ScopeFile(kind: .tenants, path: "u", text: "tenants: [ { id: borealis, party: partner } ]\n"),
        ScopeFile(
            kind: .allowLists,
            path: "a",
            text: """
                narrow:
                  - environment: production
                    tenant: acme
                    role: clerk
                    client: portal
                    without: [ticket.read]
                    reason: so

                """
        ),
        ScopeFile(
            kind: .exceptions,
            path: "e",
            text: """
                exceptions:
                  - finding: blanket-scope
                    tenant: acme
                    client: portal
                    role: clerk
                    step: see
                    scope: ticket.*
                    owner: me
                    reason: late
                    until: 2027-03-31
                  - { finding: x, owner: me, reason: late, until: 2027-03-31T16:00:00Z }

                """
        ),
    ]
}
