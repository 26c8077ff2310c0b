internal import ArgumentParser
internal import ConfigurationFiles
internal import Glibc
internal import Grants

struct Status: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "What runs, what waits, and what needs a person.",
        discussion: """
            Reads the store only: it works without a key, beside a running worker, and while none runs. Exit status \
            2 if something needs a person.
            """
    )

    @OptionGroup var common: CommonOptions

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            let report = try await StatusReport.read(
                session.store,
                session.configuration,
                schedules: Self.schedules(session.configuration.schedulesPath),
                at: environment.clock.now()
            )
            if common.json { session.console.json(report.json()) } else { report.show(on: session.console) }
            return report.needs.isEmpty ? .success : .findings
        }
    }

    /// Those that can be read: a mistake in one is for 'schedules check' to tell.
    private static func schedules(_ path: String) -> [Schedule] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var schedules: [Schedule] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".yaml"), !name.hasPrefix(".") else { continue }
            if let schedule = try? ScheduleFile.read(path: "\(path)/\(name)") { schedules.append(schedule) }
        }
        return schedules
    }
}
