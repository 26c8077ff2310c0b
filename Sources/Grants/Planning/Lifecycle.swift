/// Which standing may follow which: the transition table, as data.
///
/// The store refuses a change that is not in it.
package enum Lifecycle {
    /// One row of the table.
    package struct Transition: Hashable, Sendable {
        package let from: Standing
        package let to: Standing
        /// The type of the event that tells of it.
        package let event: String
    }

    package static let transitions: Set<Transition> = {
        var table: Set<Transition> = [
            .init(from: .active, to: .noticed, event: "grant.noticed"),
            .init(from: .active, to: .quarantined, event: "grant.quarantined"),
            .init(from: .noticed, to: .quarantined, event: "grant.quarantined"),
            .init(from: .noticed, to: .active, event: "grant.reprieved"),
            .init(from: .quarantined, to: .active, event: "grant.restored"),
            .init(from: .revoking, to: .stuck, event: "grant.stuck"),
            .init(from: .stuck, to: .revoking, event: "grant.revoking"),
            // By hand, where it has resurfaced.
            .init(from: .expired, to: .revoking, event: "grant.revoking"),
            .init(from: .revoked, to: .revoking, event: "grant.revoking"),
            .init(from: .expired, to: .active, event: "grant.recorded"),
            .init(from: .revoked, to: .active, event: "grant.recorded"),
        ]
        for live in [Standing.active, .noticed, .quarantined] {
            table.insert(.init(from: live, to: .revoking, event: "grant.revoking"))
        }
        for from in [Standing.active, .noticed, .quarantined, .revoking, .stuck] {
            table.insert(.init(from: from, to: .expired, event: "grant.expired"))
            table.insert(.init(from: from, to: .revoked, event: "grant.revoked"))
        }
        return table
    }()

    private static let events: [[String?]] = Standing.allCases.map { from in
        Standing.allCases.map { to in transitions.first { $0.from == from && $0.to == to }?.event }
    }

    /// The type of the event that tells of a transition; nil for one that the table does not allow.
    package static func event(from: Standing, to: Standing) -> String? { events[from.ordinal][to.ordinal] }

    /// The transition that a decision asks for; nil for a keep, and for one the table does not allow.
    package static func transition(of grant: Grant, by decision: Decision) -> Transition? {
        let target: Standing
        switch decision.action {
        case .keep: return nil
        case .notice: target = .noticed
        case .reprieve, .restore: target = .active
        case .quarantine: target = .quarantined
        case .end(let end): target = end.needsCall ? .revoking : end.standing
        }
        return transitions.first { $0.from == grant.standing && $0.to == target }
    }
}
