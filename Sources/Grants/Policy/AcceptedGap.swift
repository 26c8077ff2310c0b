/// What an operator knows cannot be done, and answers for until an instant: `status` then does not ask for a person.
package struct AcceptedGap: Hashable, Sendable {
    /// What cannot be done; the raw values are stable.
    package enum Why: Hashable, Sendable {
        /// The provider or we cannot revoke.
        case cannotRevoke
        /// No feed covers them.
        case noEvidence
        /// The provider's answers stay unknown for this reason.
        case unknown(UnknownReason)
    }

    package var provider: ProviderID
    /// nil: of all tenants.
    package var tenant: TenantID?
    /// nil: of all clients.
    package var client: ClientID?
    package var why: Why
    package var owner: String
    package var reason: String
    /// From then on it is asked about again.
    package var until: Timestamp

    package init(provider: ProviderID, why: Why, owner: String, reason: String, until: Timestamp) {
        self.provider = provider
        self.why = why
        self.owner = owner
        self.reason = reason
        self.until = until
    }

    /// Whether it speaks of the holder's grants, and is not over.
    package func covers(_ holder: Standstill.Holder, at now: Timestamp) -> Bool {
        now < until && provider == holder.provider && (tenant.map { $0 == holder.tenant } ?? true)
            && (client.map { $0 == holder.client } ?? true)
    }

    /// Whether it speaks of all of the provider, and is not over.
    package func covers(allOf provider: ProviderID, at now: Timestamp) -> Bool {
        now < until && provider == self.provider && tenant == nil && client == nil
    }
}

extension AcceptedGap.Why: RawRepresentable, CaseIterable {
    package static let allCases: [Self] = [.cannotRevoke, .noEvidence] + UnknownReason.allCases.map(Self.unknown)

    package var rawValue: String {
        switch self {
        case .cannotRevoke: "cannot-revoke"
        case .noEvidence: "no-evidence"
        case .unknown(let reason): reason.rawValue
        }
    }

    package init?(rawValue: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = found
    }
}
