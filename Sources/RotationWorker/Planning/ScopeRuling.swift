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
/// A policy that would put more grants out of policy than the valve lets end is for reports only: grants are judged by
/// the one in force until a person approves the change.
struct ScopeRuling: Sendable {
    static let why = "scope-policy"

    /// What this run judges by; nil: nothing is said of scopes.
    let policy: ScopePolicy?
    /// What comes in force with this run.
    let change: ScopePolicyChange?
    /// What waits for an approval.
    let heldChange: ScopePolicyChange?
    /// The revision in which the policy put a holding out of policy, by its number.
    private let changedIn: [Int64: String]
    /// Of all live grants of the store.
    let counts: ScopeCounts
    /// Why the documents in force cannot be read any more: their grants are not judged.
    let unreadable: String?

    static let none = ScopeRuling()

    private init() {
        (policy, change, heldChange, changedIn, counts, unreadable) = (nil, nil, nil, [:], ScopeCounts(), nil)
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
        var (present, unreadable) = (policies.present, nil as String?)
        var inForce: ScopePolicy?
        if let kept, kept.hash == present?.hash {
            inForce = present
        } else if let kept {
            do {
                inForce = try policies.reading(kept)
            } catch {
                // Unknown is no reason to end a grant.
                unreadable = "\(error)"
                inForce = ScopePolicy(hash: kept.hash, revision: kept.revision, documents: []) { _ in .noPolicy }
            }
        }
        if present?.hash == inForce?.hash { present = inForce }
        let isChange = present?.hash != inForce?.hash
        var change = ScopePolicyChange(from: inForce, to: present)
        var tallies = (before: Tally(settings), after: Tally(settings))
        try reading.forEachHolding { holding in
            let subject = ScopeSubject(of: holding)
            let before = inForce?.judge(subject) ?? .notJudged
            tallies.before.add(holding, before)
            guard isChange else { return }
            let after = present?.judge(subject) ?? .notJudged
            tallies.after.add(holding, after)
            change.add(holding, before: before, after: after)
        }
        let isHeld =
            try isChange && hash != Self.hash(of: change)
            && change.isHeld(
                counts: reading.counts(endsSince: now - settings.longestValveWindow),
                total: settings.policy.totalValve,
                valve: settings.valve(of:)
            )
        policy = isHeld ? inForce : present
        self.change = isChange && !isHeld ? change : nil
        heldChange = isHeld ? change : nil
        counts = isChange && !isHeld ? tallies.after.counts : tallies.before.counts
        self.unreadable = unreadable
        var changedIn = try reading.scopeChanges()
        if isChange, !isHeld {
            for holding in change.touched { changedIn[holding] = nil }
            if let present { for holding in change.newlyOutside { changedIn[holding] = present.revision } }
        }
        self.changedIn = changedIn
    }

    /// What a person approves: from which policy to which, and what becomes out of policy by it.
    static func hash(of change: ScopePolicyChange) -> String {
        var digest = PlanDigest(
            Array(why.utf8),
            Array((change.from?.hash ?? "none").utf8),
            Array((change.to?.hash ?? "none").utf8)
        )
        for holding in change.newlyOutside.sorted() { digest.add(Array(String(holding).utf8)) }
        return digest.hex
    }

    /// The hash of all that can change a decision.
    func hash(with policyHash: String) -> String { Self.hash(policyHash, with: policy?.hash) }

    static func hash(_ policyHash: String, with scopeHash: String?) -> String {
        scopeHash.map { PlanDigest(Array(policyHash.utf8), Array($0.utf8)).hex } ?? policyHash
    }

    func changedIn(holding: Int64) -> String? { changedIn[holding] }

    /// The entry that tells of the change that waits.
    func heldPlan(live: Int, policyHash: String, now: Timestamp, selection: GrantSelection) -> HeldPlan? {
        guard let heldChange else { return nil }
        return HeldPlan(
            tenant: nil,
            provider: nil,
            wouldEnd: heldChange.grantsOutside.values.reduce(0, +),
            live: live,
            why: Self.why,
            hash: Self.hash(of: heldChange),
            policyHash: policyHash,
            heldAt: now,
            selection: selection
        )
    }

    /// Brings the change in force: what it touches becomes due, and nothing else.
    func enter(in writing: any StoreWriting, run: Int64?, actor: Actor, at now: Timestamp) throws {
        guard let change else { return }
        try writing.setScopePolicy(
            change.to.map {
                KeptScopePolicy(hash: $0.hash, revision: $0.revision, documents: $0.documents, since: now)
            }
        )
        try writing.setScopeChange(nil, ofHoldings: change.touched.sorted())
        try writing.setScopeChange(change.to?.revision, ofHoldings: change.newlyOutside.sorted())
        _ = try writing.makeDue(holdings: change.touched.sorted(), at: now)
        var event = Event(Event.Kind.scopePolicyChanged, at: now)
        event.reason =
            change.to.map { "the scope policy of \($0.revision) is in force" } ?? "no scope policy is in force"
        event.run = run
        event.actor = actor
        event.details = [
            "from": .string(change.from?.revision ?? "none"), "to": .string(change.to?.revision ?? "none"),
            "hash": .string(change.to?.hash ?? "none"), "touched": .number(Int64(change.grantsTouched)),
            "out_of_policy": .number(Int64(change.grantsOutside.values.reduce(0, +))),
        ]
        try writing.append(event, about: nil)
        // Under `alert` no grant's own event tells of it.
        guard counts.alerting > 0, !change.newlyOutside.isEmpty else { return }
        var warning = Event(Event.Kind.runWarned, at: now)
        warning.reason = "\(counts.alerting) live grants hold scopes that they may not have"
        warning.run = run
        warning.actor = actor
        try writing.append(warning, about: nil)
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
