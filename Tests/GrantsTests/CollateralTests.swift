import Grants
import Testing

@Suite struct CollateralTests {
    private let end = Decision(.end(.init(.expired, needsCall: true)), .unused, "not used")
    private let keep = Decision(.keep, .keep, "in use")

    private func grant(_ id: String, tenant: TenantID = "acme") -> Grant {
        Grant(
            key: .init(provider: "idp", id: id),
            tenant: tenant,
            client: "portal",
            subject: "u-1",
            scopes: ScopeSet(["ticket.read"]),
            issuedAt: .distantPast
        )
    }

    @Test func `a group that is due as a whole ends`() {
        let decision = Collateral.settle(
            end,
            on: grant("g-1"),
            reaching: [.init(grant("g-2"), end), .init(grant("g-3"), end)]
        )
        #expect(decision == end)
    }

    @Test func `one member in use keeps all, and is named`() {
        let decision = Collateral.settle(
            end,
            on: grant("g-1"),
            reaching: [.init(grant("g-2"), end), .init(grant("g-3"), keep)]
        )
        #expect(decision.rule == .collateral && decision.action == .keep)
        #expect(decision.reason == "would also end g-3")
    }

    @Test func `an end that reaches another tenant is refused, even if that is due too`() {
        let decision = Collateral.settle(
            end,
            on: grant("g-1"),
            reaching: [.init(grant("g-2", tenant: "globex"), end)]
        )
        #expect(decision.rule == .collateral)
    }

    @Test func `what has ended or is ending is not in the way, nor is the grant itself`() {
        var ending = grant("g-2")
        ending.standing = .revoking
        let decision = Collateral.settle(
            end,
            on: grant("g-1"),
            reaching: [.init(ending, keep), .init(grant("g-1"), keep)]
        )
        #expect(decision == end)
    }

    @Test func `a long list is cut`() {
        let others = (10..<40).map { Collateral.Reached(grant("g-\($0)"), keep) }
        let decision = Collateral.settle(end, on: grant("g-1"), reaching: others)
        #expect(decision.reason.hasSuffix("g-29 and 10 more"))
    }
}
