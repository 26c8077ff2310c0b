/// The limit on how much may end at once, on by default.
///
/// It is tested for each tenant × provider, and with ``total`` for each provider and for the store.
package struct Valve: Hashable, Sendable {
    /// In hundredths of what is live.
    package var sharePercent: Double = 10
    package var count = 10
    package var max = 1_000
    package var window = Duration.hours(24)

    package init() {}

    /// The default for a provider and for the store.
    package static let total: Valve = {
        var valve = Valve()
        valve.sharePercent = 5
        valve.count = 50
        return valve
    }()

    /// What the ends of one partition are measured against.
    package struct Load: Hashable, Sendable {
        /// Planned ends and quarantines, whatever the rule but 6.
        package var planned = 0
        /// Those of the last window; neither approved ones nor orders by hand.
        package var recent = 0
        /// Active, noticed and quarantined grants now, unnarrowed by filters, but for those that end by themselves.
        package var liveNow = 0
        /// Every other end of the window, approved ones included: they were live when it began.
        package var endedInWindow = 0

        package init(planned: Int = 0, recent: Int = 0, liveNow: Int = 0, endedInWindow: Int = 0) {
            self.planned = planned
            self.recent = recent
            self.liveNow = liveNow
            self.endedInWindow = endedInWindow
        }

        package var count: Int { planned + recent }
        package var live: Int { liveNow + endedInWindow }
    }

    /// Which of the three limits was passed.
    package enum Excess: String, Sendable {
        case share = "valve-share"
        case half = "valve-half"
        case max = "valve-max"
    }

    /// The limit that a partition passes; nil where all of it may go on.
    package func excess(_ load: Load) -> Excess? {
        guard load.planned > 0 else { return nil }
        let count = load.count
        if count > max { return .max }
        if count > self.count, Double(count) * 100 > sharePercent * Double(load.live) { return .share }
        if count >= 3, count > load.live - count { return .half }
        return nil
    }
}
