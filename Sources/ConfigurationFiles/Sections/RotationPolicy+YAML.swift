internal import Grants

/// The policy as it was read, with what the checks across the file need.
struct ReadPolicy {
    var policy = RotationPolicy()
    /// Of the defaults and of every override.
    var changes: [PlacedChange] = []
    var modePlace: Place?

    /// Without `rotation` in the file all defaults hold.
    init(_ value: YAMLValue?) {
        let shape = YAMLValue.Shape(
            known: ["mode", "default", "overrides", "total_valve", "approve_within", "blackout"],
            unsupported: ["approval"]
        )
        guard let members = value?.members(shape) else { return }
        if let mode = members["mode"] {
            policy.mode = mode.word(RotationPolicy.Mode.self) ?? policy.mode
            modePlace = mode.place
        }
        if let defaults = members["default"]?.members(YAMLValue.Shape(known: YAMLValue.policyMembers)) {
            changes = defaults.policyChanges()
            for placed in changes {
                placed.change.apply(to: &policy.defaults)
            }
        }
        for (index, element) in (members["overrides"]?.elements() ?? []).enumerated() {
            guard let (override, placed) = element.policyOverride(index) else { continue }
            policy.overrides.append(override)
            changes += placed
        }
        policy.totalValve = members["total_valve"]?.valve(policy.totalValve) ?? policy.totalValve
        let within = members["approve_within"]?.duration(mayBeZero: false)
        policy.approveWithin = within ?? policy.approveWithin
        policy.blackouts = members["blackout"]?.elements().compactMap { Blackout($0) } ?? []
    }
}

extension YAMLValue {
    fileprivate func policyOverride(_ index: Int) -> (PolicyOverride, [PlacedChange])? {
        let shape = Shape(known: ["match"] + Self.policyMembers, required: ["match"])
        guard let members = members(shape) else { return nil }
        let changes = members.policyChanges()
        let match = members["match"]?.policyMatch()
        if Self.policyMembers.allSatisfy({ members[$0] == nil }) {
            report("'\(name)' changes nothing", hint: "add a member of 'rotation.default', or remove it")
        }
        guard let match else { return nil }
        if match.isWithinPartition, let valve = members["valve"] {
            valve.report(
                "'\(valve.name)' cannot hold for one client, role or environment: "
                    + "the valve counts all ends of a tenant at a provider together",
                hint: "match on tenant, party or provider only, or move 'valve' to an override that does"
            )
        }
        let override = PolicyOverride(
            match: match,
            changes: changes.map(\.change),
            source: "overrides[\(index)]"
        )
        return (override, changes)
    }

    private func policyMatch() -> PolicyMatch? {
        let shape = Shape(known: ["tenant", "party", "provider", "client", "role", "environment"])
        guard let members = members(shape) else { return nil }
        if shape.known.allSatisfy({ members[$0] == nil }) {
            report(
                "'\(name)' names nothing, so it would match every grant",
                hint: "what holds for all belongs in 'rotation.default'"
            )
        }
        var match = PolicyMatch()
        match.tenant = members["tenant"]?.reference(to: \.tenants, "tenant").map { TenantID($0) }
        match.party = members["party"]?.word(Party.self)
        match.provider = members["provider"]?.reference(to: \.providers, "provider").map { ProviderID($0) }
        match.client = members["client"]?.likelyClient().map { ClientID($0) }
        match.role = members["role"]?.text()
        match.environment = members["environment"]?.text()
        return match
    }
}
