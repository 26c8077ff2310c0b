import Grants
import Scopes
import Testing

struct GrantableTests {
    @Test func `The least scopes of a role are said by each provider's words`() throws {
        var sheet = Sheet.procurement()
        sheet.client("books2", ["accountant"], provider: "idp")
        let found = try sheet.model.grantable(tenant: "hq", role: "accountant")
        #expect(found.map(\.provider) == ["idp", "suite"])
        #expect(found.map(\.scopes) == [["invoice.read", "ticket.read"], ["Ticket.View", "invoice.read"]])
    }

    @Test func `Fewer steps need less`() throws {
        let model = Sheet.procurement().model
        let found = try model.grantable(tenant: "hq", role: "requester", steps: ["comment"], providers: ["idp"])
        #expect(found.map(\.scopes) == [["ticket.comment"]])
        #expect(try model.grantable(tenant: "hq", role: "requester", providers: ["new"])[0].scopes == ["ticket.write"])
    }

    @Test func `A step that the tenant may not take is refused with its ground`() throws {
        var sheet = Sheet.procurement()
        sheet.role("anyone", ["approve", "view"])
        sheet.narrow(.without(["ticket.write"]), tenant: "hq")
        let found = try sheet.model.grantable(tenant: "acme", role: "anyone")
        #expect(found[0].scopes == ["ticket.read"])
        #expect(found[0].refused.map(\.step) == ["approve"])
        #expect(found[0].refused[0].why.contains("keeps 'ticket.approve' from the client's party"))
        let narrowed = try sheet.model.grantable(tenant: "hq", role: "requester")
        #expect(narrowed[0].scopes == ["ticket.comment"])
        #expect(narrowed[0].refused[0].why.contains("narrowed at"))
    }

    @Test func `A role that changed shows which registrations fall behind`() throws {
        var sheet = Sheet.procurement()
        sheet.client("old", ["supplier"], registered: ["ticket.comment"])
        #expect(sheet.model.registrationsBehind().isEmpty)
        sheet.documents.roles[4].steps = sheet.placed(["match"])
        let behind = sheet.model.registrationsBehind(role: "supplier")
        #expect(behind.map(\.tenant) == ["acme"])
        #expect(behind[0].registration.missing == ["invoice.read"])
        #expect(behind[0].registration.excess == ["ticket.comment"])
        #expect(try sheet.model.grantable(tenant: "acme", role: "supplier")[0].behind.map(\.client) == ["old"])
        #expect(sheet.model.registrationsBehind(role: "viewer").isEmpty)
    }

    @Test func `Unknown names lead to the nearest`() {
        let model = Sheet.procurement().model
        #expect(throws: GrantableProblem.unknownTenant("acne", near: "acme")) {
            try model.grantable(tenant: "acne", role: "supplier")
        }
        #expect(throws: GrantableProblem.unknownRole("suplier", near: "supplier")) {
            try model.grantable(tenant: "acme", role: "suplier")
        }
        #expect(throws: GrantableProblem.stepNotInRole("view", "supplier")) {
            try model.grantable(tenant: "acme", role: "supplier", steps: ["view"])
        }
    }
}
