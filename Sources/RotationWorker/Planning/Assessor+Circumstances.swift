internal import Grants

/// What is the same for many grants, made once for all of them: policy, feeds, and what their scopes are judged.
extension Assessor {
    private static var circumstancesLimit: Int { 20_000 }

    func planner(for stored: StoredGrant) -> Planner { circumstances(of: stored).planner }

    func policy(of stored: StoredGrant) -> PolicyValues { planner(for: stored).policy }

    func circumstances(of stored: StoredGrant) -> Circumstances {
        if let cohort = stored.cohort, cohort < ofCohort.count, let known = ofCohort[cohort],
            known.are(of: stored.grant)
        {
            return known
        }
        let grant = stored.grant
        let subject = PolicySubject(
            tenant: grant.tenant,
            party: tenants[grant.tenant]?.party,
            provider: grant.key.provider,
            client: grant.client,
            role: grant.role,
            environment: grant.environment
        )
        let found =
            ofSubject[subject]
            ?? Circumstances(of: grant, subject, settings, feeds: feeds, lackingEndpoint: lackingEndpoint, now: now)
        if ofSubject.count >= Self.circumstancesLimit { ofSubject.removeAll(keepingCapacity: true) }
        ofSubject[subject] = found
        guard let cohort = stored.cohort, cohort < Self.circumstancesLimit else { return found }
        if cohort >= ofCohort.count {
            ofCohort += repeatElement(nil, count: cohort + 1 - ofCohort.count)
        }
        ofCohort[cohort] = found
        return found
    }

    func context(of stored: StoredGrant) throws -> PlanningContext {
        try context(of: stored, circumstances(of: stored))
    }

    func context(of stored: StoredGrant, _ circumstances: Circumstances) throws -> PlanningContext {
        var context = PlanningContext()
        context.someoneIsTold = someoneIsTold
        context.scopes = judgement(of: stored, circumstances)
        if context.scopes.isOutside { context.scopesChangedIn = scopes.changedIn(holding: stored.holding) }
        guard let judge = circumstances.judge else {
            context.obstacle = .unknownProvider
            context.canBeAsked = false
            return context
        }
        context.ownership = try ownership(of: stored, circumstances)
        context.obstacle = circumstances.obstacle(to: stored.grant)
        if let ignored = circumstances.ignoredScopes { context.ignoredScopes = ignored }
        if case .failure = judge.speaker(of: stored.grant) { context.canBeAsked = false }
        return context
    }

    /// The clients that the provider told are looked up only of grants that name our own.
    private func ownership(of stored: StoredGrant, _ circumstances: Circumstances) throws -> Ownership {
        try Ownership(
            carriesOurToken: ownRows.contains(stored.row),
            namesOurClient: circumstances.isOurs,
            ourClient: circumstances.ourClient
        ) { try reading.toldClients(of: stored.row) }
    }

    private func judgement(
        of stored: StoredGrant,
        _ circumstances: Circumstances
    ) -> PlanningContext.ScopeJudgement {
        guard let policy = scopes.policy else { return .notJudged }
        if stored.grant.toldScopes != nil, circumstances.planner.policy.onScopeDrift == .revoke {
            let (ignored, provider) = (circumstances.ignoredScopes, stored.grant.key.provider)
            var subject = ScopeSubject(of: stored.grant)
            subject.scopes = ScopeDrift.judged(of: stored.grant, ignoring: ignored ?? ScopeDrift.ignoredByDefault) {
                policy.knows($0, provider)
            }
            return policy.judge(subject)
        }
        if let known = judgements[stored.holding] { return known }
        let judgement = policy.judge(ScopeSubject(of: stored.grant))
        if judgements.count >= Self.circumstancesLimit { judgements.removeAll(keepingCapacity: true) }
        judgements[stored.holding] = judgement
        return judgement
    }
}
