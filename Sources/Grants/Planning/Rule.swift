/// The planner's rules in their order: the first that applies decides.
///
/// Then the ends that could not be carried out, and the orders of a person. The raw values are stored.
package enum Rule: Int, CaseIterable, Sendable {
    case selfProtection = 1
    case usedAgain = 2
    case groundGone = 3
    case goneAtProvider = 4
    case exempt = 5
    case expired = 6
    case lifetime = 7
    case outOfPolicy = 8
    case new = 9
    case noEvidence = 10
    case unused = 11
    case keep = 12
    case cannotRevoke = 20
    case collateral = 21
    case nobodyTold = 22
    case byHand = 30

    /// The stable name in plans, events and the audit trail.
    package var name: String {
        switch self {
        case .selfProtection: "self-protection"
        case .usedAgain: "used-again"
        case .groundGone: "ground-gone"
        case .goneAtProvider: "gone-at-provider"
        case .exempt: "exempt"
        case .expired: "expired"
        case .lifetime: "lifetime"
        case .outOfPolicy: "out-of-policy"
        case .new: "new"
        case .noEvidence: "no-evidence"
        case .unused: "unused"
        case .keep: "keep"
        case .cannotRevoke: "cannot-revoke"
        case .collateral: "collateral"
        case .nobodyTold: "nobody-told"
        case .byHand: "by-hand"
        }
    }
}
