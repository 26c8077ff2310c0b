/// Other values for the grants that match.
package struct PolicyOverride: Hashable, Sendable {
    package var match: PolicyMatch
    package var changes: [PolicyChange]
    /// Where it was read, for people: `overrides[0]`.
    package var source: String

    package init(match: PolicyMatch, changes: [PolicyChange], source: String) {
        self.match = match
        self.changes = changes
        self.source = source
    }
}

/// All that is given must be equal; what is nil matches everything.
package struct PolicyMatch: Hashable, Sendable {
    package var tenant: TenantID?
    package var party: Party?
    package var provider: ProviderID?
    package var client: ClientID?
    package var role: String?
    package var environment: String?

    package init() {}

    package func matches(_ subject: PolicySubject) -> Bool {
        (tenant == nil || tenant == subject.tenant)
            && (party == nil || party == subject.party)
            && (provider == nil || provider == subject.provider)
            && (client == nil || client == subject.client)
            && (role == nil || role == subject.role)
            && (environment == nil || environment == subject.environment)
    }

    /// It can tell apart the grants of one tenant at one provider, so it cannot say how much of that
    /// partition may end at once.
    package var isWithinPartition: Bool { client != nil || role != nil || environment != nil }
}

/// One member of ``PolicyValues`` with its new value.
package enum PolicyChange: Hashable, Sendable {
    case idleAfter(Duration)
    case newGrantGrace(Duration)
    case notice(Duration)
    case quarantine(Duration)
    case revalidateEvery(Duration)
    case confirmations(Int)
    case confirmAfter(Duration)
    case evidenceMaxAge(Duration)
    case maxLifetime(Duration?)
    case lifetimeNotice(Duration)
    case onScopeViolation(PolicyValues.ScopeViolation)
    case onScopeDrift(PolicyValues.ScopeViolation)
    case enforceOwnEnd(Bool)
    case giveUpFor(Duration)
    case giveUpTries(Int)
    case valveShare(Double)
    case valveCount(Int)
    case valveMax(Int)
    case valveWindow(Duration)

    /// As the configuration writes it.
    package var name: String {
        switch self {
        case .idleAfter: "idle_after"
        case .newGrantGrace: "new_grant_grace"
        case .notice: "notice"
        case .quarantine: "quarantine"
        case .revalidateEvery: "revalidate_every"
        case .confirmations: "confirmations"
        case .confirmAfter: "confirm_after"
        case .evidenceMaxAge: "evidence_max_age"
        case .maxLifetime: "max_lifetime"
        case .lifetimeNotice: "lifetime_notice"
        case .onScopeViolation: "on_scope_violation"
        case .onScopeDrift: "on_scope_drift"
        case .enforceOwnEnd: "enforce_own_end"
        case .giveUpFor: "give_up_after.for"
        case .giveUpTries: "give_up_after.tries"
        case .valveShare: "valve.share"
        case .valveCount: "valve.count"
        case .valveMax: "valve.max"
        case .valveWindow: "valve.window"
        }
    }

    package var isOfValve: Bool { name.hasPrefix("valve.") }

    package func apply(to values: inout PolicyValues) {
        switch self {
        case .idleAfter(let value): values.idleAfter = value
        case .newGrantGrace(let value): values.newGrantGrace = value
        case .notice(let value): values.notice = value
        case .quarantine(let value): values.quarantine = value
        case .revalidateEvery(let value): values.revalidateEvery = value
        case .confirmations(let value): values.confirmations = value
        case .confirmAfter(let value): values.confirmAfter = value
        case .evidenceMaxAge(let value): values.evidenceMaxAge = value
        case .maxLifetime(let value): values.maxLifetime = value
        case .lifetimeNotice(let value): values.lifetimeNotice = value
        case .onScopeViolation(let value): values.onScopeViolation = value
        case .onScopeDrift(let value): values.onScopeDrift = value
        case .enforceOwnEnd(let value): values.enforcesOwnEnd = value
        case .giveUpFor(let value): values.giveUpAfter = value
        case .giveUpTries(let value): values.giveUpTries = value
        case .valveShare(let value): values.valve.sharePercent = value
        case .valveCount(let value): values.valve.count = value
        case .valveMax(let value): values.valve.max = value
        case .valveWindow(let value): values.valve.window = value
        }
    }
}
