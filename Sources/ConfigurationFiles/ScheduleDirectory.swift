internal import Glibc
package import Grants
package import Scheduling

/// Reads the directory `schedules/`.
package enum ScheduleDirectory {
    /// All schedules of a directory, by name; throws the mistakes of all files at once.
    ///
    /// Files that do not end in `.yaml` or `.yml` and hidden ones are no schedules; where there is no directory
    /// there is no schedule. `only` has to name tenants and providers of `settings`.
    package static func read(
        path: String,
        knowing settings: RotationSettings,
        zones: TimeZoneDirectory = .system
    ) throws(ConfigurationErrors) -> [Schedule] {
        var known = KnownNames()
        known.tenants = settings.tenants.map(\.id.rawValue)
        known.providers = settings.providers.map(\.id.rawValue)
        var schedules: [Schedule] = []
        var problems: [ConfigurationProblem] = []
        var files: [String: String] = [:]
        for file in try self.files(of: path) {
            let whole = path.hasSuffix("/") ? path + file : "\(path)/\(file)"
            let name = ScheduleFile.name(of: file)
            if let other = files.updateValue(file, forKey: name) {
                problems.append(
                    ConfigurationProblem(
                        file: whole,
                        line: 0,
                        column: 0,
                        message: "the schedule '\(name)' is also in '\(other)'",
                        hint: "remove or rename one of the two files"
                    )
                )
            }
            do throws(ConfigurationErrors) {
                let text = try TextFile.read(whole, isRegular: true)
                schedules.append(try ScheduleFile.parse(text, path: whole, zones: zones, known: known))
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        return schedules
    }

    /// Those that can be read, for people who look: a mistake in one is for ``read(path:knowing:zones:)`` to tell.
    package static func readable(path: String) -> [Schedule] {
        guard let files = try? self.files(of: path) else { return [] }
        return files.compactMap { name in
            let whole = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            return try? ScheduleFile.read(path: whole, isRegular: true)
        }
    }

    /// The schedule files' names in the order of the alphabet.
    private static func files(of path: String) throws(ConfigurationErrors) -> [String] {
        do throws(FileBytes.Failure) {
            return try DirectoryEntries.names(of: path).filter { name in
                ScheduleFile.endings.contains { name.hasSuffix($0) }
            }
        } catch {
            guard case .system(let number) = error, number != ENOENT else { return [] }
            let problem = ConfigurationProblem(
                file: path,
                line: 0,
                column: 0,
                message: "the directory of schedules cannot be read: \(FileBytes.message(for: number))",
                hint: "check 'schedules' in the configuration, and that this user may read the directory"
            )
            throw ConfigurationErrors(problems: [problem])
        }
    }
}
