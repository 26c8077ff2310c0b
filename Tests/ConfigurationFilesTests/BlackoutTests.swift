import ConfigurationFiles
import Grants
import Testing

@Suite struct `Blackouts in the configuration` {
    @Test func `every member is read`() throws {
        let text =
            base + """
                rotation:
                  blackout:
                    - { cron: "0 0 28-31 * *", for: 24h, time_zone: Europe/Berlin, reason: month-end closing }
                    - { cron: "@weekly", for: 90m, reason: backup }
                """
        let configuration = try parsed(text)
        #expect(
            configuration.settings.policy.blackouts == [
                Blackout(
                    cron: "0 0 28-31 * *",
                    length: .hours(24),
                    timeZone: "Europe/Berlin",
                    reason: "month-end closing"
                ),
                Blackout(cron: "@weekly", length: .minutes(90), reason: "backup"),
            ]
        )
        #expect(configuration.warnings.isEmpty)
    }

    @Test(arguments: [
        Broken(
            base + "rotation:\n  blackout: [{ cron: '@daily', for: 0s, reason: x }]\n",
            "9:37 'rotation.blackout[0].for' must be longer than nothing"
        ),
        Broken(
            base + "rotation:\n  blackout: [{ cron: '@daily', for: 1h }]\n",
            "9:14 'rotation.blackout[0]' lacks 'reason'"
        ),
        Broken(base + "rotation:\n  blackout: [{ for: 1h, reason: x }]\n", "9:14 'rotation.blackout[0]' lacks 'cron'"),
        Broken(
            base + "rotation:\n  blackout: [{ cron: '@daily', reason: x }]\n",
            "9:14 'rotation.blackout[0]' lacks 'for'"
        ),
        Broken(
            base + "rotation:\n  blackout: [{ cron: '0 0 32 * *', for: 1h, time_zone: Mars, reason: x }]\n",
            "9:22 'rotation.blackout[0].cron': the day of month has 32, expected 1 to 31",
            "9:56 'rotation.blackout[0].time_zone': there is no time zone 'Mars'"
        ),
        Broken(
            base + "rotation:\n  blackout: [{ cron: '@daily', for: 1h, reason: x, tenant: acme }]\n",
            "9:52 unknown member 'tenant' in 'rotation.blackout[0]'"
        ),
    ])
    func `a mistake is told with its place`(broken: Broken) {
        #expect(problems(broken.text) == broken.expected)
    }

    @Test func `one that never ends is a warning`() throws {
        let configuration = try parsed(base + "rotation:\n  blackout: [{ cron: '@daily', for: 24h, reason: x }]\n")
        #expect(configuration.warnings.map { "\($0.line):\($0.column)" } == ["9:14"])
        #expect(configuration.warnings.first?.message.contains("always on") == true)
    }
}
