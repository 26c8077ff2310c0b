internal import Grants

/// Judges stored grants: loads what the planner needs, and what an end would take along.
final class Assessor {
    /// A grant with all that its decision rests on.
    struct Assessment {
        var stored: StoredGrant
        var family: Family
        var decision: Decision
        var deadline: Deadline
        var context: PlanningContext
        var planner: Planner
        /// Live grants that this end takes along; they end with it or not at all.
        var group: [StoredGrant] = []
    }

    /// More than so many grants at once are left to a person.
    static let groupLimit = 500

    private let reading: any StoreReading
    private let settings: RotationSettings
    private let now: Timestamp
    private let feeds: [String: FeedRecord]
    private let ownRows: Set<Int64>
    private let tenants: [TenantID: TenantSettings]
    private let providers: [ProviderID: ProviderSettings]
    private let someoneIsTold: Bool
    private var policies: [PolicySubject: PolicyValues] = [:]
    private var feedsOf: [Coverage: [UseEvidence.Feed]] = [:]

    private struct Coverage: Hashable {
        let provider: ProviderID
        let tenant: TenantID
        let client: ClientID
    }

    init(
        _ reading: any StoreReading,
        _ settings: RotationSettings,
        ownTokens: [Secret],
        now: Timestamp
    ) throws {
        self.reading = reading
        self.settings = settings
        self.now = now
        feeds = try reading.feeds()
        ownRows = try ownTokens.reduce(into: []) { rows, token in rows.formUnion(try reading.rows(carrying: token)) }
        tenants = Dictionary(settings.tenants.map { ($0.id, $0) }) { first, _ in first }
        providers = Dictionary(settings.providers.map { ($0.id, $0) }) { first, _ in first }
        someoneIsTold = settings.sinks.contains(where: \.notifies)
    }

    /// The decision on a live grant, collateral included.
    func assess(_ stored: StoredGrant) throws -> Assessment {
        var assessment = try judge(stored)
        guard case .end(let end) = assessment.decision.action, !end.isSuperseded else { return assessment }
        let reached = try closure(of: stored, needsCall: end.needsCall)
        guard reached.count <= Self.groupLimit else {
            assessment.decision = Decision(.keep, .collateral, "would also end more than \(Self.groupLimit) grants")
            assessment.deadline = deadline(assessment)
            return assessment
        }
        let judged = try reached.map { Collateral.Reached($0.grant, try judge($0).decision) }
        let settled = Collateral.settle(assessment.decision, on: stored.grant, reaching: judged)
        if settled != assessment.decision {
            assessment.decision = settled
            assessment.deadline = deadline(assessment)
        } else {
            assessment.group = reached
        }
        return assessment
    }

    /// The decision without a look at what it would take along.
    func judge(_ stored: StoredGrant) throws -> Assessment {
        let grant = stored.grant
        let family = try family(of: stored)
        let context = context(of: stored)
        let planner = Planner(policy: policy(of: grant), now: now)
        var decision = planner.decide(grant, family: family, context: context)
        if family.members.count > Self.groupLimit, decision.action != .keep {
            decision = Decision(.keep, .collateral, "its family has more than \(Self.groupLimit) live grants")
        }
        return Assessment(
            stored: stored,
            family: family,
            decision: decision,
            deadline: planner.deadline(of: grant, family: family, after: decision),
            context: context,
            planner: planner
        )
    }

    private func deadline(_ assessment: Assessment) -> Deadline {
        assessment.planner.deadline(
            of: assessment.stored.grant,
            family: assessment.family,
            after: assessment.decision
        )
    }

    /// All that ends with the grant: what it reaches, what that reaches in turn, until nothing is added.
    private func closure(of stored: StoredGrant, needsCall: Bool) throws -> [StoredGrant] {
        var found: [Grant.Key: StoredGrant] = [:]
        var queue = [(stored.grant, needsCall)]
        while let (next, calls) = queue.popLast(), found.count <= Self.groupLimit {
            for other in try reached(by: next, needsCall: calls)
            where other.row != stored.row && found[other.grant.key] == nil {
                found[other.grant.key] = other
                guard case .end(let end) = try judge(other).decision.action else { continue }
                queue.append((other.grant, end.needsCall))
            }
        }
        return found.values.sorted { $0.grant.key < $1.grant.key }
    }

    /// What revoking the grant ends besides: its family, and all of the client's grants of that subject where the provider does so.
    ///
    /// Sorted, the grant itself left out.
    func reached(by grant: Grant, needsCall: Bool) throws -> [StoredGrant] {
        var found: [Grant.Key: StoredGrant] = [:]
        if let family = grant.family {
            for member in try reading.members(ofFamily: family, limit: Self.groupLimit + 2) {
                found[member.grant.key] = member
            }
        }
        let provider = providers[grant.key.provider]
        if needsCall, provider?.revocation == .provider,
            provider?.capabilities.revocationReaches == .clientSubject, let subject = grant.subject
        {
            let others = try reading.grants(
                of: grant.client,
                subject: subject,
                at: grant.key.provider,
                limit: Self.groupLimit + 2
            )
            for other in others { found[other.grant.key] = other }
        }
        found[grant.key] = nil
        return found.values.sorted { $0.grant.key < $1.grant.key }
    }

    func family(of stored: StoredGrant) throws -> Family {
        guard let family = stored.grant.family else { return Family([member(stored)]) }
        var members = try reading.members(ofFamily: family, limit: Self.groupLimit + 2)
        if !members.contains(where: { $0.row == stored.row }) { members.append(stored) }
        return Family(members.map(member), lastUsedByEnded: try reading.lastUseOfEnded(inFamily: family))
    }

    private func member(_ stored: StoredGrant) -> Family.Member {
        Family.Member(stored.grant, UseEvidence(of: stored.grant, feeds: coveringFeeds(stored.grant), now: now))
    }

    private func coveringFeeds(_ grant: Grant) -> [UseEvidence.Feed] {
        let coverage = Coverage(provider: grant.key.provider, tenant: grant.tenant, client: grant.client)
        if let known = feedsOf[coverage] { return known }
        let covering = settings.feeds.filter { $0.covers(grant) }
            .map { UseEvidence.Feed(window: feeds[$0.id]?.window, maxAge: $0.maxAge) }
        feedsOf[coverage] = covering
        return covering
    }

    func policy(of grant: Grant) -> PolicyValues {
        let subject = PolicySubject(
            tenant: grant.tenant,
            party: tenants[grant.tenant]?.party,
            provider: grant.key.provider,
            client: grant.client,
            role: grant.role,
            environment: grant.environment
        )
        if let known = policies[subject] { return known }
        let values = settings.policy.values(for: subject).values
        policies[subject] = values
        return values
    }

    func context(of stored: StoredGrant) -> PlanningContext {
        let grant = stored.grant
        var context = PlanningContext()
        context.someoneIsTold = someoneIsTold
        guard let provider = providers[grant.key.provider] else {
            context.canRevoke = false
            context.canBeAsked = false
            return context
        }
        context.isOurs = grant.client == provider.client.id || ownRows.contains(stored.row)
        context.canRevoke = canRevoke(grant, at: provider)
        let judge = VerdictJudge(capabilities: provider.capabilities, now: now)
        if case .failure = judge.speaker(of: grant) { context.canBeAsked = false }
        return context
    }

    private func canRevoke(_ grant: Grant, at provider: ProviderSettings) -> Bool {
        if provider.revocation == .events { return true }
        let kinds = provider.capabilities.revokes
        let holdsOne =
            (grant.holdsRefreshToken && kinds.contains(.refreshToken))
            || (grant.holdsAccessToken && kinds.contains(.accessToken) && !grant.hasRefreshToken)
        return holdsOne
            && (provider.capabilities.revokesForeign
                || settings.clients.contains { $0.provider == provider.id && $0.id == grant.client })
    }
}
