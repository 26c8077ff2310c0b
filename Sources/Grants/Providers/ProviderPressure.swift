/// How hard a provider is being asked at this moment; for metrics.
package protocol ProviderPressure: Sendable {
    /// Calls that have been let in and are not over.
    var inFlight: Int { get }
    /// How many may be in flight now: between 1 and the configured ceiling.
    var width: Int { get }
}
