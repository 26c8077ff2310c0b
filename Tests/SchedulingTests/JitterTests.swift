import Grants
import Scheduling
import Testing

@Suite struct JitterTests {
    @Test func `a schedule's delay is below its jitter and always the same`() {
        var schedule = Schedule(name: "nightly", job: .expire, timing: .cron("0 2 * * *"))
        #expect(schedule.delay == .zero)
        schedule.jitter = .minutes(10)
        let delay = schedule.delay
        #expect(delay >= .zero && delay < .minutes(10))
        #expect(schedule.delay == delay)
    }
}
