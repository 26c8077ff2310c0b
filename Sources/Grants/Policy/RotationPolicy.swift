/// Whose organisation a tenant is.
package enum Party: String, CaseIterable, Sendable {
    case `internal`
    case supplier
    case partner
}

/// The organisation that grants belong to, as the configuration describes it.
package struct TenantSettings: Hashable, Sendable {
    package var id: TenantID
    package var party: Party
    package var owner: String?
    package var contact: String?

    package init(id: TenantID, party: Party, owner: String? = nil, contact: String? = nil) {
        self.id = id
        self.party = party
        self.owner = owner
        self.contact = contact
    }
}

/// All that decides how long grants live: the defaults and what overrides them.
package struct RotationPolicy: Hashable, Sendable {
    package enum Mode: String, CaseIterable, Sendable {
        /// Plans and reports; neither notices, quarantines nor ends.
        case observe
        case enforce
    }

    package var mode = Mode.observe
    package var defaults = PolicyValues()
    /// In file order: the last match wins, member by member.
    package var overrides: [PolicyOverride] = []
    package var totalValve = Valve.total
    /// How long a held plan may be approved.
    package var approveWithin = Duration.hours(72)
    /// When nothing is ended, quarantined or announced; a gate, so no part of the policy's hash.
    package var blackouts: [Blackout] = []

    package init() {}

    /// The values for one grant, and which override gave each that is not the default.
    package func values(for subject: PolicySubject) -> (values: PolicyValues, sources: [String: String]) {
        var values = defaults
        var sources: [String: String] = [:]
        for override in overrides where override.match.matches(subject) {
            for change in override.changes {
                change.apply(to: &values)
                sources[change.name] = override.source
            }
        }
        return (values, sources)
    }
}

/// What overrides match on.
package struct PolicySubject: Hashable, Sendable {
    package var tenant: TenantID
    /// nil: the configuration does not know the tenant.
    package var party: Party?
    package var provider: ProviderID
    /// nil: of the partition tenant × provider as a whole.
    package var client: ClientID?
    package var role: String?
    package var environment: String?

    package init(
        tenant: TenantID,
        party: Party?,
        provider: ProviderID,
        client: ClientID? = nil,
        role: String? = nil,
        environment: String? = nil
    ) {
        self.tenant = tenant
        self.party = party
        self.provider = provider
        self.client = client
        self.role = role
        self.environment = environment
    }
}
