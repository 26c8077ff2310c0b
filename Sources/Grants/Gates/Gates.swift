/// What stands between a plan and its application, as one run found it.
///
/// A decision is held by the first gate that is closed to it: the mode, a freeze, a blackout, a held provider,
/// the valve of its partition, of its provider, of the store. Reprieve and restore are never held.
package struct Gates: Sendable {
    /// Why a row may not be applied; raw values are stable (`held[].why`).
    package enum Gate: String, CaseIterable, Sendable {
        case observe
        case frozen
        case blackout
        case heldProvider = "provider-held"
        /// The provider's `Date` was not seen in this run, and the decision rests on the clock.
        case noDate = "no-date"
    }

    package let mode: RotationPolicy.Mode
    package let freezes: [Freeze]
    package let heldProviders: Set<ProviderID>
    /// The blackout that is on; nil: none.
    package let blackout: Blackout?

    package init(
        mode: RotationPolicy.Mode,
        freezes: [Freeze],
        heldProviders: Set<ProviderID>,
        blackout: Blackout? = nil
    ) {
        self.mode = mode
        self.freezes = freezes
        self.heldProviders = heldProviders
        self.blackout = blackout
    }

    /// Whether a gate could hold this decision at all.
    package static func canHold(_ decision: Decision) -> Bool {
        switch decision.action {
        case .notice, .quarantine, .end: true
        case .keep, .reprieve, .restore: false
        }
    }

    /// Whether the valve counts it: ends and quarantines whatever the rule, but for rule 6 and superseded members.
    package static func isCounted(_ decision: Decision) -> Bool {
        switch decision.action {
        case .end(let end): !end.isSuperseded && decision.rule != .expired
        case .quarantine: true
        case .keep, .notice, .reprieve, .restore: false
        }
    }

    /// Whether an end rests on our clock alone, so that the provider's has to agree with it in the same run.
    ///
    /// So do ends of what was exempt: our clock says that the exemption is over.
    package static func needsDate(_ decision: Decision, on grant: Grant) -> Bool {
        guard decision.isEnd else { return false }
        switch decision.rule {
        case .expired, .contradicted, .lifetime, .outOfPolicy: return true
        default: return grant.exemption != nil
        }
    }

    /// Whether a closed valve holds it: all of the partition, announcements too, but for superseded members.
    package static func valveHolds(_ decision: Decision) -> Bool {
        if case .end(let end) = decision.action, end.isSuperseded { return false }
        return canHold(decision)
    }

    /// The first gate before the valve that is closed to the decision.
    package func closed(to decision: Decision, on grant: Grant) -> Gate? {
        guard Self.canHold(decision) else { return nil }
        if mode == .observe { return .observe }
        if freezes.contains(where: { $0.selection.includes(grant) }) { return .frozen }
        if blackout != nil { return .blackout }
        if heldProviders.contains(grant.key.provider) { return .heldProvider }
        return nil
    }
}
