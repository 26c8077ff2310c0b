internal import CoreMetrics
internal import Synchronization

/// Whose numbers a handler keeps.
protocol MetricCell: AnyObject, Sendable {
    var family: String { get }
    var labels: MetricLabels { get }
}

/// A sum that only grows.
final class CounterCell: MetricCell, CounterHandler, FloatingPointCounterHandler {
    let family: String
    let labels: MetricLabels
    private let sum = Mutex(0.0)

    init(family: String, labels: MetricLabels) {
        self.family = family
        self.labels = labels
    }

    var value: Double { sum.withLock { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        sum.withLock { $0 += amount }
    }

    func reset() { sum.withLock { $0 = 0 } }
}

/// A number that goes up and down.
final class GaugeCell: MetricCell, MeterHandler, RecorderHandler {
    let family: String
    let labels: MetricLabels
    private let number = Mutex(0.0)

    init(family: String, labels: MetricLabels) {
        self.family = family
        self.labels = labels
    }

    var value: Double { number.withLock { $0 } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func increment(by amount: Double) { number.withLock { $0 += amount } }
    func decrement(by amount: Double) { number.withLock { $0 -= amount } }
}

/// How many values lay below each bound.
final class HistogramCell: MetricCell, RecorderHandler, TimerHandler {
    struct Reading {
        /// Not yet cumulative; the last is of what lies above all bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    let family: String
    let labels: MetricLabels
    let bounds: [Double]
    private let state: Mutex<Reading>

    init(family: String, labels: MetricLabels, bounds: [Double]) {
        self.family = family
        self.labels = labels
        self.bounds = bounds
        state = Mutex(Reading(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    var reading: Reading { state.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    /// In seconds, as all of Prometheus measures.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(duration, 0)) / 1e9) }
}
