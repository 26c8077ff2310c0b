internal import Grants

/// Looks at servers themselves before anything of theirs is applied or revoked: at their clocks, and at what they can.
///
/// A clock that is not ours holds the provider, as any probe that finds it does.
struct ServerLook: Sendable {
    let environment: RotationEnvironment
    /// nil: of no run.
    let run: Int64?
    /// Renewed with what is written; nil: whoever looks needs none.
    let lock: JobLock?

    /// Asks all of them at once; those that the configuration does not know have no clock.
    func look(at providers: Set<ProviderID>) async throws -> [ProviderID: ServerClock] {
        guard !providers.isEmpty else { return [:] }
        let begun = environment.clock.now()
        // Whoever is left alone for a while is not asked for the time either.
        let silent = try await environment.store.read { reading in
            Set(try reading.breakers().filter { !$0.value.mayTry(at: begun) }.keys)
        }
        let seen = await LeaseHeartbeat.keeping(lock, environment.store) { await observe(providers, silent) }
        let (environment, run, lock, now) = (environment, run, lock, environment.clock.now())
        try await environment.store.write { writing in
            if let lock { try writing.renew(lock) }
            let held = try writing.heldProviders()
            for (provider, (observation, reading)) in seen.sorted(by: { $0.key < $1.key }) {
                if let isNamed = observation.namesRevocationEndpoint {
                    try RevocationEndpoints.note(isNamed: isNamed, of: provider, in: writing)
                }
                guard case .skewed(let skew) = reading, held[provider] == nil else { continue }
                try writing.setHold(ProviderHold(why: "clock-skew", since: now), of: provider)
                var event = Event(Event.Kind.providerHeld, at: now)
                event.provider = provider
                event.reason = "clock-skew"
                event.run = run
                event.actor = environment.actor
                event.details = ["detail": .string("its clock is \(skew.components.seconds) s from ours")]
                try writing.append(event, about: nil)
            }
        }
        return seen.mapValues(\.1)
    }

    private func observe(
        _ providers: Set<ProviderID>,
        _ silent: Set<ProviderID>
    ) async -> [ProviderID: (ServerObservation, ServerClock)] {
        await withTaskGroup(of: (ProviderID, ServerObservation, ServerClock).self) { group in
            for provider in providers.subtracting(silent) {
                guard let client = environment.providers[provider] else { continue }
                let clock = environment.clock
                group.addTask {
                    let observation = await client.observe()
                    return (provider, observation, ServerClock(date: observation.date, now: clock.now()))
                }
            }
            var seen: [ProviderID: (ServerObservation, ServerClock)] = [:]
            for provider in providers { seen[provider] = (ServerObservation(), .unknown) }
            for await (provider, observation, reading) in group { seen[provider] = (observation, reading) }
            return seen
        }
    }
}
