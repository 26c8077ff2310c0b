/// The authorization server of a world: it answers from the true events, in its own way.
struct Server {
    enum Answer { case active, inactive }
    enum Kind { case access, refresh }

    let world: World

    func isInTrouble(at now: Instant) -> Bool {
        switch world.server {
        case .forgetting: world.trouble.contains(now)
        case .blind: now >= world.trouble.lowerBound
        default: false
        }
    }

    func answer(_ consent: Consent, token: Int, _ kind: Kind, at now: Instant) -> Answer {
        guard consent.isAlive(at: now) else { return .inactive }
        if isInTrouble(at: now), world.server == .blind || forgets(consent, token, at: now) { return .inactive }
        let current = consent.token(at: now)
        switch kind {
        case .access:
            return now < consent.accessTokenEnd(ofToken: token) ? .active : .inactive
        case .refresh:
            if world.server == .rotating, token != current { return .inactive }
            if world.server == .doorkeeper, now >= consent.accessTokenEnd(ofToken: current) { return .inactive }
            return .active
        }
    }

    /// Half of them at the restart, half of them when the second node follows.
    private func forgets(_ consent: Consent, _ token: Int, at now: Instant) -> Bool {
        let restart = world.trouble.lowerBound + (consent.subject % 2 == 0 ? 0 : 10 * Span.hour)
        return now >= restart && consent.issue(ofToken: token) < restart
    }

    /// When the present refresh canary was configured.
    func canaryMade(at now: Instant) -> Instant {
        let age = Int64(world.canaryDays) * Span.day
        return world.begins - Span.day + max(0, now - world.begins) / age * age
    }

    func canary(_ kind: Kind, at now: Instant) -> Answer {
        guard world.server == .doorkeeper, kind == .refresh else { return .active }
        return now < canaryMade(at: now) + world.tokenLifetime ? .active : .inactive
    }
}
