extension RotationSettings {
    /// The limits of partitions, each found without a look at all tenants.
    package struct Valves: Sendable {
        private let policy: RotationPolicy
        private let parties: [TenantID: Party]

        package init(_ settings: RotationSettings) {
            policy = settings.policy
            parties = Dictionary(settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
        }

        package var total: Valve { policy.totalValve }

        /// Its window is the longest among the overrides that match: what one of them still counts, the partition does.
        package func valve(of partition: Partition) -> Valve {
            let subject = PolicySubject(
                tenant: partition.tenant,
                party: parties[partition.tenant],
                provider: partition.provider
            )
            var valve = policy.values(for: subject).values.valve
            var longest: Duration?
            for override in policy.overrides where override.match.matches(subject) {
                for case .valveWindow(let window) in override.changes {
                    longest = longest.map { max($0, window) } ?? window
                }
            }
            valve.window = longest ?? policy.defaults.valve.window
            return valve
        }
    }
}
