internal import Grants

extension ScopeRuling {
    /// What a person approves: from which policy to which, what becomes out of policy by it, and by which settings.
    static func hash(of change: ScopePolicyChange, _ settings: RotationSettings) -> String {
        var digest = PlanDigest(
            Array(why.utf8),
            Array((change.from?.hash ?? "none").utf8),
            Array((change.to?.hash ?? "none").utf8),
            settings.canonicalPolicyJSON()
        )
        for holding in change.newlyOutside.sorted() { digest.add(Array(String(holding).utf8)) }
        for (partition, live) in change.grantsOutside.sorted(by: { $0.key < $1.key }) {
            digest.add(Array(partition.provider.rawValue.utf8))
            digest.add(Array(partition.tenant.rawValue.utf8))
            digest.add(Array(String(live).utf8))
        }
        return digest.hex
    }

    /// The entry that tells of the change that waits; it is the same for every selection.
    func heldPlan(live: Int, policyHash: String, now: Timestamp) -> HeldPlan? {
        guard let heldChange, let approvalHash else { return heldElsewhere }
        return HeldPlan(
            tenant: nil,
            provider: nil,
            wouldEnd: heldChange.grantsOutside.values.reduce(0, +),
            live: live,
            why: Self.why,
            hash: approvalHash,
            policyHash: policyHash,
            heldAt: now,
            selection: GrantSelection()
        )
    }

    /// Brings the change in force: what it touches becomes due, and what was announced of that is void.
    ///
    /// Nothing else becomes due but what a change that waits, or no longer does, lets judge otherwise.
    func enter(in writing: any StoreWriting, run: Int64?, actor: Actor, at now: Timestamp) throws {
        if !rejudged.isEmpty { _ = try writing.makeDue(holdings: rejudged.sorted(), at: now) }
        guard let change else { return }
        try writing.setScopePolicy(
            change.to.map {
                KeptScopePolicy(hash: $0.hash, revision: $0.revision, documents: $0.documents, since: now)
            }
        )
        try writing.setScopeChange(nil, ofHoldings: change.otherwise.sorted() + forgotten)
        try writing.setScopeChange(change.to?.revision, ofHoldings: change.newlyOutside.sorted())
        try writing.voidNotices(ofHoldings: change.touched.sorted(), by: .outOfPolicy)
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
