internal import Grants

/// Live grants by what a scope policy says of them.
package struct ScopeCounts: Hashable, Sendable {
    /// Scopes outside of what tenant × role allows.
    package var outOfPolicy = 0
    /// Of those, where `on_scope_violation` is `alert`: only a person does anything about them.
    package var alerting = 0
    /// No role, an unknown tenant or an unknown scope.
    package var noPolicy = 0

    package init() {}
}

/// The scope policy that grants are judged by in one run, and what is to become of another one.
///
/// A policy that would put more grants out of policy than the valve lets end is for reports only, and so is the end of
/// all policy: until a person approves the change, grants are out of policy only where both say so.
struct ScopeRuling: Sendable {
    static let why = "scope-policy"

    /// What this run judges by; nil: nothing is said of scopes.
    let policy: ScopePolicy?
    /// What comes in force with this run.
    let change: ScopePolicyChange?
    /// What waits for an approval.
    let heldChange: ScopePolicyChange?
    /// The holdings that this run judges otherwise than the one before, by number: planned whether due or not.
    let rejudged: Set<Int64>
    /// Of all live grants of the store.
    let counts: ScopeCounts
    /// Why the documents in force cannot be read any more: their grants are not judged.
    let unreadable: String?
    /// Somebody else read newer documents than ours, and brought them in force or holds them: ours count for nothing.
    let isOutdated: Bool
    /// Of the change that comes or waits.
    private(set) var approvalHash: String?
    /// What another process holds, of newer documents than ours.
    private(set) var heldElsewhere: HeldPlan?
    /// Holdings whose grants are all gone, so that their next ones have nothing to do with a change of old.
    private(set) var forgotten: [Int64] = []
    /// The revision in which the policy put a holding out of policy, by its number.
    private let changedIn: [Int64: String]

    static let none = ScopeRuling()

    private init() {
        (policy, change, heldChange, rejudged, changedIn, counts) = (nil, nil, nil, [], [:], ScopeCounts())
        (unreadable, isOutdated) = (nil, false)
    }

    /// Reads what is in force and what the documents are now; goes through the holdings only where there is a policy.
    ///
    /// With `approving`, the change of that hash comes in force whatever the valve says.
    init(
        _ reading: any StoreReading,
        _ policies: ScopePolicies,
        _ settings: RotationSettings,
        now: Timestamp,
        approving hash: String? = nil
    ) throws {
        let kept = try reading.scopePolicy()
        guard kept != nil || policies.present != nil else {
            self = .none
            return
        }
        let (inForce, unreadable) = Self.inForce(kept, policies)
        let present = policies.present?.hash == inForce?.hash ? inForce : policies.present
        let isChange = present?.hash != inForce?.hash
        let known = try reading.heldPlans().filter { $0.why == Self.why }
        let isNewer = { (instant: Timestamp) in policies.readAt.map { instant > $0 } ?? false }
        let elsewhere = known.first { isNewer($0.heldAt) }
        let isOutdated = elsewhere != nil || (isChange && kept.map { isNewer($0.since) } ?? false)

        var changedIn = try reading.scopeChanges()
        var gone = Set(changedIn.keys)
        var change = ScopePolicyChange(from: inForce, to: present)
        var outside: Set<Int64> = []
        let empty = Tally(settings)
        var (before, after, both) = (empty, empty, empty)
        let holdings = try JudgedHoldings(reading, settings)
        try reading.forEachHolding { holding in
            gone.remove(holding.number)
            for part in holdings.parts(of: holding) {
                let old = part.judgement(by: inForce)
                if old.isOutside { outside.insert(holding.number) }
                before.add(part.holding, old)
                let new = elsewhere == nil ? present.map { part.judgement(by: $0) } : nil
                both.add(part.holding, old.agreeing(with: new))
                guard isChange else { continue }
                after.add(part.holding, new ?? .notJudged)
                change.add(part.holding, before: old, after: new ?? .notJudged)
            }
        }
        let approvalHash = isChange && !isOutdated ? Self.hash(of: change, settings) : nil
        let isHeld =
            try approvalHash != nil && hash != approvalHash
            && (present == nil
                || ValveCounts(reading, settings, at: now, countsRipe: true).holds(change))
        let comes = approvalHash != nil && !isHeld
        if isHeld || elsewhere != nil {
            policy = inForce?.agreeing(with: elsewhere == nil ? present : nil)
            counts = both.counts
        } else {
            policy = comes ? present : inForce
            counts = comes ? after.counts : before.counts
        }
        self.change = comes ? change : nil
        heldChange = isHeld ? change : nil
        self.approvalHash = approvalHash
        heldElsewhere = elsewhere
        self.unreadable = unreadable
        self.isOutdated = isOutdated
        // As long as a change waits, what the policy in force puts outside is judged by that change too.
        var rejudged = comes ? change.touched : []
        if known.map(\.hash) != [isHeld ? approvalHash : elsewhere?.hash].compactMap({ $0 }) {
            rejudged.formUnion(outside)
        }
        self.rejudged = rejudged
        if comes {
            forgotten = gone.sorted()
            for holding in change.otherwise { changedIn[holding] = nil }
            if let present { for holding in change.newlyOutside { changedIn[holding] = present.revision } }
        }
        self.changedIn = changedIn
    }

    private static func inForce(
        _ kept: KeptScopePolicy?,
        _ policies: ScopePolicies
    ) -> (policy: ScopePolicy?, unreadable: String?) {
        guard let kept else { return (nil, nil) }
        if let present = policies.present, present.hash == kept.hash { return (present, nil) }
        do {
            return (try policies.reading(kept), nil)
        } catch {
            // Unknown is no reason to end a grant.
            let unknown = ScopePolicy(hash: kept.hash, revision: kept.revision, documents: []) { _ in .noPolicy }
            return (unknown, "\(error)")
        }
    }

    /// The hash of all that can change a decision.
    func hash(with policyHash: String) -> String { Self.hash(policyHash, with: policy?.hash) }

    static func hash(_ policyHash: String, with scopeHash: String?) -> String {
        scopeHash.map { PlanDigest(Array(policyHash.utf8), Array($0.utf8)).hex } ?? policyHash
    }

    func changedIn(holding: Int64) -> String? { changedIn[holding] }

    /// The grant as it is when the change has come in force: what was announced for another reason is announced no more.
    ///
    /// nil: it is as it was.
    func entered(_ stored: StoredGrant) -> StoredGrant? {
        guard stored.grant.standing == .noticed, stored.grant.cause == .outOfPolicy,
            change?.touched.contains(stored.holding) ?? false
        else { return nil }
        var stored = stored
        stored.grant.cause = nil
        stored.grant.clockFrom = nil
        return stored
    }
}

extension ScopeRuling {
    /// Counts live grants by what a policy says of them.
    private struct Tally {
        private(set) var counts = ScopeCounts()
        private let settings: RotationSettings
        private let parties: [TenantID: Party]

        init(_ settings: RotationSettings) {
            self.settings = settings
            parties = Dictionary(settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
        }

        mutating func add(_ holding: Holding, _ judgement: PlanningContext.ScopeJudgement) {
            switch judgement {
            case .notJudged, .allowed: break
            case .noPolicy: counts.noPolicy += holding.live
            case .outside:
                counts.outOfPolicy += holding.live
                let subject = PolicySubject(
                    tenant: holding.tenant,
                    party: parties[holding.tenant],
                    provider: holding.provider,
                    client: holding.client,
                    role: holding.role,
                    environment: holding.environment
                )
                if settings.policy.values(for: subject).values.onScopeViolation == .alert {
                    counts.alerting += holding.live
                }
            }
        }
    }
}
