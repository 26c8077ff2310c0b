package import Grants

/// Reads from the store how long the due questions will take.
package struct Forecaster: Sendable {
    private let environment: RotationEnvironment

    package init(_ environment: RotationEnvironment) { self.environment = environment }

    /// One for each configured provider that has grants to ask about, in the configuration's order.
    ///
    /// The interval is that of tenant and provider: overrides for single clients are not looked at.
    package func forecasts(in selection: GrantSelection) async throws -> [RevalidationForecast] {
        let (settings, now) = (environment.settings, environment.clock.now())
        return try await environment.store.read { reading in
            let counts = try reading.questionCounts(in: selection, dueBy: now)
            let tenants = Dictionary(settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
            return try settings.providers.compactMap { provider in
                let mine = counts.filter { $0.key.provider == provider.id }
                guard !mine.isEmpty else { return nil }
                let demand = mine.map { partition, counts in
                    let subject = PolicySubject(
                        tenant: partition.tenant,
                        party: tenants[partition.tenant],
                        provider: partition.provider
                    )
                    let every = settings.policy.values(for: subject).values.revalidateEvery
                    return RevalidationForecast.Demand(grants: counts.askable, every: every)
                }
                let setting = try reading.setting(QuestionRate.setting(of: provider.id))
                return RevalidationForecast(
                    provider: provider.id,
                    due: mine.values.reduce(0) { $0 + $1.due },
                    limit: provider.limits.requestsPerSecond,
                    measured: QuestionRate(stored: setting)?.perSecond,
                    demand: demand
                )
            }
        }
    }
}
