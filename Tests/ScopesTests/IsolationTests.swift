import Grants
import Scopes
import Testing

struct IsolationTests {
    private func holding(_ tenant: TenantID, _ client: ClientID, _ scopes: [String], _ live: Int = 1) -> Holding {
        Holding(provider: "idp", tenant: tenant, client: client, scopes: scopes, live: live)
    }

    private func owner(_ tenant: TenantID, _ client: ClientID) -> SharedGrants.Owner {
        SharedGrants.Owner(tenant: tenant, client: ClientKey(provider: "idp", client: client))
    }

    @Test func `The sheet itself has no breaks`() {
        #expect(Sheet.procurement().model.isolationBreaks(holdings: [], shared: []).isEmpty)
    }

    @Test func `A client of two isolation groups is a break, by the documents or by its grants`() {
        var sheet = Sheet.procurement()
        sheet.tenant("a", .supplier, group: "g1")
        sheet.client("x", ["supplier"])
        sheet.tenant("b", .supplier, group: "g1")
        sheet.client("x", ["supplier"])
        #expect(sheet.model.isolationBreaks(holdings: [], shared: []).isEmpty)
        let live = sheet.model.isolationBreaks(holdings: [holding("acme", "x", ["ticket.read"], 5)], shared: [])
        #expect(live.map(\.kind) == [.clientInTwoGroups])
        #expect(live[0].tenants == ["a", "acme", "b"])
        #expect(live[0].grants == 5)
        sheet.tenant("c", .supplier)
        sheet.client("x", ["supplier"])
        #expect(sheet.model.isolationBreaks(holdings: [], shared: []).map(\.tenants) == [["a", "b", "c"]])
    }

    @Test func `What a supplier shares with an internal tenant is a break`() {
        var sheet = Sheet.procurement()
        sheet.tenant("lab", .internal, group: "g")
        sheet.tenant("den", .internal, group: "g")
        let found = sheet.model.isolationBreaks(
            holdings: [],
            shared: [
                SharedGrants(.token, owner("acme", "portal"), owner("hq", "desk"), count: 2),
                SharedGrants(.family, owner("hq", "desk"), owner("lab", "x"), count: 1),
                SharedGrants(.family, owner("den", "x"), owner("lab", "x"), count: 1),
                SharedGrants(.family, owner("nobody", "x"), owner("lab", "x"), count: 1),
            ]
        )
        #expect(Set(found.map(\.kind)) == [.sharedWithInternal, .sharedAcrossGroups])
        #expect(found.map(\.message) == found.map(\.message).sorted())
        #expect(found.contains { $0.message == "'portal' of 'acme' and 'desk' of 'hq' share 2 tokens" })
    }

    @Test func `A procurement scope at a client for something else is a break`() {
        var sheet = Sheet.procurement()
        sheet.client("chat", [], purpose: .other)
        sheet.client("wiki", [], registered: ["ticket.comment"], purpose: .other)
        let found = sheet.model.isolationBreaks(
            holdings: [
                holding("acme", "chat", ["ticket.write", "openid"], 3), holding("acme", "chat", ["debug.reset"]),
            ],
            shared: []
        )
        #expect(found.map(\.client.client) == ["chat", "wiki"])
        #expect(found.map(\.scopes) == [["ticket.write"], ["ticket.comment"]])
        #expect(found.map(\.grants) == [3, 0])
    }
}
