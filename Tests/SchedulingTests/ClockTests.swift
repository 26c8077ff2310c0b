import Grants
import Scheduling
import Synchronization
import Testing

@Suite struct `Clocks` {
    @Test(.timeLimit(.minutes(15))) func `an armed timer fires, also without being armed again, until it is cancelled`()
        async
    {
        let (fired, feed) = AsyncStream.makeStream(of: Void.self)
        let timer = ScheduleTimer(longest: .milliseconds(20)) { feed.yield() }
        var iterator = fired.makeAsyncIterator()
        timer.arm(in: .milliseconds(1))
        await iterator.next()
        await iterator.next()
        timer.arm(in: nil)
        await iterator.next()
        timer.arm(in: .hours(1))
        await iterator.next()
        timer.cancel()
        timer.arm(in: .zero)
        timer.cancel()
    }

    @Test(.timeLimit(.minutes(15))) func `a timer may be armed and cancelled from within`() async {
        let (fired, feed) = AsyncStream.makeStream(of: Void.self)
        let holder = Holder()
        holder.timer.withLock {
            $0 = ScheduleTimer { [holder] in
                let timer = holder.timer.withLock { $0.take() }
                timer?.arm(in: .zero)
                timer?.cancel()
                feed.yield()
            }
            $0?.arm(in: .zero)
        }
        var iterator = fired.makeAsyncIterator()
        await iterator.next()
    }

    private final class Holder: Sendable {
        let timer = Mutex<ScheduleTimer?>(nil)
    }

    static let start = ClockReading(wall: at("2026-11-24T12:00:00Z"), monotonic: .seconds(50), boot: .seconds(80))

    @Test(
        arguments: [
            (30_000, 30_000, 30_000, nil), (31_999, 30_000, 30_000, nil), (28_001, 30_000, 30_000, nil),
            (32_000, 30_000, 30_000, .stepped(by: .seconds(2))),
            (-3_570_000, 30_000, 30_000, .stepped(by: .seconds(-3_600))),
            (3_630_000, 30_000, 3_630_000, .suspended(for: .seconds(3_600))),
            (30_000, 30_000, 31_000, nil),
        ] as [(Int64, Int64, Int64, ClockWatch.Change?)]
    )
    func `a step and a suspension are told apart`(
        wall: Int64,
        monotonic: Int64,
        boot: Int64,
        expected: ClockWatch.Change?
    ) {
        var watch = ClockWatch()
        let start = Self.start
        #expect(watch.observe(wall: start.wall, monotonic: start.monotonic, boot: start.boot) == nil)
        let change = watch.observe(
            wall: start.wall + .milliseconds(wall),
            monotonic: start.monotonic + .milliseconds(monotonic),
            boot: start.boot + .milliseconds(boot)
        )
        #expect(change == expected)
    }

    @Test func `a step during a suspension is told by the next look`() {
        var watch = ClockWatch()
        var now = Self.start
        _ = watch.observe(wall: now.wall, monotonic: now.monotonic, boot: now.boot)
        now = ClockReading(
            wall: now.wall + .hours(2) - .minutes(10),
            monotonic: now.monotonic + .seconds(5),
            boot: now.boot + .hours(2)
        )
        let asleep = watch.observe(wall: now.wall, monotonic: now.monotonic, boot: now.boot)
        #expect(asleep == .suspended(for: .hours(2) - .seconds(5)))
        let stepped = watch.observe(wall: now.wall, monotonic: now.monotonic, boot: now.boot)
        #expect(stepped == .stepped(by: .zero - .minutes(10)))
        #expect(watch.observe(wall: now.wall, monotonic: now.monotonic, boot: now.boot) == nil)
    }

    @Test func `a slow drift is never a step`() {
        var watch = ClockWatch()
        let start = Self.start
        for tick in 0..<10_000 as Range<Int64> {
            let passed = Duration.seconds(tick * 30)
            let change = watch.observe(
                wall: start.wall + passed + .milliseconds(tick * 15),
                monotonic: start.monotonic + passed,
                boot: start.boot + passed
            )
            #expect(change == nil)
        }
    }

    @Test func `the machine's clocks are read`() {
        let first = ClockReading.now()
        let second = ClockReading.now()
        #expect(first.wall > at("2025-01-01T00:00:00Z"))
        #expect(first.monotonic <= second.monotonic && first.boot <= second.boot && first.monotonic <= first.boot)
    }
}
