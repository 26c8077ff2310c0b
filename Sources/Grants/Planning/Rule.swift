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
    case contradicted
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

    /// Its place among all cases.
    package var ordinal: Int {
        switch self {
        case .selfProtection: 0
        case .usedAgain: 1
        case .groundGone: 2
        case .goneAtProvider: 3
        case .exempt: 4
        case .expired: 5
        case .contradicted: 6
        case .lifetime: 7
        case .outOfPolicy: 8
        case .new: 9
        case .noEvidence: 10
        case .unused: 11
        case .keep: 12
        case .cannotRevoke: 13
        case .collateral: 14
        case .nobodyTold: 15
        case .byHand: 16
        }
    }
}
