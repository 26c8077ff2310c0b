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

    init(
        stored: StoredGrant,
        decision: Decision,
        event: Event.Draft,
        at: Timestamp,
        isCounted: Bool,
        order: RevocationOrder?
    ) {
        self.stored = stored
        self.decision = decision
        self.event = event
        self.at = at
        self.isCounted = isCounted
        self.order = order
    }

    func write(to writing: any StoreWriting) throws {
        try writing.saveDecision(stored)
        try writing.append(event)
        if Gates.isCounted(decision) {
            try writing.countEnd(of: stored.grant, at: at, isEnd: decision.isEnd, counts: isCounted)
        }
        if case .end(let end) = decision.action, let successor = end.successor { try writing.setCovering(successor) }
        if let order { try writing.setRevocation(order, of: stored.grant) }
    }
}
