package import Grants
package import Scheduling

/// What one run would do, as a value: its numbers, its hash, what is held, and the rows on a spool.
package struct ExpiryPlan: Sendable {
    package var asOf: Timestamp
    package var planHash = ""
    package var policyHash: String
    package var selection: GrantSelection
    package var examined = 0
    /// By the action's name.
    package var actions: [String: Int] = [:]
    package var rules: [Rule: Int] = [:]
    /// Ends that could not be carried out, and what cannot be judged: rule → number.
    package var refused: [String: Int] = [:]
    package var held: [HeldPlan] = []
    /// Ends that rest on the clock, which no other gate holds: applied only where the provider's clock is seen to agree
    /// with ours, which a plan does not look at.
    package internal(set) var openByClock: [HeldPlan] = []
    /// What a person should know of the grants examined: note → number.
    package var notes: [GrantNotes.Word: Int] = [:]
    /// Partitions past the valve's numbers by notices alone.
    package var warned: [Partition] = []
    package var standings: [Standing: Int] = [:]
    package var live = 0
    /// Live grants without evidence, as this plan leaves them.
    package var unjudgeable = 0
    /// How many the provider is to be asked about.
    package var toAsk = 0
    package var freezes: [Freeze] = []
    package var heldProviders: [ProviderID: ProviderHold] = [:]
    /// The blackout that is on; nil: none.
    package var blackout: BlackoutStretch?

    var scopes = ScopeRuling.none
    var spool: PlanSpool?
    var partitions: [Partition] = []
    /// Rows that no gate before the valve holds.
    var open: [Partition: Int] = [:]
    /// As ``openByClock``, with what the valve holds: for those who approve it.
    var byClock: [Partition: HeldPlan] = [:]
    /// Partitions whose rows a closed valve holds, with the hash of the entry that holds them.
    var valveHeld: [Partition: String] = [:]

    init(asOf: Timestamp, policyHash: String, selection: GrantSelection) {
        self.asOf = asOf
        self.policyHash = policyHash
        self.selection = selection
    }

    /// What the scope policy says of all live grants; nil: none is in force.
    package var scopeCounts: ScopeCounts? { scopes.policy.map { _ in scopes.counts } }

    /// The scope policy that this plan was made by, in people's words; nil: none.
    package var scopeRevision: String? { scopes.policy?.revision }

    /// What comes in force with this plan, or waits for an approval; nil: the scope policy stays what it is.
    package var scopeChange: ScopePolicyChange? { scopes.change ?? scopes.heldChange }

    /// Why the scope policy in force cannot be read, so that its grants are not judged by it.
    package var scopesUnreadable: String? { scopes.unreadable }

    /// The scope documents were changed elsewhere since ours were read: they count for nothing in this plan.
    package var scopesOutdated: Bool { scopes.isOutdated }

    /// Everything is frozen, not only a part.
    package var isFrozen: Bool { freezes.contains { $0.selection.isAll } }
}

/// Takes a plan's rows as they are made; `--plan-out` writes them to a file.
package protocol PlanRowReceiver: Sendable {
    func receive(_ row: PlanRow) throws
    /// The plan is made anew: what was received counts for nothing.
    func restart() throws
}
