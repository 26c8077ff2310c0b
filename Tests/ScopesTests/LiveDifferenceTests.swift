import Grants
import Scopes
import Testing

struct LiveDifferenceTests {
    private func holding(
        _ tenant: TenantID,
        _ client: ClientID,
        _ scopes: [String],
        _ live: Int,
        role: RoleID? = nil
    ) -> Holding {
        Holding(provider: "idp", tenant: tenant, client: client, role: role, scopes: scopes, live: live)
    }

    private func meaning(
        _ holdings: [Holding],
        before: (inout Sheet) -> Void = { _ in },
        _ after: (inout Sheet) -> Void
    ) -> LiveDifferences {
        var old = Sheet.procurement()
        before(&old)
        var new = old
        after(&new)
        let (from, to) = (old.model, new.model)
        return from.meaning(of: from.differences(to: to), to: to, for: holdings)
    }

    private func lessForSuppliers(_ sheet: inout Sheet) {
        sheet.documents.workflow.steps[5].scopes = sheet.placed(["ticket.read"])
    }

    @Test func `Grants that hold what a role loses must consent again`() {
        let found = meaning(
            [
                holding("acme", "portal", ["ticket.comment"], 200),
                holding("acme", "portal", ["ticket.read"], 50),
                holding("bolt", "portal", ["ticket.comment", "ticket.read"], 14),
                holding("hq", "desk", ["ticket.comment"], 7),
            ],
            before: {
                $0.tenant("bolt", .supplier)
                $0.client("portal", ["supplier"])
            },
            lessForSuppliers
        )
        #expect(
            found.effects.map(\.sentence) == [
                "removing `ticket.comment` from role `supplier`: 214 grants of 2 tenants, 2 of them suppliers, must consent again"
            ]
        )
        #expect(found.mustConsentAgain.grants == 214)
        #expect(found.examined == 271)
        #expect(found.noLongerJudged.grants == 0)
    }

    @Test func `A recorded role, a client of another and the unknown are not reached`() {
        let found = meaning(
            [
                holding("hq", "desk", ["ticket.read"], 3, role: "viewer"),
                holding("acme", "portal", ["openid", "ticket.comment"], 5),
                holding("nobody", "portal", ["ticket.comment"], 5),
            ],
            lessForSuppliers
        )
        #expect(found.effects.isEmpty)
        #expect(found.mustConsentAgain.grants == 0)
    }

    @Test func `What narrowing takes from a client is said of the client`() {
        let found = meaning([holding("acme", "portal", ["ticket.comment"], 1)]) {
            $0.narrow(.only(["ticket.read"]), client: "portal")
        }
        #expect(
            found.effects.map(\.sentence) == [
                "removing `ticket.comment` from client `portal` of tenant `acme`: 1 grant of 1 tenant,"
                    + " 1 of them a supplier, must consent again"
            ]
        )
    }

    @Test func `A widening that grants wait for brings them within, one that none needs is flagged`() {
        let widen: (inout Sheet) -> Void = { $0.documents.roles[4].steps += $0.placed(["match"]) }
        let waiting = meaning([holding("acme", "portal", ["invoice.read"], 4)], widen)
        #expect(waiting.effects.map(\.kind) == [.comesWithin])
        #expect(waiting.comesWithin.grants == 4)
        let idle = meaning([holding("acme", "portal", ["ticket.comment"], 4)], widen)
        #expect(
            idle.effects.map(\.sentence) == [
                "adding `invoice.read` to role `supplier`: no live grant holds it, so nothing needs it yet"
            ]
        )
    }

    @Test func `Grants that can no longer be judged are counted apart`() {
        let found = meaning([holding("acme", "portal", ["ticket.comment"], 4)]) { $0.documents.tenants.removeLast() }
        #expect(found.noLongerJudged.grants == 4)
        #expect(found.effects.isEmpty)
    }
}
