package import Scheduling

/// Reads the one configuration file (`docs/configuration.md`).
package enum ConfigurationFile {
    /// The configuration in a file; throws all mistakes at once.
    ///
    package static func read(
        path: String,
        checks: FileChecks,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> Configuration {
        try parse(TextFile.read(path), path: path, checks: checks, zones: zones)
    }

    /// The configuration in a text; throws all its mistakes at once.
    ///
    /// `path` is shown in mistakes, and relative paths begin in its directory.
    package static func parse(
        _ text: String,
        path: String,
        checks: FileChecks,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> Configuration {
        let reading = Reading(file: path, checks: checks, zones: zones)
        let configuration = reading.compose(text).flatMap { reading.configuration($0) }
        reading.reportMissedDuplicate()
        guard var configuration, reading.problems.isEmpty else {
            throw ConfigurationErrors(problems: reading.problems)
        }
        configuration.warnings = reading.warnings
        return configuration
    }
}
