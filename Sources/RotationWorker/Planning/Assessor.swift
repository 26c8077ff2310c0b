internal import Grants

/// Judges stored grants: loads what the planner needs, and what an end would take along.
final class Assessor {
    /// More than so many grants at once are left to a person.
    static let groupLimit = 500

    let reading: any StoreReading
    let settings: RotationSettings
    let now: Timestamp
    let feeds: [String: FeedRecord]
    let ownRows: Set<Int64>
    let tenants: [TenantID: TenantSettings]
    let providers: [ProviderID: ProviderSettings]
    /// Providers that end all of a client's grants of the subject with one of them.
    private let reachingSubjects: Set<ProviderID>
    let someoneIsTold: Bool
    /// Providers without a revocation endpoint, as far as configuration and metadata say.
    let lackingEndpoint: Set<ProviderID>
    let scopes: ScopeRuling
    /// By the number of the holding: what is alike is judged once.
    var judgements: [Int64: PlanningContext.ScopeJudgement] = [:]
    /// The snapshot stays as it is: what was judged once need not be judged again.
    private let remembers: Bool
    private var remembered: [Reach: [Judged]] = [:]
    private var rememberedCount = 0
    private var leads: [Reach: Bool] = [:]
    private var families: [Int64: Family] = [:]
    var bundles: [Reach: Bundle] = [:]
    var bundledRows = 0
    var bundledWithMany: [ProviderID: Bool] = [:]
    /// By the reading's number of the cohort; and by what they are, for grants from elsewhere.
    var ofCohort: [Circumstances?] = []
    var ofSubject: [PolicySubject: Circumstances] = [:]

    init(
        _ reading: any StoreReading,
        _ settings: RotationSettings,
        ownTokens: [Secret],
        scopes: ScopeRuling = .none,
        now: Timestamp,
        remembers: Bool = false
    ) throws {
        self.reading = reading
        self.settings = settings
        self.now = now
        self.scopes = scopes
        self.remembers = remembers
        feeds = try reading.feeds()
        ownRows = try ownTokens.reduce(into: []) { rows, token in rows.formUnion(try reading.rows(carrying: token)) }
        tenants = Dictionary(settings.tenants.map { ($0.id, $0) }) { first, _ in first }
        providers = Dictionary(settings.providers.map { ($0.id, $0) }) { first, _ in first }
        reachingSubjects = Set(
            providers.values.filter {
                $0.revocation == .provider && $0.capabilities.revocationReaches == .clientSubject
            }.map(\.id)
        )
        someoneIsTold = settings.sinks.contains(where: \.notifies)
        lackingEndpoint = try RevocationEndpoints.lacking(settings.providers, reading)
    }

    /// The decision on a live grant, collateral included.
    func assess(_ stored: consuming StoredGrant) throws -> Assessment {
        let assessment = try judge(stored)
        let stored = assessment.stored
        guard case .end(let end) = assessment.decision.action, !end.isSuperseded else { return assessment }
        let reached = try closure(of: stored, needsCall: end.needsCall)
        guard !reached.isEmpty else { return assessment }
        guard reached.count <= Self.groupLimit else {
            return assessment.deciding(
                Decision(.keep, .collateral, "would also end more than \(Self.groupLimit) grants")
            )
        }
        // Only what could stand in the way is looked at closely: a group of hundreds is judged for each of its members.
        let doubtful = reached.filter { !$0.isEnd || $0.stored.grant.tenant != stored.grant.tenant }
        let settled = Collateral.settle(
            assessment.decision,
            on: stored.grant,
            reaching: doubtful.map { Collateral.Reached($0.stored.grant, $0.decision) }
        )
        return settled == assessment.decision ? assessment.taking(along: reached) : assessment.deciding(settled)
    }

    /// The decision without a look at what it would take along.
    func judge(_ stored: consuming StoredGrant) throws -> Assessment {
        if let entered = scopes.entered(stored) { stored = entered }
        let circumstances = circumstances(of: stored)
        let family = try family(of: stored, circumstances)
        let context = try context(of: stored, circumstances)
        var decision = circumstances.planner.decide(stored.grant, family: family, context: context)
        if family.members.count > Self.groupLimit, decision.action != .keep {
            decision = Decision(.keep, .collateral, "its family has more than \(Self.groupLimit) live grants")
        }
        return Assessment(stored, decision, family: family, context: context, circumstances: circumstances)
    }

    /// All that ends with the grant: what it reaches, what that reaches in turn, until nothing is added.
    ///
    /// Sorted, the grant itself left out.
    private func closure(of stored: StoredGrant, needsCall: Bool) throws -> [Judged] {
        try spread(from: stored, needsCall: needsCall) { judged in
            if case .end(let end) = judged.decision.action { end.needsCall } else { nil }
        }
    }

    /// All that revoking the grant ends, whatever the rules say of the others; for orders by hand.
    func wholeReach(of stored: StoredGrant) throws -> [StoredGrant] {
        try spread(from: stored, needsCall: true) { _ in true }.map(\.stored)
    }

    /// Follows families and, where a call is made, the client's grants of the subject; each of them once.
    func spread(
        from stored: StoredGrant,
        needsCall: Bool,
        onward: (Judged) -> Bool?
    ) throws -> [Judged] {
        let near = reaches(of: stored.grant, needsCall: needsCall)
        if near.isEmpty { return [] }
        if near.count == 1, try !leadsOn(near[0], onward: onward) {
            return try judged(near[0]).filter { $0.stored.row != stored.row }
        }
        var found: [Int64: Judged] = [:]
        var followed: Set<Reach> = []
        var queue = [(stored.grant, needsCall)]
        while let (next, calls) = queue.popLast(), found.count <= Self.groupLimit {
            for reach in reaches(of: next, needsCall: calls) where followed.insert(reach).inserted {
                for other in try judged(reach) where other.stored.row != stored.row && found[other.stored.row] == nil {
                    found[other.stored.row] = other
                    if let calls = onward(other) { queue.append((other.stored.grant, calls)) }
                }
            }
        }
        return found.values.sorted { $0.stored.grant.key < $1.stored.grant.key }
    }

    /// Whether any member of the reach takes along more than the reach itself.
    private func leadsOn(_ reach: Reach, onward: (Judged) -> Bool?) throws -> Bool {
        if remembers, let known = leads[reach] { return known }
        let leadsOn = try judged(reach).contains { other in
            onward(other).map { calls in
                reaches(of: other.stored.grant, needsCall: calls).contains { $0 != reach }
            } ?? false
        }
        if remembers { leads[reach] = leadsOn }
        return leadsOn
    }

    /// A set of grants that end together at a provider.
    enum Reach: Hashable {
        case family(Int64)
        case subject(ProviderID, ClientID, ExactText)
    }

    /// A live grant with its decision, before any look at what it would take along.
    ///
    /// A reference: hundreds of them are handed on for each of hundreds of grants.
    final class Judged: Sendable {
        let stored: StoredGrant
        let decision: Decision
        let isEnd: Bool

        init(_ stored: StoredGrant, _ decision: Decision) {
            self.stored = stored
            self.decision = decision
            isEnd = decision.isEnd
        }
    }

    /// What revoking the grant ends besides: its family, and all of the client's grants of that subject where the
    /// provider does so.
    func reaches(of grant: Grant, needsCall: Bool) -> [Reach] {
        var reaches: [Reach] = []
        if let family = grant.family { reaches.append(.family(family)) }
        if needsCall, reachingSubjects.contains(grant.key.provider), let subject = grant.subject {
            reaches.append(.subject(grant.key.provider, grant.client, ExactText(subject)))
        }
        return reaches
    }

    /// The members of a reach; remembered where the snapshot does not change under us.
    private func judged(_ reach: Reach) throws -> [Judged] {
        if let known = remembered[reach] { return known }
        let limit = Self.groupLimit + 2
        let members =
            switch reach {
            case .family(let family): try reading.members(ofFamily: family, limit: limit)
            case .subject(let provider, let client, let subject):
                try reading.grants(of: client, subject: subject.text, at: provider, limit: limit)
            }
        let judged = try members.map { Judged($0, try judge($0).decision) }
            .sorted { $0.stored.grant.key < $1.stored.grant.key }
        guard remembers else { return judged }
        if rememberedCount > 20_000 {
            remembered.removeAll(keepingCapacity: true)
            leads.removeAll(keepingCapacity: true)
            rememberedCount = 0
        }
        remembered[reach] = judged
        rememberedCount += judged.count
        return judged
    }

    func family(of stored: StoredGrant) throws -> Family { try family(of: stored, circumstances(of: stored)) }

    private func family(of stored: StoredGrant, _ circumstances: Circumstances) throws -> Family {
        guard let family = stored.grant.family else {
            return Family(alone: stored.grant, UseEvidence(of: stored.grant, feeds: circumstances.feeds, now: now))
        }
        if let known = families[family], known.members.contains(where: { $0.grant.key == stored.grant.key }) {
            return known
        }
        var members = try reading.members(ofFamily: family, limit: Self.groupLimit + 2)
        if !members.contains(where: { $0.row == stored.row }) { members.append(stored) }
        let loaded = Family(members.map(member), lastUsedByEnded: try reading.lastUseOfEnded(inFamily: family))
        if remembers {
            if families.count > 200 { families.removeAll(keepingCapacity: true) }
            families[family] = loaded
        }
        return loaded
    }

    private func member(_ stored: StoredGrant) -> Family.Member {
        let feeds = circumstances(of: stored).feeds
        return Family.Member(stored.grant, UseEvidence(of: stored.grant, feeds: feeds, now: now))
    }
}
