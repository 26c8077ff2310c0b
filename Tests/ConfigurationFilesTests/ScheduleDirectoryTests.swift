import ConfigurationFiles
import Glibc
import Grants
import Testing

@Suite struct `The directory of schedules` {
    static let settings: RotationSettings = {
        var settings = RotationSettings()
        settings.tenants = [TenantSettings(id: "acme", party: .supplier)]
        return settings
    }()

    private func problems(_ path: String) -> [String] {
        do {
            _ = try ScheduleDirectory.read(path: path, knowing: Self.settings)
            return []
        } catch {
            return error.problems.map { problem in
                let text = problem.description.replacing("\(path)/", with: "")
                return problem.hint.map { "\(text); \($0)" } ?? text
            }
        }
    }

    @Test func `all its schedules are read by name, and other files are none`() throws {
        try withDirectory { directory in
            try write("job: purge\ncron: '@daily'\n", to: "\(directory)/b.yml")
            try write("job: expire\nevery: 1h\nonly: { tenants: [acme] }\n", to: "\(directory)/a.yaml")
            try write("no schedule", to: "\(directory)/README")
            try write("no schedule", to: "\(directory)/.a.yaml")
            try write("no schedule", to: "\(directory)/a.yaml~")
            let schedules = try ScheduleDirectory.read(path: directory, knowing: Self.settings)
            #expect(schedules.map(\.name) == ["a", "b"])
            #expect(schedules.map(\.job) == [.expire, .purge])
        }
    }

    @Test func `the shipped schedules go together`() throws {
        let schedules = try ScheduleDirectory.read(path: repositoryFile("schedules"), knowing: RotationSettings())
        #expect(schedules.map(\.name) == ["audit-checkpoint", "expire-nightly", "purge-weekly", "revalidate"])
    }

    @Test func `where there is no directory there is no schedule`() throws {
        #expect(try ScheduleDirectory.read(path: "/nowhere/schedules", knowing: Self.settings) == [])
    }

    @Test func `what is no directory is told`() throws {
        try withDirectory { directory in
            try write("", to: "\(directory)/schedules")
            #expect(problems("\(directory)/schedules").count == 1)
        }
    }

    @Test(.timeLimit(.minutes(15))) func `a pipe is a mistake, and nobody waits for what it says`() throws {
        try withDirectory { directory in
            try write("job: expire\nevery: 1h\n", to: "\(directory)/a.yaml")
            #expect(unsafe mkfifo("\(directory)/b.yaml", 0o600) == 0)
            #expect(
                problems(directory) == [
                    "b.yaml: is not a regular file; remove it from the directory, or put a file in its place"
                ]
            )
            #expect(ScheduleDirectory.readable(path: directory).map(\.name) == ["a"])
        }
    }

    @Test func `the mistakes of all files are told at once`() throws {
        try withDirectory { directory in
            try write("job: expire\ncron: 60 * * * *\n", to: "\(directory)/a.yaml")
            try write(
                "job: expire\nevery: 1h\nonly: { tenants: [acne], providers: [idp] }\n",
                to: "\(directory)/b.yaml"
            )
            try write("job: expire\nevery: 1h\n", to: "\(directory)/c.yaml")
            try write("job: expire\nevery: 1h\n", to: "\(directory)/c.yml")
            #expect(
                problems(directory) == [
                    "a.yaml:2:7: 'cron': the minute has 60, expected 0 to 59",
                    "b.yaml:3:19: 'only.tenants[0]' names the tenant 'acne', which is not in 'tenants'; "
                        + "did you mean 'acme'?",
                    "b.yaml:3:38: 'only.providers[0]' names the provider 'idp', which is not in 'providers'; "
                        + "describe it under 'providers'",
                    "c.yml: the schedule 'c' is also in 'c.yaml'; remove or rename one of the two files",
                ]
            )
        }
    }
}
