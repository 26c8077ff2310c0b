internal import Grants

/// How many decisions there are of each action and rule, counted without a look-up by name.
struct DecisionCounts {
    /// By action and rule: one that stands for all, and their number.
    private var slots = [(decision: Decision, number: Int)?](
        repeating: nil,
        count: Decision.Action.count * Rule.allCases.count
    )

    mutating func count(_ decision: Decision) {
        let slot = decision.action.ordinal * Rule.allCases.count + decision.rule.ordinal
        if slots[slot] == nil { slots[slot] = (decision, 0) }
        slots[slot]?.number += 1
    }

    /// Those that there are.
    var counted: [(decision: Decision, number: Int)] { slots.compactMap { $0 } }
}

extension Decision.Action {
    /// How many numbers ``ordinal`` gives.
    static let count = 6

    /// Tells actions apart on the spool.
    var ordinal: Int {
        switch self {
        case .keep: 0
        case .notice: 1
        case .reprieve: 2
        case .quarantine: 3
        case .restore: 4
        case .end: 5
        }
    }
}
