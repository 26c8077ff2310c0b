/// All of the configuration that says what is kept, what ends and who is told.
package struct RotationSettings: Hashable, Sendable {
    package var policy = RotationPolicy()
    package var providers: [ProviderSettings] = []
    /// Clients whose credentials we hold, beside our own at each provider.
    package var clients: [ClientSettings] = []
    package var tenants: [TenantSettings] = []
    package var feeds: [FeedSettings] = []
    package var sinks: [SinkSettings] = []
    /// What is known not to work; it changes no decision.
    package var acceptedGaps: [AcceptedGap] = []

    package init() {}
}
