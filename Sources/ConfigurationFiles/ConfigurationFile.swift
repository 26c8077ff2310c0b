package import Scheduling

/// Reads the one configuration file (`docs/configuration.md`).
package enum ConfigurationFile {
    /// The configuration in a file; throws all mistakes at once.
    ///
    /// With `checkFiles` the files that it names are looked for too.
    package static func read(
        path: String,
        checkFiles: Bool = true,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> Configuration {
        try parse(TextFile.read(path), path: path, checkFiles: checkFiles, zones: zones)
    }

    /// The configuration in a text; throws all its mistakes at once.
    ///
    /// `path` is shown in mistakes, and relative paths begin in its directory. With `checkFiles` the store's
    /// directory and the files of secrets and certificates must exist.
    package static func parse(
        _ text: String,
        path: String,
        checkFiles: Bool,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> Configuration {
        let reading = Reading(file: path, checksFiles: checkFiles, zones: zones)
        let configuration = reading.compose(text).flatMap { reading.configuration($0) }
        reading.reportMissedDuplicate()
        guard var configuration, reading.problems.isEmpty else {
            throw ConfigurationErrors(problems: reading.problems)
        }
        configuration.warnings = reading.warnings
        return configuration
    }
}
