internal import Grants

/// A person's order as it is carried out grant by grant, within one transaction.
///
/// Goes before exemptions, notice and quarantine; never before self-protection.
struct HandOrder {
    private let assessor: Assessor
    private let change: GrantChange
    private let environment: RotationEnvironment
    private let reason: String

    init(
        _ environment: RotationEnvironment,
        reason: String,
        reference: String?,
        run: Int64,
        at now: Timestamp,
        _ reading: any StoreReading
    ) throws {
        assessor = try Assessor(reading, environment.settings, ownTokens: environment.ownTokens, now: now)
        var change = GrantChange(
            actor: environment.actor,
            run: run,
            now: now,
            isApproved: true
        )
        change.reference = reference
        self.change = change
        self.environment = environment
        self.reason = reason
    }

    /// Decides the grant's end, or makes the decided one a person's that is tried at once.
    ///
    /// False: grantkeeper lives on it, or it has ended.
    func end(_ stored: StoredGrant, in writing: any StoreWriting) throws -> Bool {
        guard try !assessor.context(of: stored).isOurs else { return false }
        switch stored.grant.standing {
        case .active, .noticed, .quarantined:
            let decision = Decision(.end(.init(.revoked, needsCall: true)), .byHand, reason)
            try change.apply(assessor.judge(stored).deciding(decision), in: writing)
        case .revoking, .stuck:
            try hasten(stored, in: writing)
        case .expired, .revoked:
            return false
        }
        return true
    }

    private func hasten(_ stored: StoredGrant, in writing: any StoreWriting) throws {
        var stored = stored
        guard var order = try writing.revocation(row: stored.row) else { return }
        // What a rule ended waits behind blackouts, freezes and what people want; this no longer, stuck or not.
        order.rule = .byHand
        order.target = .revoked
        order.run = change.run
        // A new order: earlier failures neither give it up nor make it wait.
        order.tries = 0
        order.firstTriedAt = nil
        order.nextTryAt = change.now
        order.reason = reason
        order.reference = change.reference ?? order.reference
        order.actor = environment.actor
        stored.grant.standing = .revoking
        try writing.setRevocation(order, of: stored.grant)
        try writing.save(stored)
        var event = Event(Event.Kind.grantRevoking, at: change.now, about: stored.grant)
        event.reason = reason
        event.rule = .byHand
        event.run = change.run
        event.actor = environment.actor
        event.reference = change.reference
        try writing.append(event, about: stored)
    }
}
