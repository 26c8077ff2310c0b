package import Grants

/// Grants of two owners that share a token or a family, as the store finds them.
package struct SharedGrants: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case token, family
    }

    /// Whose the grants are.
    package struct Owner: Hashable, Comparable, Sendable {
        package var tenant: TenantID
        package var client: ClientKey

        package init(tenant: TenantID, client: ClientKey) {
            self.tenant = tenant
            self.client = client
        }

        package static func < (lhs: Self, rhs: Self) -> Bool {
            (lhs.tenant, lhs.client) < (rhs.tenant, rhs.client)
        }
    }

    package var kind: Kind
    package var one: Owner
    package var other: Owner
    /// How many tokens or families.
    package var count: Int

    package init(_ kind: Kind, _ one: Owner, _ other: Owner, count: Int) {
        self.kind = kind
        self.one = one
        self.other = other
        self.count = count
    }
}
