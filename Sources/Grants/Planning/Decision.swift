/// What is to happen to one grant, by which rule, and why.
package struct Decision: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case keep
        case notice
        case reprieve
        case quarantine
        case restore
        case end(End)

        package var name: String {
            switch self {
            case .keep: "keep"
            case .notice: "notice"
            case .reprieve: "reprieve"
            case .quarantine: "quarantine"
            case .restore: "restore"
            case .end: "end"
            }
        }
    }

    /// How a grant ends.
    package struct End: Hashable, Sendable {
        /// `expired` or `revoked`.
        package var standing: Standing
        /// The provider must be told; until it has done it the grant is `revoking`.
        package var needsCall: Bool

        /// The member of its family that carries the consent on; nil: none does.
        package var successor: Grant.Key?

        package init(_ standing: Standing, needsCall: Bool, successor: Grant.Key? = nil) {
            self.standing = standing
            self.needsCall = needsCall
            self.successor = successor
        }

        /// It is gone while its successor lives: no consent is lost, so neither valve nor collateral asks.
        package var isSuperseded: Bool { successor != nil }

        package static func superseded(by successor: Grant.Key) -> End {
            End(.expired, needsCall: false, successor: successor)
        }
    }

    package var action: Action
    package var rule: Rule
    /// A short stable word or a sentence; never a secret.
    package var reason: String

    package init(_ action: Action, _ rule: Rule, _ reason: String) {
        self.action = action
        self.rule = rule
        self.reason = reason
    }

    package var isEnd: Bool {
        if case .end = action { true } else { false }
    }
}
