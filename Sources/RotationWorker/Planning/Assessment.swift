internal import Grants

/// A grant with all that its decision rests on.
///
/// A reference: it is made once for every row of a plan and handed on from thread to thread.
final class Assessment: Sendable {
    let stored: StoredGrant
    let family: Family
    let decision: Decision
    let context: PlanningContext
    let circumstances: Circumstances
    /// Live grants that this end takes along; they end with it or not at all.
    let group: [Assessor.Judged]

    init(
        _ stored: StoredGrant,
        _ decision: Decision,
        family: Family,
        context: PlanningContext,
        circumstances: Circumstances,
        group: [Assessor.Judged] = []
    ) {
        self.stored = stored
        self.family = family
        self.decision = decision
        self.context = context
        self.circumstances = circumstances
        self.group = group
    }

    /// When the decision may change; made by whoever asks, so not where it is not needed.
    var deadline: Deadline { circumstances.planner.deadline(of: stored.grant, family: family, after: decision) }

    /// What is to be made of its own end.
    var ownEnd: OwnEnd { circumstances.planner.ownEnd(of: stored.grant, family: family, context: context) }

    /// What a person should know of it beside the decision.
    func notes(_ end: OwnEnd) -> GrantNotes { circumstances.planner.notes(of: stored.grant, end, context: context) }

    /// Whether something is to be done about a doubtful end: a question at once, or an event.
    func attends(_ end: OwnEnd) -> Bool {
        guard let doubtful = end.doubtful else { return false }
        if case .contradicted = end, stored.grant.contradictedEnd != doubtful { return true }
        return isToBeAskedAtOnce(end)
    }

    /// Whether its provider is to be asked before it would be by itself.
    func isToBeAskedAtOnce(_ end: OwnEnd) -> Bool {
        guard stored.askAt.map({ $0 > circumstances.planner.now }) ?? true else { return false }
        return circumstances.planner.isToBeAskedAtOnce(stored.grant, end, context: context)
    }

    /// The same with another decision, which takes nothing along.
    func deciding(_ decision: Decision) -> Assessment {
        Assessment(stored, decision, family: family, context: context, circumstances: circumstances)
    }

    func taking(along group: [Assessor.Judged]) -> Assessment {
        Assessment(stored, decision, family: family, context: context, circumstances: circumstances, group: group)
    }
}
