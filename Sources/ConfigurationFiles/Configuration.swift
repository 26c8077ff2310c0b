package import Grants

/// What one configuration file says.
package struct Configuration: Sendable {
    /// The SQLite file of the grant store.
    package var storePath: String
    /// The store's keys; nil: only what needs no token can be done.
    package var keySource: SecretSource?
    /// The restore guard's file.
    package var highWaterPath: String?
    /// The directory of schedule files, which need not exist.
    package var schedulesPath: String
    /// The directory of scope documents; nil: there is none, so nothing is known about scopes.
    package var scopesPath: String?
    package var settings: RotationSettings
    /// What leaves the store, and when.
    package var retention: RetentionSettings
    /// nil: nobody can ask for metrics.
    package var metrics: MetricsSettings?
    /// The file it was read from, as it was asked for.
    package var source: String
    /// What is allowed, but hardly meant.
    package var warnings: [ConfigurationProblem]
}
