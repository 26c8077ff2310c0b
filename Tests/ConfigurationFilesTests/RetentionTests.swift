import ConfigurationFiles
import Grants
import Testing

@Suite struct Retention {
    @Test func `every period is read, and what is not said is kept for ever`() throws {
        let all = try parsed(
            base + "retention: { keep_ended: 400d, keep_journal: 500d, keep_runs: 90d, archive: archive }\n"
        )
        var expected = RetentionSettings()
        expected.keepEnded = .days(400)
        expected.keepJournal = .days(500)
        expected.keepRuns = .days(90)
        expected.archivePath = "/c/archive"
        #expect(all.retention == expected)
        let none = try parsed(base + "retention: { keep_ended: none, keep_runs: none }\n")
        #expect(none.retention.purgesNothing)
        let absent = try parsed(base)
        #expect(absent.retention == RetentionSettings())
    }

    @Test(arguments: [
        ("keep_ended: 29d, archive: a", "'retention.keep_ended' must be at least 30d, found 29d"),
        ("keep_journal: 1d, archive: a", "'retention.keep_journal' must be at least 30d, found 1d"),
        ("keep_runs: 24h, archive: a", "'retention.keep_runs' must be at least 7d, found 1d"),
        ("keep_runs: 90d", "'retention' lacks 'archive': nothing is removed before it is written there"),
        ("keep_ended: 400, archive: a", "'retention.keep_ended' must be a duration, the bare number 400 has no unit"),
        ("keep_ended: , archive: a", "'retention.keep_ended' has no value, expected a duration or none"),
        (
            "keep_ended: 60d, archive: a",
            "'retention.keep_ended' is 60d, shorter than the longest 'idle_after', 90d"
        ),
    ])
    func `a mistake is told with its place`(section: String, message: String) {
        let found = problems(base + "retention: { \(section) }\n")
        #expect(found.contains { $0.hasSuffix(message) }, "\(found)")
    }

    @Test func `ended grants are kept as long as any rule looks back`() {
        let text =
            base + """
                rotation:
                  overrides:
                    - match: { party: supplier }
                      idle_after: 500d
                    - match: { party: partner }
                      valve: { window: 450d }
                retention: { keep_ended: 400d, archive: a }
                """
        let found = problems(text)
        #expect(found.contains { $0.contains("the longest 'idle_after', 500d") })
        #expect(found.contains { $0.contains("the longest 'valve.window', 450d") })
    }
}
