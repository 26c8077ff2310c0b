/// What stands between a decided end and its first call, as the store and the configuration are at this moment.
///
/// Read before each order, not once for many: when a freeze is given, only what has begun is finished.
package struct OrderGates: Hashable, Sendable {
    package var freezes: [GrantSelection]
    /// The provider's; nil: it is not held.
    package var hold: ProviderHold?

    package init(freezes: [GrantSelection], hold: ProviderHold?) {
        self.freezes = freezes
        self.hold = hold
    }

    /// The first gate that is closed to the order; nil: it may begin.
    ///
    /// `mode` is the one that was read last; `blackout` says whether one is on. What a person ordered passes those two,
    /// and the others only as far as the order itself says.
    package func closed(
        to order: RevocationOrder,
        on grant: Grant,
        mode: RotationPolicy.Mode,
        blackout: Bool
    ) -> Gates.Gate? {
        let isByHand = order.rule == .byHand
        if !isByHand, mode == .observe { return .observe }
        if !(isByHand && order.whileFrozen), freezes.contains(where: { $0.includes(grant) }) { return .frozen }
        if !isByHand, blackout { return .blackout }
        if !(isByHand && order.whileHeld), hold != nil { return .heldProvider }
        return nil
    }
}
