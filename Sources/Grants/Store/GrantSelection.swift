internal import Records

/// Which grants a command or a run is about; nil matches all.
package struct GrantSelection: Hashable, Sendable {
    package var tenant: TenantID?
    package var provider: ProviderID?
    package var client: ClientID?

    package init(tenant: TenantID? = nil, provider: ProviderID? = nil, client: ClientID? = nil) {
        self.tenant = tenant
        self.provider = provider
        self.client = client
    }

    package var isAll: Bool { tenant == nil && provider == nil && client == nil }

    package func includes(_ grant: Grant) -> Bool {
        (tenant == nil || tenant == grant.tenant)
            && (provider == nil || provider == grant.key.provider)
            && (client == nil || client == grant.client)
    }

    /// The same for equal selections and for no others; stored and hashed, so never changed.
    package var key: String {
        var writer = JSONWriter()
        writer.beginObject()
        if let tenant { writer.member("tenant", tenant.rawValue) }
        if let provider { writer.member("provider", provider.rawValue) }
        if let client { writer.member("client", client.rawValue) }
        writer.endObject()
        return writer.text
    }

    /// As a person reads it, and no key: `tenant acme, provider procure-idp`, or `everything`.
    package var words: String {
        var parts: [String] = []
        if let tenant { parts.append("tenant \(tenant)") }
        if let provider { parts.append("provider \(provider)") }
        if let client { parts.append("client \(client)") }
        return parts.isEmpty ? "everything" : parts.joined(separator: ", ")
    }
}

/// Which of the selected grants.
package enum GrantState: Hashable, Sendable {
    case all
    case live
    /// Live, being revoked, or stuck: whatever still works somewhere.
    case unended
    /// Ended, and a sign of life was found since.
    case resurfaced
    /// Live, and the provider told other scopes than the record has.
    case drifting
    /// Live, and the decision may have changed by then.
    case due(Timestamp)
    /// The same, and these rows and the live grants of these holdings besides.
    case dueOr(Timestamp, rows: [Int64], holdings: [Int64])
    /// Live, and of one of these holdings.
    case ofHoldings([Int64])
    /// Live, and the provider is to be asked by then.
    case toAsk(Timestamp)
}

/// The unit that the valve is tested for.
package struct Partition: Hashable, Comparable, Sendable {
    package var provider: ProviderID
    package var tenant: TenantID

    package init(provider: ProviderID, tenant: TenantID) {
        self.provider = provider
        self.tenant = tenant
    }

    package init(of grant: Grant) {
        self.init(provider: grant.key.provider, tenant: grant.tenant)
    }

    package static func < (lhs: Partition, rhs: Partition) -> Bool {
        lhs.provider == rhs.provider ? lhs.tenant < rhs.tenant : lhs.provider < rhs.provider
    }
}

/// What the store counts for one partition.
package struct PartitionCounts: Hashable, Sendable {
    package var standings: [Standing: Int] = [:]
    /// Ends and quarantines of the window that count for the valve.
    package var recent = 0
    /// All ends of the window, but for those by rule 6 and of superseded members.
    package var endedInWindow = 0
    /// Live grants that end by themselves, by rule 6 now or within the window, or as superseded: the valve measures
    /// nothing by them.
    package var endingByThemselves = 0

    package init() {}

    package var live: Int {
        standings.reduce(0) { $1.key.isLive ? $0 + $1.value : $0 }
    }
}
