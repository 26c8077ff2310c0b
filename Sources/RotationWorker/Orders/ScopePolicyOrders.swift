package import Grants

/// Lets a changed scope policy come in force that the valve keeps for reports.
package struct ScopePolicyOrders: Sendable {
    /// The stable word in `held[].why`.
    package static let why = ScopeRuling.why

    private let environment: RotationEnvironment
    private let now: Timestamp

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
        now = environment.clock.now()
    }

    /// Brings it in force: the grants that it touches are judged by the next run.
    ///
    /// Returns how many those are; nil, and nothing is done: the change is no longer the one that a person saw.
    package func approve(_ held: HeldPlan, reason: String, lock: JobLock) async throws -> Int? {
        let (environment, now) = (environment, now)
        return try await environment.store.write { writing in
            try writing.renew(lock)
            let ruling = try ScopeRuling(
                writing,
                environment.scopePolicies,
                environment.settings,
                now: now,
                approving: held.hash
            )
            guard let change = ruling.change, ruling.approvalHash == held.hash else { return nil }
            try ruling.enter(in: writing, run: nil, actor: environment.actor, at: now)
            try writing.setHeldPlans(try writing.heldPlans().filter { $0.hash != held.hash })
            var event = Event(Event.Kind.runApproved, at: now)
            event.reason = reason
            event.actor = environment.actor
            event.details = [
                "hash": .string(held.hash), "why": .string(held.why), "would_end": .number(Int64(held.wouldEnd)),
            ]
            try writing.append(event, about: nil)
            return change.grantsTouched
        }
    }
}
