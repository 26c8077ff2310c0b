extension RotationSettings {
    /// The longest window of all valves: what one of them still counts, all do.
    package var longestValveWindow: Duration {
        var longest = max(policy.defaults.valve.window, policy.totalValve.window)
        for change in policy.overrides.flatMap(\.changes) {
            if case .valveWindow(let window) = change { longest = max(longest, window) }
        }
        return longest
    }

    package func valve(of partition: Partition) -> Valve {
        let party = tenants.first { $0.id == partition.tenant }?.party
        return policy.values(
            for: PolicySubject(tenant: partition.tenant, party: party, provider: partition.provider)
        ).values.valve
    }
}
