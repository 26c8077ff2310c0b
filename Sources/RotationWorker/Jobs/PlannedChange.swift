internal import Grants

/// All that a decision on one grant writes: the new state, its journal entry, its count, its order to revoke.
///
/// A reference: it is handed on to the thread that writes.
final class PlannedChange: Sendable {
    /// As it will be.
    let stored: StoredGrant
    let decision: Decision
    let event: Event.Draft
    let at: Timestamp
    /// The valve counts it.
    let isCounted: Bool
    let order: RevocationOrder?
    /// It ends what was found to live after an end.
    let closesFinding: Bool

    init(
        stored: StoredGrant,
        decision: Decision,
        event: Event.Draft,
        at: Timestamp,
        isCounted: Bool,
        order: RevocationOrder?,
        closesFinding: Bool
    ) {
        self.stored = stored
        self.decision = decision
        self.event = event
        self.at = at
        self.isCounted = isCounted
        self.order = order
        self.closesFinding = closesFinding
    }

    func write(to writing: any StoreWriting) throws {
        if closesFinding { try writing.save(stored) } else { try writing.saveDecision(stored) }
        try writing.append(event)
        // What had ended already was not among the living that the valve measures by.
        if Gates.isCounted(decision), stored.readStanding.isLive {
            try writing.countEnd(of: stored.grant, at: at, isEnd: decision.isEnd, counts: isCounted)
        }
        if case .end(let end) = decision.action, let successor = end.successor { try writing.setCovering(successor) }
        if let order { try writing.setRevocation(order, of: stored.grant) }
    }
}
