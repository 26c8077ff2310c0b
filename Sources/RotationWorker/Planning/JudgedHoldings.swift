internal import Grants

/// Holdings by what rule 8 judges of them: the scopes of their records, and apart from those the scopes of grants whose
/// provider told others, where `on_scope_drift` is `revoke`.
struct JudgedHoldings {
    /// What the provider told of a grant's scopes.
    fileprivate struct Told: Hashable {
        var scopes: ScopeSet
        var kind: TokenKind?
        var ignored: ScopeSet
    }

    /// Live grants of one holding that are judged alike.
    struct Part {
        /// With the number of these grants alone.
        let holding: Holding
        /// Of one of the grants, as far as scopes are concerned; nil: they are judged by their record.
        private let drift: (grant: Grant, ignored: ScopeSet)?

        fileprivate init(_ holding: Holding, live: Int, _ told: Told?) {
            var part = holding
            part.live = live
            self.holding = part
            drift = told.map { told in
                var grant = Grant(
                    key: .init(provider: holding.provider, id: ""),
                    tenant: holding.tenant,
                    client: holding.client,
                    scopes: holding.scopes,
                    issuedAt: Timestamp(milliseconds: 0)
                )
                (grant.toldScopes, grant.toldScopesKind) = (told.scopes, told.kind)
                return (grant, told.ignored)
            }
        }

        func judgement(by policy: ScopePolicy?) -> PlanningContext.ScopeJudgement {
            guard let policy else { return .notJudged }
            var subject = ScopeSubject(of: holding)
            if let drift {
                subject.scopes = ScopeDrift.judged(of: drift.grant, ignoring: drift.ignored) {
                    policy.knows($0, holding.provider)
                }
            }
            return policy.judge(subject)
        }
    }

    private var told: [Int64: [Told: Int]] = [:]

    /// Costs what has drifted, and nothing where no policy judges it.
    init(_ reading: any StoreReading, _ settings: RotationSettings) throws {
        guard settings.policy.judgesDrift else { return }
        let parties = Dictionary(settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
        let ignored = Dictionary(settings.providers.map { ($0.id, $0.ignoredScopes) }) { first, _ in first }
        try reading.forEach(.drifting, in: GrantSelection()) { stored in
            let (grant, provider) = (stored.grant, stored.grant.key.provider)
            let subject = PolicySubject(
                tenant: grant.tenant,
                party: parties[grant.tenant] ?? nil,
                provider: provider,
                client: grant.client,
                role: grant.role,
                environment: grant.environment
            )
            guard let scopes = grant.toldScopes, settings.policy.values(for: subject).values.onScopeDrift == .revoke
            else { return }
            let ignored = ignored[provider] ?? ScopeDrift.ignoredByDefault
            told[stored.holding, default: [:]][
                Told(scopes: scopes, kind: grant.toldScopesKind, ignored: ignored),
                default: 0
            ] += 1
        }
    }

    /// What of the holding is judged alike; together as many grants as it has.
    func parts(of holding: Holding) -> [Part] {
        guard let told = told[holding.number] else { return [Part(holding, live: holding.live, nil)] }
        let drifting = told.values.reduce(0, +)
        return [Part(holding, live: holding.live - drifting, nil)].filter { $0.holding.live > 0 }
            + told.map { Part(holding, live: $1, $0) }
    }
}
