/// How long a provider takes to end what an order covers, at its limits.
package struct ContainmentForecast: Hashable, Sendable {
    /// What one provider has to do.
    package struct Work: Hashable, Sendable {
        package var grants = 0
        /// Asking, revoking and asking again, for all of them; what is asked around each batch included.
        package var requests = 0
        /// The most that follow one after another: those of one grant, and what is asked around its batch.
        package var longest = 0

        package init(grants: Int = 0, requests: Int = 0, longest: Int = 0) {
            self.grants = grants
            self.requests = requests
            self.longest = longest
        }
    }

    package let provider: ProviderID
    package let work: Work
    package let requestsPerSecond: Double
    /// Until the first end is shown; the proofs of a batch come together.
    ///
    /// Nil: nobody can say, it waits.
    package let firstSeconds: Double?
    package let lastSeconds: Double?

    /// `measured` is a rate that was reached, `latency` the time of one request; each counts where it is the narrower.
    ///
    /// With `waits` the provider is held or silent: the work begins when that is over.
    package init(
        provider: ProviderID,
        work: Work,
        limits: ProviderSettings.Limits,
        batch: Int,
        measured: Double?,
        latency: Duration?,
        waits: Bool
    ) {
        var rate = Double(max(1, limits.requestsPerSecond))
        if let measured, measured > 0, measured.isFinite { rate = min(rate, measured) }
        let wait = max(0, Double(latency?.milliseconds ?? 0) / 1_000)
        if wait > 0 { rate = min(rate, Double(max(1, limits.inFlight)) / wait) }
        self.provider = provider
        self.work = work
        requestsPerSecond = (rate * 1_000).rounded() / 1_000
        guard !waits else {
            (firstSeconds, lastSeconds) = (nil, nil)
            return
        }
        let share = work.grants > batch ? Double(batch) / Double(work.grants) : 1
        // A grant's own requests come one after another.
        let least = work.requests > 0 ? Double(work.longest) * wait : 0
        let whole = max(Double(work.requests) / rate, least)
        firstSeconds = Self.tenths(max(whole * share, least))
        lastSeconds = Self.tenths(whole)
    }

    private static func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded(.up) / 10 }
}
