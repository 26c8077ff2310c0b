package import Grants

/// What a person sets beside the planner: exemptions, freezes, thaws.
package struct GateOrders: Sendable {
    private let environment: RotationEnvironment
    private let now: Timestamp

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
        now = environment.clock.now()
    }

    /// The grant stays until then, whatever the rules say; nil ends an exemption.
    package func exempt(
        _ key: Grant.Key,
        _ exemption: Exemption?,
        reference: String?
    ) async throws -> StoredGrant? {
        let (environment, now) = (environment, now)
        return try await environment.store.write { writing in
            guard let stored = try writing.grant(key) else { return nil }
            try writing.setExemption(exemption, row: stored.row)
            var changed = stored
            changed.grant.exemption = exemption
            if stored.grant.standing.isLive {
                changed.dueAt = now
                try writing.save(changed)
            }
            var event = Event(Event.Kind.grantExempted, at: now, about: stored.grant)
            event.reason = exemption?.reason ?? "the exemption was ended"
            event.actor = environment.actor
            event.reference = reference
            if let exemption {
                event.details = [
                    "owner": .string(exemption.owner), "until": .string(exemption.until.description),
                ]
            }
            try writing.append(event, about: changed)
            return changed
        }
    }

    /// Closes the finding that the grant has resurfaced, until a later sign of life; false: it has not.
    package func settle(_ key: Grant.Key, reason: String, reference: String?) async throws -> Bool {
        let (environment, now) = (environment, now)
        return try await environment.store.write { writing in
            guard var stored = try writing.grant(key), stored.grant.resurfacedAt != nil else { return false }
            LifeAfterEnd.close(&stored.grant, by: .settled(at: now))
            try writing.save(stored)
            var event = Event(Event.Kind.grantSettled, at: now, about: stored.grant)
            event.reason = reason
            event.actor = environment.actor
            event.reference = reference
            try writing.append(event, about: stored)
            return true
        }
    }

    /// Nothing of the selection is ended, quarantined or announced, before the next batch already.
    package func freeze(_ selection: GrantSelection, reason: String) async throws {
        let (environment, now) = (environment, now)
        try await environment.store.write { writing in
            try writing.setFreeze(Freeze(selection: selection, reason: reason, since: now))
            try writing.append(
                Self.event(Event.Kind.workerFrozen, selection, reason, environment, now),
                about: nil
            )
        }
    }

    /// Restarts every notice and quarantine of the selection and forgets every inactive answer.
    ///
    /// False: it was not frozen.
    package func thaw(_ selection: GrantSelection, reason: String) async throws -> Bool {
        let (environment, now) = (environment, now)
        return try await environment.store.write { writing in
            guard try writing.removeFreeze(selection) else { return false }
            if selection.isAll { try writing.setSetting(RestoreGuard.freezeSetting, nil) }
            try writing.restartClocks(in: selection, at: now)
            try writing.append(
                Self.event(Event.Kind.workerThawed, selection, reason, environment, now),
                about: nil
            )
            return true
        }
    }

    private static func event(
        _ type: String,
        _ selection: GrantSelection,
        _ reason: String,
        _ environment: RotationEnvironment,
        _ now: Timestamp
    ) -> Event {
        var event = Event(type, at: now)
        event.tenant = selection.tenant
        event.provider = selection.provider
        event.client = selection.client
        event.reason = reason
        event.actor = environment.actor
        return event
    }

    /// Lets the inactive answers of a surge or a creep count, and releases the provider.
    ///
    /// False: neither has this hash.
    package func approveSurge(_ plan: HeldPlan, reason: String) async throws -> Bool {
        let (environment, now) = (environment, now)
        guard let provider = plan.provider else { return false }
        return try await environment.store.write { writing in
            guard try writing.heldProviders()[provider]?.hash == plan.hash else { return false }
            try writing.approveWatch(of: provider, at: now)
            try PendingVerdicts.count(try writing.pendingVerdicts(of: provider), in: writing)
            try writing.setHold(nil, of: provider)
            try PendingVerdicts.removePlan(of: provider, in: writing)
            var event = Event(Event.Kind.runApproved, at: now)
            event.provider = provider
            event.reason = reason
            event.actor = environment.actor
            event.details = ["hash": .string(plan.hash), "why": .string(plan.why)]
            try writing.append(event, about: nil)
            return true
        }
    }
}
