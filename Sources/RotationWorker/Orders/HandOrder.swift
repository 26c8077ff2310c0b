internal import Grants

/// A person's order as it is carried out grant by grant, within one transaction.
///
/// Goes before exemptions, notice and quarantine; never before self-protection, but as far as `--even-own` goes.
struct HandOrder {
    private let assessor: Assessor
    private let change: GrantChange
    private let environment: RotationEnvironment
    private let reason: String
    private let options: OrderOptions

    init(
        _ environment: RotationEnvironment,
        reason: String,
        reference: String?,
        options: OrderOptions,
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
        change.options = options
        self.change = change
        self.environment = environment
        self.reason = reason
        self.options = options
    }

    /// Decides the grant's end, or makes the decided one a person's that is tried at once.
    ///
    /// False: grantkeeper lives on it, or it has ended and has not resurfaced.
    func end(_ stored: StoredGrant, in writing: any StoreWriting) throws -> Bool {
        guard try !assessor.isProtected(stored, options) else { return false }
        switch stored.grant.standing {
        case .active, .noticed, .quarantined:
            try decide(stored, in: writing)
        case .revoking, .stuck:
            try hasten(stored, in: writing)
        case .expired, .revoked:
            guard stored.grant.resurfacedAt != nil else { return false }
            try endAgain(stored, in: writing)
        }
        return true
    }

    private func decide(_ stored: StoredGrant, in writing: any StoreWriting) throws {
        let decision = Decision(.end(.init(.revoked, needsCall: true)), .byHand, reason)
        try change.apply(assessor.judge(stored).deciding(decision), in: writing)
    }

    /// What has ended here and lives: it is revoked once more, and that end closes what was found.
    private func endAgain(_ stored: StoredGrant, in writing: any StoreWriting) throws {
        guard environment.settings(of: stored.grant.key.provider)?.revocation == .events else {
            return try decide(stored, in: writing)
        }
        // Receivers are told once more; no call is made.
        var stored = stored
        LifeAfterEnd.close(&stored.grant, by: .end)
        stored.grant.proof = .announced
        stored.endedAt = change.now
        try writing.save(stored)
        try tell(stored, Lifecycle.event(from: .revoking, to: stored.grant.standing), in: writing)
    }

    private func hasten(_ stored: StoredGrant, in writing: any StoreWriting) throws {
        var stored = stored
        guard var order = try writing.revocation(row: stored.row) else { return }
        // What a rule ended waits behind blackouts, freezes and what people want; this no longer, stuck or not.
        order.rule = .byHand
        order.target = .revoked
        order.run = change.run
        // A new order: earlier failures neither give it up nor make it wait. What was shown of its tokens stays.
        order.tries = 0
        order.firstTriedAt = nil
        order.nextTryAt = change.now
        order.reason = reason
        order.reference = change.reference ?? order.reference
        order.actor = environment.actor
        order.whileFrozen = options.whileFrozen
        order.whileHeld = options.whileHeld
        stored.grant.standing = .revoking
        try writing.setRevocation(order, of: stored.grant)
        try writing.save(stored)
        try tell(stored, Event.Kind.grantRevoking, in: writing)
    }

    private func tell(_ stored: StoredGrant, _ type: String?, in writing: any StoreWriting) throws {
        var event = Event(type ?? Event.Kind.grantRevoking, at: change.now, about: stored.grant)
        event.reason = reason
        event.rule = .byHand
        event.run = change.run
        event.actor = environment.actor
        event.reference = change.reference
        try writing.append(event, about: stored)
    }
}

extension Assessor {
    /// Whether an order by hand spares the grant, because grantkeeper lives on it.
    func isProtected(_ stored: StoredGrant, _ options: OrderOptions) throws -> Bool {
        let ownership = try context(of: stored).ownership
        return ownership.isOurs && !(options.evenOwn && yields(ownership, at: stored.grant.key.provider))
    }

    /// Whether `--even-own` goes past it.
    func yields(_ ownership: Ownership, at provider: ProviderID) -> Bool {
        ownership.yieldsToPerson(at: settings.providers.first { $0.id == provider }?.capabilities)
    }
}
