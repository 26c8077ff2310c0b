/// The planner's rules in their order: the first that applies decides.
///
/// Then the ends that could not be carried out, and the orders of a person. The raw values are
/// the stable names in plans, events and the audit trail.
package enum Rule: String, CaseIterable, Sendable {
    case selfProtection = "self-protection"
    case usedAgain = "used-again"
    case groundGone = "ground-gone"
    case goneAtProvider = "gone-at-provider"
    case exempt
    case expired
    case lifetime
    case outOfPolicy = "out-of-policy"
    case new
    case noEvidence = "no-evidence"
    case unused
    case keep
    case cannotRevoke = "cannot-revoke"
    case collateral
    case nobodyTold = "nobody-told"
    case byHand = "by-hand"
}
