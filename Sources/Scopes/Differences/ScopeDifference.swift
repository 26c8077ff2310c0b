package import Grants

/// What is different for one scope, step, role, tenant or client.
package struct ScopeDifference: Hashable, Sendable {
    /// By the effect: less that can be done is narrowed, whatever the words are.
    package enum Kind: String, CaseIterable, Sendable {
        case added, removed, widened, narrowed
        /// More and less at once, or something that is neither.
        case changed
    }

    package enum Subject: Hashable, Sendable {
        case scope(ScopeName)
        case step(StepID)
        case separation([StepID])
        case role(RoleID)
        case tenant(TenantID)
        case client(TenantID, ClientKey)
    }

    package var kind: Kind
    package var subject: Subject
    /// All that it covers now and did not before; of tenants and clients: that they may hold.
    package var gained: [ScopeName]
    /// All that it covered before and does not now.
    package var lost: [ScopeName]
    /// Fit for a changelog: names in backticks, a full stop at the end.
    package var sentence: String
    /// What the documents say of it is the same; what they say of others has changed it.
    package var followsFromOthers: Bool
}

/// What is different between two sets of scope documents; empty if they mean the same.
package struct ScopeDifferences: Hashable, Sendable {
    /// Scopes, steps, separations, roles, tenants, clients, each in the order of their names.
    package var all: [ScopeDifference]

    package var isEmpty: Bool { all.isEmpty }

    package func count(of kind: ScopeDifference.Kind) -> Int { all.count { $0.kind == kind } }

    /// The sentences of a changelog: what was changed by hand, and how many clients it reaches.
    package var changelog: [String] {
        var lines = all.filter { !$0.followsFromOthers }.map(\.sentence)
        var clients = 0
        var tenants: Set<TenantID> = []
        for difference in all where difference.followsFromOthers {
            guard case .client(let tenant, _) = difference.subject else { continue }
            clients += 1
            tenants.insert(tenant)
        }
        if clients > 0 {
            lines.append(
                "This changes what \(clients) client\(clients == 1 ? "" : "s") of \(tenants.count)"
                    + " tenant\(tenants.count == 1 ? "" : "s") may hold."
            )
        }
        return lines
    }
}
