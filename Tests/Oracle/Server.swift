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
        if isInTrouble(at: now), world.server == .blind || consent.issue(ofToken: token) < world.trouble.lowerBound {
            return .inactive
        }
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
