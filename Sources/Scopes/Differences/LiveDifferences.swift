package import Grants

/// How many grants, and of whom.
package struct GrantCount: Hashable, Sendable {
    package private(set) var grants = 0
    package private(set) var tenants: Set<TenantID> = []
    package private(set) var suppliers: Set<TenantID> = []

    package init() {}

    mutating func add(_ holding: Holding, party: Party?) {
        grants += holding.live
        tenants.insert(holding.tenant)
        if party == .supplier { suppliers.insert(holding.tenant) }
    }
}

extension GrantCount: CustomStringConvertible {
    /// `214 grants of 9 tenants, 3 of them suppliers`.
    package var description: String {
        "\(grants) grant\(grants == 1 ? "" : "s") of \(tenants.count) tenant\(tenants.count == 1 ? "" : "s")"
            + (suppliers.isEmpty
                ? "" : suppliers.count == 1 ? ", 1 of them a supplier" : ", \(suppliers.count) of them suppliers")
    }
}

/// What a difference means for live grants.
package struct LiveEffect: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Grants hold what is no longer allowed.
        case mustConsentAgain = "must-consent-again"
        /// Grants hold what was not allowed and is now.
        case comesWithin = "comes-within"
        /// More is allowed, and no live grant holds it.
        case unneeded
    }

    package var kind: Kind
    /// A role, or a client where its own document has changed.
    package var subject: ScopeDifference.Subject
    /// By the catalogue's names, the fewest that say it.
    package var scopes: [ScopeName]
    package var count: GrantCount
    package var sentence: String
}

/// What the differences between two sets of documents mean for the grants that live.
package struct LiveDifferences: Hashable, Sendable {
    /// By role, then by client.
    package var effects: [LiveEffect]
    /// Each grant once, however many effects reach it.
    package var mustConsentAgain: GrantCount
    package var comesWithin: GrantCount
    /// Those that could be judged and now cannot: never a reason to end them.
    package var noLongerJudged: GrantCount
    package var examined: Int
}
