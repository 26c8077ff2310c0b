internal import CoreMetrics
package import Grants
internal import Synchronization

/// Counts one provider's responses, many a second: what to count them in is looked up once.
package final class RequestMeter: Sendable {
    private struct Cells {
        var timer: Timer?
        var counters: [Int: Counter] = [:]
    }

    private let metrics: WorkerMetrics
    private let provider: ProviderID
    private let cells = Mutex(Cells())

    package init(_ metrics: WorkerMetrics, _ provider: ProviderID) {
        self.metrics = metrics
        self.provider = provider
    }

    /// As ``WorkerMetrics/request(_:outcome:seconds:)`` counts.
    package func count(status: Int, seconds: Double) {
        let (counter, timer) = cells.withLock { cells in
            let counter = cells.counters[status] ?? metrics.requestCounter(provider, outcome: "\(status)")
            let timer = cells.timer ?? metrics.requestTimer(provider)
            cells.counters[status] = counter
            cells.timer = timer
            return (counter, timer)
        }
        counter.increment()
        timer.recordNanoseconds(Int64((min(max(seconds, 0), 1e9) * 1e9).rounded()))
    }
}
