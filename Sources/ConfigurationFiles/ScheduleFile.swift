package import Grants

/// Reads one file of the directory `schedules/`.
package enum ScheduleFile {
    /// The schedule in a file, named as the file without `.yaml`; throws all mistakes at once.
    package static func read(path: String) throws(ConfigurationErrors) -> Schedule {
        try parse(TextFile.read(path), path: path)
    }

    /// The schedule in a text.
    ///
    /// Whether the tenants and providers in it exist, and whether a cron expression can ever be due, is not
    /// looked at.
    package static func parse(_ text: String, path: String) throws(ConfigurationErrors) -> Schedule {
        let reading = Reading(file: path, checksFiles: false)
        let schedule = reading.compose(text).flatMap { Schedule($0, name: name(of: path)) }
        reading.reportMissedDuplicate()
        guard let schedule, reading.problems.isEmpty else {
            throw ConfigurationErrors(problems: reading.problems)
        }
        return schedule
    }

    private static func name(of path: String) -> String {
        var name = path[...]
        if let slash = path.lastIndex(of: "/") { name = path[path.index(after: slash)...] }
        for ending in [".yaml", ".yml"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return String(name)
    }
}
