import Grants
import Scopes
import Testing

struct ScopeModelTests {
    @Test func `A scope covers itself and all it implies`() {
        let model = Sheet.procurement().model
        #expect(model.coverage(of: "ticket.write") == ["ticket.comment", "ticket.read", "ticket.write"])
        #expect(model.covers("ticket.write", "ticket.read"))
        #expect(!model.covers("ticket.read", "ticket.write"))
        #expect(!model.covers("nothing", "nothing"))
    }

    @Test func `A blanket covers what it stands for and what that covers`() {
        var sheet = Sheet()
        sheet.scope("a.low")
        sheet.scope("a.high", implies: ["a.low"])
        sheet.blanket("a.*", ["a.high"])
        #expect(sheet.model.coverage(of: "a.*") == ["a.*", "a.high", "a.low"])
        #expect(sheet.model.coverage(of: "b.*").isEmpty)
    }

    @Test func `A cycle ends, and of its scopes the first is kept`() {
        var sheet = Sheet()
        sheet.scope("c", implies: ["a"])
        sheet.scope("a", implies: ["b"])
        sheet.scope("b", implies: ["c", "d"])
        sheet.scope("d")
        #expect(sheet.model.coverage(of: "b") == ["a", "b", "c", "d"])
        #expect(sheet.model.minimalCover(of: ["c", "b", "d"]) == ["b"])
    }

    @Test func `The needs of a role are the smallest cover of its steps' scopes`() {
        let model = Sheet.procurement().model
        #expect(model.needs(ofRole: "requester") == ["ticket.write"])
        #expect(model.needs(ofRole: "accountant") == ["invoice.read", "ticket.read"])
        #expect(model.needs(ofRole: "nobody") == nil)
        #expect(model.needs(ofStep: "comment") == ["ticket.comment"])
    }

    @Test func `Party and environment take from the allow-list, and what covers the rest goes, too`() {
        var sheet = Sheet()
        sheet.scope("x", environments: ["sandbox"])
        sheet.scope("y", implies: ["x"])
        sheet.scope("z")
        sheet.scope("i", parties: [.internal])
        sheet.step("all", ["y", "z", "i"])
        sheet.role("all", ["all"])
        sheet.tenant("t", .supplier, environment: "production")
        sheet.client("c", ["all"])
        sheet.client("s", ["all"], environment: "sandbox")
        #expect(sheet.model.allowList(of: ClientKey(provider: "idp", client: "c"), tenant: "t") == ["z"])
        #expect(sheet.model.allowList(of: ClientKey(provider: "idp", client: "s"), tenant: "t") == ["x", "y", "z"])
    }

    @Test(
        arguments: [
            (Sheet.Change.without(["ticket.write"]), ["ticket.comment", "ticket.read"]),
            (.without(["ticket.read"]), []),
            (.without(["ticket.*"]), []),
            (.only(["ticket.comment"]), ["ticket.comment", "ticket.read"]),
            (.only(["ticket.*"]), ["ticket.comment", "ticket.read", "ticket.write"]),
            (.only(["invoice.read"]), []),
        ] as [(Sheet.Change, [ScopeName])]
    )
    func `Narrowing takes away and never adds`(change: Sheet.Change, left: [ScopeName]) {
        var sheet = Sheet.procurement()
        sheet.narrow(change, tenant: "hq", client: "desk", environment: "production")
        sheet.narrow(.only([]), environment: "sandbox")
        #expect(sheet.model.allowList(of: ClientKey(provider: "idp", client: "desk"), tenant: "hq") == left)
    }

    @Test func `Narrowing a role leaves what another role gives`() {
        var sheet = Sheet.procurement()
        sheet.narrow(.only([]), role: "requester")
        let key = ClientKey(provider: "idp", client: "desk")
        #expect(sheet.model.allowList(of: key, tenant: "hq") == ["ticket.read"])
    }

    @Test func `A provider's word and the catalogue's name lead to each other`() {
        let model = Sheet.procurement().model
        #expect(model.word(for: "ticket.read", at: "suite") == "Ticket.View")
        #expect(model.word(for: "ticket.read", at: "idp") == "ticket.read")
        #expect(model.scopeNames(called: "Ticket.View", at: "suite") == ["ticket.read"])
        #expect(model.scopeNames(called: "ticket.read", at: "suite").isEmpty)
        #expect(model.scopeNames(called: "Ticket.View", at: "idp").isEmpty)
    }

    @Test func `A word for several scopes holds them all`() {
        var sheet = Sheet()
        sheet.scope("r", names: ["p": "both"])
        sheet.scope("w", names: ["p": "both"])
        sheet.step("s", ["r"])
        sheet.role("s", ["s"])
        sheet.tenant("t", .internal)
        sheet.client("c", ["s"], provider: "p")
        #expect(sheet.model.scopeNames(called: "both", at: "p") == ["r", "w"])
        #expect(sheet.model.judge(["both"], provider: "p", tenant: "t", client: "c") == .outside(["both"]))
    }

    @Test(
        arguments: [
            (["ticket.write", "ticket.read"], "hq", "desk", nil, .allowed),
            (["ticket.write", "invoice.read"], "hq", "desk", nil, .outside(["invoice.read"])),
            (["ticket.*"], "hq", "desk", nil, .outside(["ticket.*"])),
            (["ticket.write"], "hq", "desk", "viewer", .outside(["ticket.write"])),
            (["ticket.read"], "hq", "desk", "viewer", .allowed),
            (["ticket.read"], "hq", "desk", "approver", .noPolicy(.roleNotGiven("approver"))),
            (["ticket.read"], "hq", "ghost", nil, .noPolicy(.unknownClient)),
            (["ticket.read"], "none", "desk", nil, .noPolicy(.unknownTenant)),
            (["invoice.read", "openid"], "hq", "desk", nil, .noPolicy(.unknownScope("openid"))),
            ([], "hq", "desk", nil, .allowed),
        ] as [([String], TenantID, ClientID, RoleID?, ScopeVerdict)]
    )
    func `A grant is judged by its client's roles, and the unknown is never outside`(
        scopes: [String],
        tenant: TenantID,
        client: ClientID,
        role: RoleID?,
        verdict: ScopeVerdict
    ) {
        let model = Sheet.procurement().model
        #expect(model.judge(scopes, provider: "idp", tenant: tenant, client: client, role: role) == verdict)
    }

    @Test func `What a role names and nobody defines proves nothing`() {
        var sheet = Sheet.procurement()
        sheet.role("blurred", ["view", "no-such-step"])
        sheet.tenant("t", .internal)
        sheet.client("c", ["blurred"])
        sheet.client("d", ["viewer", "no-such-role"])
        sheet.client("e", ["no-such-role"])
        sheet.client("f", ["requester"])
        sheet.client("n", [])
        sheet.narrow(.only(["ticket.raed"]), client: "f")
        let model = sheet.model
        for client in ["c", "d", "f"] as [ClientID] {
            let verdict = model.judge(["invoice.read"], provider: "idp", tenant: "t", client: client)
            #expect(verdict == .noPolicy(.uncertainRole))
        }
        #expect(model.judge(["ticket.read"], provider: "idp", tenant: "t", client: "c") == .allowed)
        #expect(model.judge([], provider: "idp", tenant: "t", client: "e") == .noPolicy(.uncertainRole))
        #expect(model.judge([], provider: "idp", tenant: "t", client: "n") == .noPolicy(.noRole))
    }

    @Test func `A client without environment is not judged by what is bound to one`() {
        var sheet = Sheet.procurement()
        sheet.step("reset", ["debug.reset"])
        sheet.role("tester", ["reset"])
        sheet.tenant("t", .internal)
        sheet.client("c", ["tester"])
        let model = sheet.model
        #expect(model.judge(["debug.reset"], provider: "idp", tenant: "t", client: "c") == .noPolicy(.noEnvironment))
        #expect(model.judge(["ticket.read"], provider: "idp", tenant: "t", client: "c") == .outside(["ticket.read"]))
    }

    @Test(
        arguments: [
            (nil, .outside(["debug.reset", "invoice.read"])),
            ("production", .outside(["debug.reset", "invoice.read"])),
            ("sandbox", .noPolicy(.otherEnvironment("sandbox"))),
        ] as [(EnvironmentID?, ScopeVerdict)]
    )
    func `A record of another environment is not judged by what is bound to one`(
        environment: EnvironmentID?,
        verdict: ScopeVerdict
    ) {
        var sheet = Sheet.procurement()
        sheet.step("reset", ["debug.reset"])
        sheet.role("tester", ["reset", "view"])
        sheet.tenant("t", .internal, environment: "production")
        sheet.client("c", ["tester"])
        sheet.client("d", ["tester"])
        sheet.narrow(.without(["ticket.read"]), client: "d", environment: "production")
        let judge = { (scopes: [String], client: ClientID) in
            sheet.model.judge(scopes, provider: "idp", tenant: "t", client: client, environment: environment)
        }
        #expect(judge(["debug.reset", "invoice.read"], "c") == verdict)
        // Bound to nothing, and narrowed by nothing that knows environments.
        #expect(judge(["invoice.read"], "c") == .outside(["invoice.read"]))
        #expect(judge(["ticket.read"], "d").isOutside == (environment != "sandbox"))
    }

    @Test func `Documents that mean the same have the same bytes`() {
        var other = Sheet.procurement()
        other.documents.catalogue.scopes.reverse()
        other.documents.workflow.steps.reverse()
        other.documents.roles.reverse()
        other.documents.tenants.reverse()
        // Implied already, and taking nothing away.
        other.documents.catalogue.scopes[4].implies += other.placed(["ticket.read"] as [ScopeName])
        other.narrow(.without(["invoice.read"]), client: "desk")
        let bytes = Sheet.procurement().model.canonicalBytes
        #expect(other.documents.catalogue.scopes[4].name.value == "ticket.write")
        #expect(other.model.canonicalBytes == bytes)
        other.narrow(.without(["ticket.write"]), client: "desk")
        #expect(other.model.canonicalBytes != bytes)
    }
}

extension ScopeVerdict {
    fileprivate var isOutside: Bool {
        if case .outside = self { true } else { false }
    }
}
