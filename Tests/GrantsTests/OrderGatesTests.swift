import Grants
import Testing

/// What an order heeds before its first call.
@Suite struct OrderGatesTests {
    struct Row: Sendable {
        var rule: Rule
        var frozen = false
        var held = false
        var blackout = false
        var mode = RotationPolicy.Mode.enforce
        var passes: Set<String> = []
        var gate: Gates.Gate?
    }

    @Test(arguments: [
        Row(rule: .unused),
        Row(rule: .unused, frozen: true, gate: .frozen),
        Row(rule: .unused, held: true, gate: .heldProvider),
        Row(rule: .unused, blackout: true, gate: .blackout),
        Row(rule: .unused, mode: .observe, gate: .observe),
        // What a rule decided goes past nothing, whatever its order says.
        Row(rule: .unused, frozen: true, passes: ["frozen"], gate: .frozen),
        Row(rule: .unused, held: true, passes: ["held"], gate: .heldProvider),
        Row(rule: .byHand, blackout: true, mode: .observe),
        Row(rule: .byHand, frozen: true, gate: .frozen),
        Row(rule: .byHand, frozen: true, passes: ["frozen"]),
        Row(rule: .byHand, held: true, gate: .heldProvider),
        Row(rule: .byHand, held: true, passes: ["held"]),
        Row(rule: .byHand, frozen: true, held: true, passes: ["frozen"], gate: .heldProvider),
        Row(rule: .byHand, frozen: true, held: true, passes: ["held"], gate: .frozen),
        Row(rule: .byHand, frozen: true, held: true, passes: ["frozen", "held"]),
    ])
    func `a rule's order heeds every gate, a person's those that the order itself does not go past`(_ row: Row) {
        let grant = Grant(
            key: .init(provider: "idp", id: "g"),
            tenant: "acme",
            client: "portal",
            scopes: ScopeSet(["a"]),
            issuedAt: Timestamp(milliseconds: 1_700_000_000_000)
        )
        var order = RevocationOrder(
            row: 1,
            target: .revoked,
            rule: row.rule,
            reason: "r",
            actor: Actor(kind: .schedule)
        )
        order.whileFrozen = row.passes.contains("frozen")
        order.whileHeld = row.passes.contains("held")
        let gates = OrderGates(
            freezes: row.frozen ? [GrantSelection(tenant: "acme")] : [GrantSelection(tenant: "globex")],
            hold: row.held ? ProviderHold(why: "clock-skew", since: grant.issuedAt) : nil
        )
        #expect(gates.closed(to: order, on: grant, mode: row.mode, blackout: row.blackout) == row.gate)
    }
}
