/// How long a provider's due questions take, and how many grants come too late at that rate for good.
package struct RevalidationForecast: Hashable, Sendable {
    /// Grants that are asked about once in an interval.
    package struct Demand: Hashable, Sendable {
        package var grants: Int
        package var every: Duration

        package init(grants: Int, every: Duration) {
            self.grants = grants
            self.every = every
        }
    }

    package let provider: ProviderID
    package let due: Int
    package let requestsPerSecond: Double
    /// Until all that is due now is asked about.
    package let seconds: Int64
    /// Between 0 and 1, in thousandths: live grants that cannot be asked about within their interval.
    package let lateShare: Double

    /// `measured` is the rate of the last long run; it counts where it is below the limit.
    package init(provider: ProviderID, due: Int, limit: Int, measured: Double?, demand: [Demand]) {
        let limit = Double(max(1, limit))
        let rate = measured.map { $0 > 0 && $0.isFinite ? min($0, limit) : limit } ?? limit
        let needed = demand.reduce(0) { sum, part in
            sum + Double(max(0, part.grants)) * 1_000 / Double(max(1, part.every.milliseconds))
        }
        self.provider = provider
        self.due = max(0, due)
        requestsPerSecond = (rate * 1_000).rounded() / 1_000
        seconds = Int64(min((Double(max(0, due)) / rate).rounded(.up), 1e15))
        lateShare = needed > rate ? ((1 - rate / needed) * 1_000).rounded() / 1_000 : 0
    }

    /// A person has to know: it takes more than a minute, or some come too late.
    package var isWorthTelling: Bool { seconds > 60 || lateShare > 0 }

    /// `3 h 10 min at 5 requests/s; 38 % will not be asked within their interval`.
    package var words: String {
        var text = "\(Self.words(seconds)) at \(Self.words(requestsPerSecond)) requests/s"
        if lateShare > 0 {
            let percent = lateShare < 0.01 ? "less than 1" : "\(Int((lateShare * 100).rounded()))"
            text += "; \(percent) % will not be asked within their interval"
        }
        return text
    }

    private static func words(_ rate: Double) -> String {
        if rate >= 10 || rate == rate.rounded() { return "\(Int64(rate.rounded()))" }
        return "\((rate * 10).rounded() / 10)"
    }

    private static func words(_ seconds: Int64) -> String {
        let minutes = (seconds + 59) / 60
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(minutes) min"
        case ..<172_800: return "\(minutes / 60) h \(minutes % 60) min"
        default: return "\(minutes / 1_440) d \(minutes % 1_440 / 60) h"
        }
    }
}
