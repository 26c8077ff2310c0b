internal import Grants

/// Whether too many grants turned inactive at once.
extension ProviderRound {
    /// First inactive answers count when the whole run is known, and only if they are no surge.
    mutating func settleSurge() async throws {
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        let setting = "surge_history:\(provider)"
        let (asked, counted, policyHash) = (report.asked, newlyInactive, environment.policyHash)
        let wasSurge = hold?.why == "surge"
        let isHeldOtherwise = hold != nil && !wasSurge
        let rate = QuestionRate(asked: asked, in: now - startedAt)
        let held = try await write { writing -> HeldPlan? in
            let pending = try writing.pendingVerdicts(of: provider).filter { wasSurge || $0.run == run }
            let history = (try writing.setting(setting) ?? "").split(separator: ",").compactMap { Int($0) }
            let surge = Surge(asked: asked, newlyInactive: pending.count, history: history)
            if asked > 0 {
                try writing.setSetting(
                    setting,
                    (history + [counted]).suffix(14).map(String.init).joined(separator: ",")
                )
            }
            if let rate { try writing.setSetting(QuestionRate.setting(of: provider), rate.stored) }
            let isSurge = surge.isOne || (wasSurge && pending.count > 5)
            if isHeldOtherwise {
                // Nothing of it counts while it is held; when it recovers the questions begin anew.
                for verdict in pending { try writing.removePendingVerdict(row: verdict.row) }
                return nil
            }
            guard isSurge else {
                try PendingVerdicts.count(pending, in: writing)
                if wasSurge {
                    try writing.setHold(nil, of: provider)
                    try PendingVerdicts.removePlan(of: provider, in: writing)
                    var event = Event(Event.Kind.providerRecovered, at: now)
                    event.provider = provider
                    event.run = run
                    event.actor = actor
                    try writing.append(event, about: nil)
                }
                return nil
            }
            let plan = try PendingVerdicts.hold(
                pending,
                of: provider,
                asked: asked,
                policyHash: policyHash,
                at: now,
                in: writing
            )
            if !wasSurge {
                var event = Event(Event.Kind.providerHeld, at: now)
                event.provider = provider
                event.reason = "surge"
                event.run = run
                event.actor = actor
                event.details = [
                    "hash": .string(plan.hash), "asked": .number(Int64(asked)),
                    "newly_inactive": .number(Int64(pending.count)),
                ]
                try writing.append(event, about: nil)
            }
            return plan
        }
        if let held {
            report.held[provider] = "surge"
            report.surges.append(held)
            report.pending = held.wouldEnd
        } else if wasSurge {
            report.held[provider] = nil
            report.recovered.append(provider)
        }
    }
}
