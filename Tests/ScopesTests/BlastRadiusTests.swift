import Grants
import GrantsTestSupport
import Scopes
import Testing

struct BlastRadiusTests {
    private func holding(
        _ tenant: TenantID,
        _ client: ClientID,
        _ scopes: [String],
        _ live: Int,
        provider: ProviderID = "idp"
    ) -> Holding {
        Holding(provider: provider, tenant: tenant, client: client, scopes: scopes, live: live)
    }

    private func owner(_ tenant: TenantID, _ client: ClientID) -> SharedGrants.Owner {
        SharedGrants.Owner(tenant: tenant, client: ClientKey(provider: "idp", client: client))
    }

    private var holdings: [Holding] {
        [
            holding("hq", "desk", ["ticket.write"], 10),
            holding("hq", "board", ["ticket.approve"], 2),
            holding("acme", "portal", ["ticket.comment"], 100),
            holding("acme", "portal", ["ticket.read", "openid"], 5),
            holding("hq", "books", ["Ticket.View"], 3, provider: "suite"),
        ]
    }

    private var shared: [SharedGrants] {
        [
            SharedGrants(.token, owner("acme", "portal"), owner("hq", "desk"), count: 2),
            SharedGrants(.family, owner("hq", "board"), owner("hq", "desk"), count: 1),
        ]
    }

    private func radius(_ target: BreachTarget) -> BlastRadius {
        Sheet.procurement().model.blastRadius(of: target, holdings: holdings, shared: shared)
    }

    @Test func `A client opens its own grants and what it shares`() {
        let found = radius(.client(ClientKey(provider: "idp", client: "portal")))
        #expect(found.grants == 105)
        #expect(found.tenants == ["acme"])
        #expect(found.actions.map(\.name) == ["write", "read"])
        #expect(found.actions.map(\.grants) == [100, 105])
        #expect(found.steps == ["answer", "comment", "view"])
        #expect(found.separations.isEmpty)
        #expect(found.shared.map(\.other) == [owner("hq", "desk")])
        #expect(found.unknown == ["openid"])
        // Medium 15, 2 × log2(106) = 12, sharing 5.
        #expect(found.score.total == 32)
    }

    @Test func `A tenant opens what its clients could do together`() {
        let found = radius(.tenant("hq"))
        #expect(found.grants == 15)
        #expect(found.separations.map(\.steps) == [["approve", "request"]])
        #expect(found.actions.map(\.name) == ["approve", "write", "read"])
        #expect(found.shared.map(\.kind) == [.token])
        #expect(found.score.separation == 10)
    }

    @Test func `A scope opens all that cover it, by each provider's words`() {
        let found = radius(.scope("ticket.read"))
        #expect(found.grants == 120)
        #expect(radius(.scope("ticket.comment")).grants == 110)
        #expect(radius(.scope("no.such")).grants == 0)
        #expect(radius(.scope("no.such")).score.total == 0)
        #expect(radius(.provider("suite")).grants == 3)
    }

    @Test func `Duties of two tenants do not add up to a break`() {
        let model = Sheet.procurement().model
        let found = model.blastRadius(
            of: .provider("idp"),
            holdings: [holding("hq", "desk", ["ticket.write"], 1), holding("lab", "x", ["ticket.approve"], 1)],
            shared: []
        )
        #expect(found.separations.isEmpty)
    }

    @Test(arguments: (0..<4).map { _ in UInt64.random(in: 0...UInt64.max) })
    func `More reach never scores less`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let model = Sheet.procurement().model
        let words = ["ticket.read", "ticket.write", "ticket.approve", "openid", "ticket.*"]
        var holdings: [Holding] = []
        var score = 0
        for round in 0..<60 {
            holdings.append(
                holding(
                    Sheet.pick(["hq", "acme", "t1", "t2", "t3"] as [TenantID], &random) ?? "hq",
                    Sheet.pick(["desk", "portal"] as [ClientID], &random) ?? "desk",
                    Sheet.some(of: words, upTo: 2, &random),
                    Int.random(in: 1...200, using: &random)
                )
            )
            let found = model.blastRadius(of: .provider("idp"), holdings: holdings, shared: [])
            #expect(found.score.total >= score && found.score.total <= 100, "seed \(seed) round \(round)")
            #expect(found.grants == holdings.reduce(0) { $0 + $1.live })
            score = found.score.total
        }
    }

    @Test func `The picture has a legend, escapes names, and is always the same`() {
        var holdings = holdings
        holdings.append(holding("a\"b\\c\u{1b}", "x", ["ticket.read"], 1))
        let model = Sheet.procurement().model
        let dot = model.blastRadius(of: .provider("idp"), holdings: holdings, shared: shared).dot()
        let again = model.blastRadius(of: .provider("idp"), holdings: holdings.reversed(), shared: shared.reversed())
            .dot()
        #expect(dot == again)
        #expect(dot.contains("label=\"Legend\""))
        #expect(dot.contains("label=\"a\\\"b\\\\c?\\nin no document, 1 grant\""))
        #expect(dot.hasPrefix("digraph blast_radius {\n") && dot.hasSuffix("}\n"))
    }

    @Test func `A picture of many says how many more there are`() {
        let many = (0..<100).map { holding(TenantID("t\($0)"), ClientID("c\($0)"), ["ticket.read"], 1) }
        let dot = Sheet.procurement().model.blastRadius(of: .provider("idp"), holdings: many, shared: []).dot(limit: 10)
        #expect(dot.contains("and 90 more tenants"))
        #expect(dot.contains("and 90 more clients"))
        #expect(dot.split(separator: "\n").count < 80)
    }
}
