package import Grants
package import Scheduling

/// Reads one file of the directory `schedules/`.
package enum ScheduleFile {
    /// The schedule in a file, named as the file without `.yaml`; throws all mistakes at once.
    ///
    /// With `isRegular` a pipe is a mistake, and is not waited for.
    package static func read(
        path: String,
        zones: TimeZoneDirectory = .system,
        isRegular: Bool = false
    ) throws(ConfigurationErrors) -> Schedule {
        try parse(TextFile.read(path, isRegular: isRegular), path: path, zones: zones)
    }

    /// The schedule in a text.
    ///
    /// Whether the tenants and providers in it exist is looked at by
    /// ``ScheduleDirectory/read(path:knowing:zones:)`` only.
    package static func parse(
        _ text: String,
        path: String,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> Schedule {
        try parse(text, path: path, zones: zones, known: nil)
    }

    /// With `known`, `only` has to name what is in it.
    static func parse(
        _ text: String,
        path: String,
        zones: TimeZoneDirectory,
        known: KnownNames?
    ) throws(ConfigurationErrors) -> Schedule {
        let reading = Reading(file: path, checks: .none, zones: zones)
        if let known { reading.known = known }
        let schedule = reading.compose(text)
            .flatMap { Schedule($0, name: name(of: path), checksNames: known != nil) }
        reading.reportMissedDuplicate()
        guard let schedule, reading.problems.isEmpty else {
            throw ConfigurationErrors(problems: reading.problems)
        }
        return schedule
    }

    /// The endings of schedule files.
    static let endings = [".yaml", ".yml"]

    /// The schedule's name: the file's without its ending.
    static func name(of path: String) -> String {
        var name = path[...]
        if let slash = path.lastIndex(of: "/") { name = path[path.index(after: slash)...] }
        for ending in endings where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return String(name)
    }
}
