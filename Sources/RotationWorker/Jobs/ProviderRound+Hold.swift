internal import Grants

/// What a provider is held for, and how it recovers.
extension ProviderRound {
    mutating func recover() async throws {
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        try await write { writing in
            try writing.setHold(nil, of: provider)
            try PendingVerdicts.removePlan(of: provider, in: writing)
            // What was counted while its word could not be trusted counts for nothing.
            try writing.forgetInactivity(at: provider)
            var event = Event(Event.Kind.providerRecovered, at: now)
            event.provider = provider
            event.run = run
            event.actor = actor
            try writing.append(event, about: nil)
        }
        hold = nil
        report.held[provider] = nil
        report.recovered.append(provider)
    }

    mutating func holdProvider(_ why: String, _ detail: String?) async throws {
        guard hold?.why != why, distrust != why else { return }
        // A surge or a creep is released by a person alone: another cause beside it must not take its place.
        let keepsHold = hold?.needsApproval == true
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        let new = ProviderHold(why: why, since: now)
        try await write { writing in
            if !keepsHold { try writing.setHold(new, of: provider) }
            if why != "clock-skew", why != "credentials", why != "forbidden" {
                try writing.forgetInactivity(at: provider)
            }
            var event = Event(Event.Kind.providerHeld, at: now)
            event.provider = provider
            event.reason = why
            event.run = run
            event.actor = actor
            if let detail { event.details = ["detail": .string(detail)] }
            try writing.append(event, about: nil)
        }
        if keepsHold {
            distrust = why
            return
        }
        hold = new
        report.held[settings.id] = why
    }
}
