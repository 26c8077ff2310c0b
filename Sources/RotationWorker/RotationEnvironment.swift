package import Grants
package import Scheduling

/// What every job works with: the ports, the settings, who asked for it.
package struct RotationEnvironment: Sendable {
    package var store: any GrantStore
    package var settings: RotationSettings
    /// By id; a provider without a client is not spoken to.
    package var providers: [ProviderID: any ProviderClient]
    package var sinks: [any EventSink]
    /// When ends, quarantines and notices wait; by the policy's ``RotationPolicy/blackouts``.
    package var blackouts: BlackoutCalendar
    package var clock: any WallClock
    package var actor: Actor
    /// The mode that was read last: of a reload too that came after this run began.
    package var mode: ModeSwitch
    /// SHA-256 over ``RotationSettings/canonicalPolicyJSON()``, in hex.
    package var policyHash: String
    /// What the scope documents say; a policy that is in force is kept in the store.
    package var scopePolicies: ScopePolicies
    /// Tokens that we live on: a grant that carries one is never ended.
    package var ownTokens: [Secret]
    /// Looked at between batches.
    package var stop: StopRequest
    /// Told between batches, for a progress line.
    package var progress: @Sendable (Progress) -> Void

    /// How far a job is.
    package struct Progress: Sendable {
        package var step: String
        package var done: Int
        /// nil: unknown.
        package var total: Int?
    }

    package init(
        store: any GrantStore,
        settings: RotationSettings,
        providers: [ProviderID: any ProviderClient] = [:],
        sinks: [any EventSink] = [],
        blackouts: BlackoutCalendar = .none,
        clock: any WallClock,
        actor: Actor,
        scopePolicies: ScopePolicies = .none,
        ownTokens: [Secret] = [],
        stop: StopRequest = StopRequest(),
        mode: ModeSwitch? = nil,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.store = store
        self.settings = settings
        self.providers = providers
        self.sinks = sinks
        self.blackouts = blackouts
        self.clock = clock
        self.actor = actor
        self.scopePolicies = scopePolicies
        if self.scopePolicies.readAt == nil { self.scopePolicies.readAt = clock.now() }
        self.ownTokens = ownTokens
        self.stop = stop
        self.mode = mode ?? ModeSwitch(settings.policy.mode)
        self.progress = progress
        policyHash = PlanDigest.hex(of: settings.canonicalPolicyJSON())
    }

    /// The hash of all that can change a decision, with the scope policy that is in force.
    package func policyHash(with scopePolicy: KeptScopePolicy?) -> String {
        ScopeRuling.hash(policyHash, with: scopePolicy?.hash)
    }

    /// The mode or a blackout keeps back what the rules decided, the queue included; what a person ordered goes on.
    package func holdsAutomaticEnds(at instant: Timestamp) -> Bool {
        mode.current == .observe || blackouts.current(at: instant) != nil
    }

    package func settings(of provider: ProviderID) -> ProviderSettings? {
        settings.providers.first { $0.id == provider }
    }
}
