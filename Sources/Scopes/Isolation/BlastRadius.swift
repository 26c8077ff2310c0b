package import Grants

/// What can be breached at once.
package enum BreachTarget: Hashable, Sendable {
    case client(ClientKey)
    case tenant(TenantID)
    case provider(ProviderID)
    /// By the catalogue's name; all grants that cover it.
    case scope(ScopeName)
}

/// What a breach lays open.
package struct BlastRadius: Hashable, Sendable {
    /// What could be done of one kind, such as `approve`.
    package struct Action: Hashable, Sendable {
        package var name: String
        /// The highest of its scopes.
        package var risk: ScopeRisk
        package var scopes: [ScopeName]
        /// That hold any of the scopes, or what covers it.
        package var grants: Int
    }

    /// A client of a tenant, and what it holds.
    package struct Reached: Hashable, Sendable {
        package var owner: SharedGrants.Owner
        /// nil: the tenant is in no document.
        package var party: Party?
        package var grants: Int
        /// The names of the actions, sorted.
        package var actions: [String]
    }

    package struct Duties: Hashable, Sendable {
        package var tenant: TenantID
        package var steps: [StepID]
        package var reason: String
    }

    package var target: BreachTarget
    package var grants: Int
    package var tenants: [TenantID]
    package var clients: [Reached]
    /// The worst first.
    package var actions: [Action]
    /// That can be taken with what one tenant's grants hold together.
    package var steps: [StepID]
    package var separations: [Duties]
    /// Tokens and families in common with others, which the breach opens there.
    package var shared: [SharedGrants]
    /// Words of the grants that the catalogue does not have: what they open is not known.
    package var unknown: [String]
    package var score: BlastScore
}

/// How bad a breach is, from 0 to 100; more reach never makes it less.
///
/// The sum of: the highest risk that is reached (low 5, medium 15, high 35, critical 50; unknown scopes alone 15);
/// twice the binary logarithm of one more than the grants, at most 25; twice that of the tenants, at most 10;
/// 10 if steps can be taken together that never must; 5 if a token or a family is shared with others.
package struct BlastScore: Hashable, Comparable, Sendable {
    package let risk: Int
    package let breadth: Int
    package let tenants: Int
    package let separation: Int
    package let sharing: Int

    package var total: Int { risk + breadth + tenants + separation + sharing }

    init(risk: ScopeRisk?, hasUnknown: Bool, grants: Int, tenants: Int, isSeparationBroken: Bool, isShared: Bool) {
        let known =
            switch risk {
            case nil: 0
            case .low: 5
            case .medium: 15
            case .high: 35
            case .critical: 50
            }
        self.risk = max(known, hasUnknown ? 15 : 0)
        breadth = min(25, 2 * Self.logarithm(grants + 1))
        self.tenants = min(10, 2 * Self.logarithm(tenants))
        separation = isSeparationBroken ? 10 : 0
        sharing = isShared ? 5 : 0
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.total < rhs.total }

    /// Binary, rounded down; 0 of nothing.
    private static func logarithm(_ number: Int) -> Int {
        number < 1 ? 0 : Int.bitWidth - 1 - number.leadingZeroBitCount
    }
}
