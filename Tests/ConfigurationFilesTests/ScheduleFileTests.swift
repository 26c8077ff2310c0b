import ConfigurationFiles
import Grants
import Scheduling
import Testing

@Suite struct `Schedule files` {
    static func problems(_ text: String) -> [String] {
        do {
            _ = try ScheduleFile.parse(text, path: "s/nightly.yaml")
            return []
        } catch {
            return error.problems.map { "\($0.line):\($0.column) \($0.message)" }
        }
    }

    @Test func `the shipped schedule is read`() throws {
        let schedule = try ScheduleFile.read(path: repositoryFile("schedules/expire-nightly.yaml"))
        var expected = Schedule(name: "expire-nightly", job: .expire, timing: .cron("15 2 * * *"))
        expected.jitter = .minutes(10)
        expected.catchUp.window = .hours(12)
        expected.pauseAfterFailures = 3
        #expect(schedule == expected)
    }

    @Test(arguments: [
        ("revalidate", Schedule.Job.revalidate), ("audit-checkpoint", .auditCheckpoint), ("purge-weekly", .purge),
    ])
    func `every shipped schedule is one of its job`(name: String, job: Schedule.Job) throws {
        #expect(try ScheduleFile.read(path: repositoryFile("schedules/\(name).yaml")).job == job)
    }

    @Test func `a mistake in a time comes with a hint`() {
        func hint(_ line: String) -> String? {
            do {
                _ = try ScheduleFile.parse("job: expire\n\(line)\n", path: "x.yaml")
                return nil
            } catch {
                return error.problems.first?.hint
            }
        }
        #expect(hint("cron: 5/15 * * * *") == "write 5-59/15, or */15")
        #expect(hint("cron: '@daily'\ntime_zone: Europe/Berlim") == "did you mean 'Europe/Berlin'?")
    }

    @Test func `without a database of zones the package is named`() throws {
        try withDirectory { directory in
            do throws(ConfigurationErrors) {
                _ = try ScheduleFile.parse(
                    "job: expire\ncron: '@daily'\ntime_zone: Europe/Berlin\n",
                    path: "x.yaml",
                    zones: TimeZoneDirectory(path: directory)
                )
                Issue.record("the zone was taken")
            } catch {
                #expect(error.problems.first?.hint == "install Debian's package 'tzdata', or use UTC")
            }
        }
    }

    @Test func `every member is read`() throws {
        let text = """
            job: audit-checkpoint
            cron: "0  0 1,15 jan-mar */2"
            time_zone: America/Argentina/Buenos_Aires
            jitter: 90s
            overlap: queue_one
            catch_up: { max: 0, window: 1d }
            only: { tenants: [acme], providers: [idp] }
            pause_on_failure: 3
            """
        let schedule = try ScheduleFile.parse(text, path: "/s/a.b.yml")
        var expected = Schedule(name: "a.b", job: .auditCheckpoint, timing: .cron("0 0 1,15 jan-mar */2"))
        expected.timeZone = "America/Argentina/Buenos_Aires"
        expected.jitter = .seconds(90)
        expected.overlap = .queueOne
        expected.catchUp.max = 0
        expected.catchUp.window = .days(1)
        expected.only.tenants = ["acme"]
        expected.only.providers = ["idp"]
        expected.pauseAfterFailures = 3
        #expect(schedule == expected)
        #expect(try ScheduleFile.parse("job: purge\nevery: 15m\n", path: "p").timing == .every(.minutes(15)))
        #expect(try ScheduleFile.parse("job: revoke\ncron: '@daily'\n", path: "p").timing == .cron("@daily"))
    }

    @Test(arguments: [
        Broken("job: expire\n", "1:1 a schedule must have exactly one of 'cron' and 'every'"),
        Broken(
            "job: expire\ncron: '@daily'\nevery: 24h\n",
            "3:8 a schedule must have exactly one of 'cron' and 'every'"
        ),
        Broken("cron: '@daily'\n", "1:1 'job' is missing"),
        Broken(
            "job: audit_checkpoint\nevery: 1h\n",
            "1:6 'job' must be expire, revalidate, revoke, deliver, audit-checkpoint, purge or rehearse, "
                + "found 'audit_checkpoint'"
        ),
        Broken(
            "job: expire\ncron: 15 2 * *\n",
            "2:7 'cron': expected five fields (minute, hour, day of month, month, day of week), found 4"
        ),
        Broken(
            "job: expire\ncron: 15 2 * * ?\n",
            "2:7 'cron': the day of week has '?' in '?', expected 0 to 7 (both Sunday) or sun to sat"
        ),
        Broken(
            "job: expire\ncron: '@reboot'\n",
            "2:7 'cron': '@reboot' is not a time"
        ),
        Broken("job: expire\ncron: 0 25 * * *\n", "2:7 'cron': the hour has 25, expected 0 to 23"),
        Broken("job: expire\ncron: 0 0 30 feb *\n", "2:7 'cron' never comes: no such month has such a day"),
        Broken("job: expire\nevery: 999ms\n", "2:8 'every' must be at least 1s"),
        Broken(
            "job: expire\nevery: 1h\ncatch_up: { max: 101, window: 367d }\n",
            "3:18 'catch_up.max' must be at most 100",
            "3:31 'catch_up.window' must be at most 366d"
        ),
        Broken(
            "job: expire\ncron: '@daily'\ntime_zone: Europe/Berlim\n",
            "3:12 'time_zone': there is no time zone 'Europe/Berlim'"
        ),
        Broken("job: expire\nevery: 60\n", "2:8 'every' must be a duration, the bare number 60 has no unit"),
        Broken(
            "job: expire\ncron: '@daily'\ntime_zone: ../x\n",
            "3:12 'time_zone': '../x' is not a time zone's name"
        ),
        Broken("job: expire\nevery: 1h\ntime_zone: UTC\n", "3:12 'time_zone' has no meaning with 'every'"),
        Broken(
            "job: expire\nevery: 1h\noverlap: queue\n",
            "3:10 'overlap' must be skip or queue_one, found 'queue'"
        ),
        Broken(
            "job: expire\nevery: 1h\nblackout: []\nonly: { tenants: [] }\n",
            "3:1 unknown member 'blackout'",
            "4:18 'only.tenants' is empty, so nothing is left"
        ),
        Broken("job: rehearse\nevery: 1h\n", "1:1 a rehearsal must say whose containment is rehearsed"),
        Broken("job: rehearse\nevery: 1h\nonly: {}\n", "3:7 'only' names nobody"),
        Broken(
            "job: expire\nevery: 1h\nonly: { clients: [quote-bot] }\n",
            "3:18 'only.clients' has no meaning with the job expire"
        ),
        Broken("job: expire\njob: revoke\nevery: 1h\n", "2:1 'job' is already given, at 1:1"),
    ])
    func `a mistake is told with its place`(broken: Broken) {
        #expect(Self.problems(broken.text) == broken.expected)
    }
}
