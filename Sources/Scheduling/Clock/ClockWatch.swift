internal import Glibc
package import Grants

/// What the machine's clocks showed at one moment.
package struct ClockReading: Hashable, Sendable {
    package var wall: Timestamp
    /// Stands still while the machine is suspended.
    package var monotonic: Duration
    /// Goes on while the machine is suspended.
    package var boot: Duration

    package init(wall: Timestamp, monotonic: Duration, boot: Duration) {
        self.wall = wall
        self.monotonic = monotonic
        self.boot = boot
    }

    package static func now() -> ClockReading {
        let wall = read(CLOCK_REALTIME)
        return ClockReading(
            wall: Timestamp(milliseconds: wall.milliseconds),
            monotonic: read(CLOCK_MONOTONIC),
            boot: sinceBoot()
        )
    }

    /// Time since the machine's start, suspensions included; all processes of a machine count it alike.
    package static func sinceBoot() -> Duration {
        read(CLOCK_BOOTTIME)
    }

    private static func read(_ clock: Int32) -> Duration {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}

/// Notices that the wall clock was stepped, or that the machine slept, from one reading to the next.
package struct ClockWatch: Sendable {
    package enum Change: Hashable, Sendable {
        /// The wall clock was set, ahead if positive.
        case stepped(by: Duration)
        case suspended(for: Duration)
    }

    /// Less than this is no step: clocks drift and are slewed, and three clocks are not read at once.
    package static let threshold = Duration.seconds(2)

    private var last: ClockReading?

    package init() {}

    /// What happened since the reading before; nil: nothing did, or there was none.
    ///
    /// Where both happened, the suspension is told first and the step by the next call.
    package mutating func observe(wall: Timestamp, monotonic: Duration, boot: Duration) -> Change? {
        let reading = ClockReading(wall: wall, monotonic: monotonic, boot: boot)
        guard let last else {
            self.last = reading
            return nil
        }
        let slept = (boot - last.boot) - (monotonic - last.monotonic)
        let step = (wall - last.wall) - (boot - last.boot)
        if slept >= Self.threshold {
            // As if the wall clock had gone with the others, so that a step stays to be told.
            self.last = ClockReading(wall: wall - step, monotonic: monotonic, boot: boot)
            return .suspended(for: slept)
        }
        self.last = reading
        return step >= Self.threshold || step <= .zero - Self.threshold ? .stepped(by: step) : nil
    }
}
