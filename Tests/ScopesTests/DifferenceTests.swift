import Grants
import GrantsTestSupport
import Scopes
import Testing

struct DifferenceTests {
    private func changelog(_ before: (inout Sheet) -> Void = { _ in }, _ after: (inout Sheet) -> Void) -> [String] {
        var old = Sheet.procurement()
        before(&old)
        var new = Sheet.procurement()
        after(&new)
        return old.model.differences(to: new.model).changelog
    }

    private func setStep(_ sheet: inout Sheet, _ id: StepID, _ scopes: [ScopeName]) {
        guard let index = sheet.documents.workflow.steps.firstIndex(where: { $0.id.value == id }) else { return }
        sheet.documents.workflow.steps[index].scopes = sheet.placed(scopes)
    }

    private func setRole(_ sheet: inout Sheet, _ id: RoleID, _ steps: [StepID]) {
        guard let index = sheet.documents.roles.firstIndex(where: { $0.id.value == id }) else { return }
        sheet.documents.roles[index].steps = sheet.placed(steps)
    }

    @Test func `What means the same is no difference`() {
        #expect(changelog { $0.documents.roles.reverse() }.isEmpty)
        #expect(changelog { $0.narrow(.without(["invoice.read"]), tenant: "acme") }.isEmpty)
    }

    @Test func `A role that loses a scope and keeps what it implied is narrowed`() throws {
        var new = Sheet.procurement()
        setRole(&new, "requester", ["comment"])
        let all = Sheet.procurement().model.differences(to: new.model).all
        let role = try #require(all.first { $0.subject == .role("requester") })
        #expect(role.kind == .narrowed)
        #expect(role.lost == ["ticket.write"])
        #expect(
            role.sentence == "Role `requester` no longer has `ticket.write`; it keeps `ticket.comment`;"
                + " it no longer has the steps `request`."
        )
        let client = try #require(all.first { $0.subject == .client("hq", ClientKey(provider: "idp", client: "desk")) })
        #expect(client.kind == .narrowed)
        #expect(client.followsFromOthers)
        #expect(all.contains { $0.subject == .tenant("hq") && $0.kind == .narrowed && $0.followsFromOthers })
    }

    @Test func `A changelog says what was changed by hand and how far it reaches`() {
        let found = changelog { setStep(&$0, "request", ["ticket.comment"]) }
        #expect(
            found == [
                "Step `request` no longer needs `ticket.write`; it keeps `ticket.comment`.",
                "This changes what 1 client of 1 tenant may hold.",
            ]
        )
    }

    @Test func `Everything that can change has a sentence`() {
        #expect(changelog { $0.scope("new.scope") } == ["Scope `new.scope` is new; it covers `new.scope`."])
        #expect(changelog { $0.role("r", ["view"]) } == ["Role `r` is new; it has `ticket.read`."])
        #expect(
            changelog { $0.documents.roles.removeAll { $0.id.value == "accountant" } }.contains {
                $0 == "Role `accountant` is gone; it had `invoice.read` and `ticket.read`."
            }
        )
        #expect(
            changelog { $0.documents.workflow.neverTogether.removeAll() } == [
                "The rule that no client takes `approve` and `request` together is gone."
            ]
        )
        #expect(
            changelog { $0.documents.tenants[1].party = .partner }.first
                == "Tenant `acme` no longer may hold `ticket.comment`; it is now of the party `partner`."
        )
        #expect(
            changelog { $0.client("x", ["supplier"]) } == [
                "Client `x` of tenant `acme` at `idp` is new; it may hold `ticket.comment`."
            ]
        )
        #expect(
            changelog { $0.narrow(.only(["ticket.read"]), client: "portal") } == [
                "Client `portal` of tenant `acme` at `idp` no longer may hold `ticket.comment`; it keeps `ticket.read`."
            ]
        )
        #expect(
            changelog { $0.documents.catalogue.scopes[4].parties = [.internal] } == [
                "Scope `invoice.read` is now for `internal` only."
            ]
        )
    }

    @Test func `A scope that implies more widens whoever holds it`() throws {
        var new = Sheet.procurement()
        new.documents.catalogue.scopes[0].implies = new.placed(["invoice.read"])
        let all = Sheet.procurement().model.differences(to: new.model).all
        let scope = try #require(all.first { $0.subject == .scope("ticket.read") })
        #expect(scope.kind == .widened && !scope.followsFromOthers)
        #expect(scope.sentence == "Scope `ticket.read` now covers `invoice.read`.")
        let role = try #require(all.first { $0.subject == .role("supplier") })
        #expect(role.kind == .widened && role.followsFromOthers)
        let client = try #require(
            all.first { $0.subject == .client("acme", ClientKey(provider: "idp", client: "portal")) }
        )
        #expect(client.gained == ["invoice.read"])
    }

    @Test func `Closer bounds are narrowed, wider ones widened`() {
        var bound = Sheet.procurement()
        bound.documents.catalogue.scopes[4].parties = [.internal, .supplier]
        let free = Sheet.procurement().model
        #expect(free.differences(to: bound.model).all.map(\.kind) == [.narrowed])
        #expect(bound.model.differences(to: free).all.map(\.kind) == [.widened])
    }

    static let seeds = (0..<6).map { _ in UInt64.random(in: 0...UInt64.max) }

    @Test(arguments: seeds)
    func `There is a difference if and only if the meaning differs`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var equal = 0
        for round in 0..<60 {
            let old = Sheet.random(&random)
            var new = old
            // Some of these change nothing.
            switch Int.random(in: 0..<8, using: &random) {
            case 0: new.randomNarrowing(["s0", "s1", "s.*"], ["role0", "role1", "role2"], &random)
            case 1: new.documents.catalogue.scopes[0].implies = new.placed(["s1"])
            case 2: new.documents.catalogue.blankets[0].standsFor = new.placed(["s0"])
            case 3: new.documents.workflow.steps[0].scopes = new.placed(["s0"])
            case 4: new.documents.roles[0].steps = new.placed(["step0", "step1"])
            case 5: new.documents.tenants[0].clients[0].roles = new.placed(["role0"])
            case 6: new.documents.catalogue.scopes[0].providerNames = ["p": Placed("S", at: new.place())]
            default: new.documents.catalogue.scopes.shuffle(using: &random)
            }
            let (before, after) = (old.model, new.model)
            let isEqual = before.canonicalBytes == after.canonicalBytes
            let differences = before.differences(to: after)
            equal += isEqual ? 1 : 0
            #expect(differences.isEmpty == isEqual, "seed \(seed) round \(round) \(differences.all.map(\.sentence))")
            #expect(after.differences(to: before).isEmpty == isEqual, "seed \(seed) round \(round)")
            // Against the slow reference: what each client may hold.
            let (slow, slowNew) = (SlowReference(documents: old.documents), SlowReference(documents: new.documents))
            for (tenant, tenantNew) in zip(old.documents.tenants, new.documents.tenants) {
                for (client, clientNew) in zip(tenant.clients, tenantNew.clients) {
                    let was = slow.allowed(tenant, client)
                    let now = slowNew.allowed(tenantNew, clientNew)
                    let key = ClientKey(provider: "p", client: client.id.value)
                    let found = differences.all.first { $0.subject == .client(tenant.id.value, key) }
                    #expect(Set(found?.gained ?? []) == now.subtracting(was), "seed \(seed) round \(round)")
                    #expect(Set(found?.lost ?? []) == was.subtracting(now), "seed \(seed) round \(round)")
                }
            }
        }
        #expect(equal > 3 && equal < 57, "seed \(seed): \(equal) equal")
    }
}
