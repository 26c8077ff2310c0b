import Grants
import Scopes
import Testing

struct RequestCheckTests {
    /// A request, in the order `tenant/client role:… steps:… env:…`, each part but the scopes optional.
    struct Ask: CustomTestStringConvertible, Sendable {
        var scopes: [String]
        var tenant: TenantID?
        var client: ClientID?
        var provider: ProviderID?
        var role: RoleID?
        var steps: [StepID] = []
        var environment: EnvironmentID?

        var testDescription: String { "\(scopes) \(tenant as Any) \(client as Any) \(role as Any) \(steps)" }

        var request: RequestedScopes {
            var column = 0
            func place() -> SourcePlace {
                column += 1
                return SourcePlace(file: "request", line: 1, column: column)
            }
            var request = RequestedScopes(scopes: scopes.map { Placed($0, at: place()) }, place: place())
            request.tenant = tenant.map { Placed($0, at: place()) }
            request.client = client.map { Placed($0, at: place()) }
            request.provider = provider.map { Placed($0, at: place()) }
            request.role = role.map { Placed($0, at: place()) }
            request.steps = steps.map { Placed($0, at: place()) }
            request.environment = environment.map { Placed($0, at: place()) }
            return request
        }
    }

    private func found(_ ask: Ask, in sheet: Sheet = .procurement()) -> [String] {
        sheet.findings([ask.request]).filter { $0.place.file == "request" }.map { finding in
            let fix = finding.fix.replacement.map { " → " + $0.joined(separator: " ") } ?? ""
            return "\(finding.place.column) \(finding.rule.rawValue)\(fix)"
        }
    }

    @Test(
        arguments: [
            // Nothing but the catalogue to go by.
            (Ask(scopes: ["ticket.read", "invoice.read"]), []),
            (Ask(scopes: ["ticket.raed"]), ["1 unknown-scope → ticket.read"]),
            (Ask(scopes: ["ticket.*"]), ["1 blanket-scope"]),
            (Ask(scopes: ["ticket.note"]), ["1 deprecated-scope → ticket.comment"]),
            (Ask(scopes: ["ticket.write", "ticket.read"]), ["2 implied-twice → "]),
            (Ask(scopes: ["ticket.read", "ticket.read"]), ["2 implied-twice → "]),
            (Ask(scopes: ["ticket.write", "invoice.read", "ticket.approve"]), ["3 separation-of-duties"]),
            // For a client.
            (Ask(scopes: ["ticket.comment"], tenant: "acme", client: "portal"), []),
            (Ask(scopes: ["ticket.write"], tenant: "acme", client: "portal"), ["1 excess-scope → ticket.comment"]),
            (Ask(scopes: ["ticket.*"], tenant: "acme", client: "portal"), ["1 blanket-scope → ticket.comment"]),
            (Ask(scopes: ["invoice.read"], tenant: "acme", client: "portal"), ["1 not-allowed → "]),
            (
                Ask(scopes: ["ticket.approve"], tenant: "acme", client: "portal"),
                ["1 internal-scope-at-supplier → ticket.read"]
            ),
            (Ask(scopes: ["debug.reset"], tenant: "acme", client: "portal"), ["1 environment-mismatch → "]),
            (
                Ask(scopes: ["ticket.comment", "ticket.write"], client: "portal"),
                ["1 implied-twice → ", "2 excess-scope → "]
            ),
            (Ask(scopes: [], tenant: "acne", client: "portal"), ["2 unknown-tenant → acme"]),
            (Ask(scopes: [], tenant: "acme", client: "portla"), ["3 unknown-client → portal"]),
            (Ask(scopes: [], tenant: "acme", client: "portal", role: "viewer"), ["4 not-allowed → supplier"]),
            (
                Ask(scopes: ["ticket.comment"], client: "portal", environment: "sandbox"),
                ["4 environment-mismatch"]
            ),
            // For a role and for steps.
            (Ask(scopes: ["ticket.write"], role: "requester"), []),
            (Ask(scopes: ["ticket.write"], role: "requester", steps: ["comment"]), ["1 excess-scope → ticket.comment"]),
            (Ask(scopes: ["ticket.read"], role: "viewer", steps: ["approve"]), ["4 not-allowed"]),
            (Ask(scopes: ["ticket.write"], steps: ["comment"]), ["1 excess-scope → ticket.comment"]),
            (Ask(scopes: ["ticket.write"], steps: ["coment"]), ["3 unknown-step → comment"]),
            (Ask(scopes: ["ticket.write"], role: "requestr"), ["3 unknown-role → requester"]),
            (Ask(scopes: ["debug.reset"], role: "viewer"), ["1 not-allowed → "]),
            // In the provider's words.
            (Ask(scopes: ["Ticket.View"], tenant: "hq", client: "books"), []),
            (Ask(scopes: ["Ticket.Veiw"], tenant: "hq", client: "books"), ["1 unknown-scope → Ticket.View"]),
            (Ask(scopes: ["ticket.read"], provider: "suite"), ["1 unknown-scope → Ticket.View"]),
            (
                Ask(scopes: ["ticket.comment"], tenant: "hq", client: "books"),
                ["1 excess-scope → Ticket.View"]
            ),
        ] as [(Ask, [String])]
    )
    func `What is asked for is held against catalogue, roles and steps`(ask: Ask, findings: [String]) {
        #expect(found(ask) == findings)
    }

    @Test func `What narrowing took is named with the place of the narrowing`() throws {
        var sheet = Sheet.procurement()
        sheet.narrow(.without(["ticket.write"]), tenant: "hq")
        let ask = Ask(scopes: ["ticket.write"], tenant: "hq", client: "desk")
        let finding = try #require(sheet.findings([ask.request]).first { $0.rule == .notAllowed })
        #expect(finding.fix.replacement == ["ticket.comment"])
        #expect(finding.why.contains("narrowed at \(sheet.documents.narrowings[0].place)"))
    }

    @Test func `A tenant's role is judged for the tenant, client or not`() {
        var sheet = Sheet.procurement()
        sheet.narrow(.only(["ticket.read"]), tenant: "acme")
        #expect(
            found(Ask(scopes: ["ticket.comment"], tenant: "acme", role: "supplier"), in: sheet) == [
                "1 not-allowed → ticket.read"
            ]
        )
        #expect(found(Ask(scopes: ["ticket.approve"], tenant: "acme", role: "approver"), in: sheet).count == 1)
    }

    @Test func `An exception covers what is asked for, too`() {
        var sheet = Sheet.procurement()
        sheet.except("excess-scope", tenant: "acme", scope: "ticket.write", until: Timestamp(milliseconds: 9_000))
        let ask = Ask(scopes: ["ticket.write"], tenant: "acme", client: "portal")
        let report = ScopeCheck(sheet.model, requests: [ask.request], now: Timestamp(milliseconds: 1_000)).report()
        #expect(report.excepted.map(\.finding.rule) == [.excessScope])
        #expect(!report.findings.contains { $0.rule == .exceptionMatchesNothing })
    }

    @Test(
        arguments: [
            ("ticket.read,ticket.comment", "commas separate nothing", "ticket.read ticket.comment"),
            ("ticket.read, invoice.read", "commas separate nothing", "ticket.read invoice.read"),
            ("no.one,knows", "commas separate nothing", "no.one knows"),
            ("ticket.read;ticket.comment", "semicolons separate nothing", "ticket.read ticket.comment"),
            (
                "ticket.read%20ticket.comment", "'%20' is a blank that was encoded once too often",
                "ticket.read ticket.comment"
            ),
            (
                "ticket.read%2Cticket.comment", "'%2C' is a comma that was encoded once too often",
                "ticket.read ticket.comment"
            ),
            ("ticket.read+ticket.comment", "the '+' was encoded (%2B)", "ticket.read ticket.comment"),
            ("no.one+knows", "only what the catalogue defines can be judged", nil),
            ("ticket.raed,", "only what the catalogue defines can be judged", "ticket.read"),
        ] as [(String, String, String?)]
    )
    func `what separates nothing between scopes is named, with the scopes that were meant`(
        _ scope: String,
        _ why: String,
        _ replacement: String?
    ) throws {
        let found = Sheet.procurement().findings([Ask(scopes: [scope]).request]).filter { $0.place.file == "request" }
        let finding = try #require(found.first)
        #expect(found.count == 1 && finding.rule == .unknownScope)
        #expect(finding.why.hasPrefix(why))
        #expect(finding.fix.replacement?.joined(separator: " ") == replacement)
    }
}
