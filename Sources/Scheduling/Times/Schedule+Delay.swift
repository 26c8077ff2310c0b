package import Grants

extension Schedule {
    /// How much later than planned each start of this schedule is: always the same for its name, below ``jitter``.
    package var delay: Duration { StableJitter.delay("schedule \(name)", upTo: jitter) }
}
