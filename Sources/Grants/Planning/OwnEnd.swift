/// What is to be made of a grant's own end: that of its authorization, or of the one token that carries it.
package enum OwnEnd: Hashable, Sendable {
    /// It has none, or none that has come.
    case none
    /// Past; nothing speaks against it, and the provider agrees where it can be asked (rule 6).
    case over(Timestamp)
    /// Past, and no inactive answer was given after it; until then it counts as absent.
    case unconfirmed(Timestamp)
    /// Past, and a use or a countable active answer came later (rule 6b).
    case contradicted(Timestamp)

    /// The end for which the provider is to be asked; nil: nothing is open about one.
    package var doubtful: Timestamp? {
        switch self {
        case .none, .over: nil
        case .unconfirmed(let end), .contradicted(let end): end
        }
    }
}

/// Rules 6 and 6b.
extension Planner {
    /// Evidence of life outranks a date: an end counts only where nothing later contradicts it.
    package func ownEnd(of grant: Grant, family: Family, context: PlanningContext) -> OwnEnd {
        // Most have none, or keep a refresh token beside an access token's.
        guard grant.standing.isLive, grant.expiresAt != nil || grant.accessTokenExpiresAt != nil else { return .none }
        let own = judged(grant.sensibleExpiresAt, grant, family, context)
        let token = judged(grant.sensibleOnlyTokenExpiresAt, grant, family, context)
        switch (own, token) {
        case (.over, _), (_, .none): return own
        case (_, .over), (.none, _), (.unconfirmed, .contradicted): return token
        case (.unconfirmed, .unconfirmed), (.contradicted, _): return own
        }
    }

    private func judged(
        _ end: Timestamp?,
        _ grant: Grant,
        _ family: Family,
        _ context: PlanningContext
    ) -> OwnEnd {
        guard let end, end <= now else { return .none }
        if let lived = family.lastLivedAt, lived > end { return .contradicted(end) }
        // Without a token, or a provider that could be asked about it, the date is all that will ever be known.
        guard context.canBeAsked, grant.holdsRefreshToken || grant.holdsAccessToken else { return .over(end) }
        let validity = grant.validity
        let isInactive = validity.lastVerdict == .inactive && validity.lastVerdictAt.map { $0 > end } ?? false
        let agrees = isInactive || validity.lastInactiveAnswerAt.map { $0 > end } ?? false
        return agrees ? .over(end) : .unconfirmed(end)
    }

    /// Whether the provider has not been asked since a doubtful end: it is asked at once, and then as always.
    package func isToBeAskedAtOnce(_ grant: Grant, _ end: OwnEnd, context: PlanningContext) -> Bool {
        guard let doubtful = end.doubtful, context.canBeAsked, grant.validity.failures == 0 else { return false }
        return grant.validity.lastVerdictAt.map { $0 <= doubtful } ?? true
    }

    func endedByItself(_ grant: Grant, _ family: Family, _ context: PlanningContext) -> Decision? {
        switch ownEnd(of: grant, family: family, context: context) {
        case .over(let end):
            return Decision(.end(.init(.expired, needsCall: false)), .expired, "ended at \(end)")
        case .contradicted(let end) where policy.enforcesOwnEnd && mayAnnounce(grant, .contradicted):
            return announced(
                grant,
                .contradicted,
                policy.lifetimeNotice,
                .expired,
                "its own end was \(end), and it lives on"
            )
        case .none, .unconfirmed, .contradicted:
            return nil
        }
    }
}

extension Planner {
    /// What a person should know of the grant beside the decision.
    package func notes(of grant: Grant, _ end: OwnEnd, context: PlanningContext) -> GrantNotes {
        var notes = GrantNotes()
        switch end {
        case .contradicted: notes.note(.contradicted)
        case .unconfirmed: notes.note(.awaitsInactive)
        case .none, .over: break
        }
        notes.note(.implausible, if: grant.isImplausible)
        notes.note(.staleToken, if: grant.validity.unknownWhy == .staleToken)
        notes.note(.noPolicy, if: context.scopes == .noPolicy)
        if grant.toldScopes != nil {
            notes.note(.scopeDrift, if: !ScopeDrift.excess(of: grant, ignoring: context.ignoredScopes).isEmpty)
        }
        notes.note(.resurfaced, if: grant.resurfacedAt != nil)
        return notes
    }
}
