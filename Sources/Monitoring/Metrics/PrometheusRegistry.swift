package import CoreMetrics
internal import Synchronization

/// Keeps what the program counts, and writes it as Prometheus reads it (text format 0.0.4).
///
/// Never traps and never grows beyond ``mostMetrics`` metrics of ``mostSeries`` label sets each: what has an
/// impossible name, or comes too late, is not kept, and counted in `grantkeeper_metrics_dropped_total`. Timers are
/// histograms of seconds, recorders histograms, or gauges where they do not aggregate.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    package static let mostSeries = 1_000
    package static let mostMetrics = 1_000
    package static let droppedName = "grantkeeper_metrics_dropped_total"
    /// In seconds: from a store's read to a run that takes an hour.
    package static let defaultBuckets: [Double] = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600]

    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    struct Family {
        let kind: Kind
        let bounds: [Double]
        var cells: [MetricLabels: any MetricCell] = [:]
    }

    private struct Description {
        var help: String
        var buckets: [Double]?
    }

    private struct State {
        var families: [String: Family] = [:]
        var descriptions: [String: Description] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// What a metric is about, and the upper bounds of its histogram, before it is used first.
    package func describe(_ name: String, help: String, buckets: [Double]? = nil) {
        state.withLock { state in
            guard state.descriptions.count < Self.mostMetrics || state.descriptions[name] != nil else { return }
            state.descriptions[name] = Description(help: help, buckets: buckets)
        }
    }

    /// All metrics with those that were read for this scrape, in order of their names.
    package func text(_ collected: [Sample]) -> String {
        let (families, helps) = state.withLock { ($0.families, $0.descriptions.mapValues(\.help)) }
        var exposition = Exposition(helps: helps)
        for (name, family) in families { exposition.add(name, family) }
        for sample in collected { exposition.add(sample) }
        let dropped = state.withLock { state in
            state.dropped += exposition.refused
            return state.dropped
        }
        exposition.addDropped(dropped)
        return exposition.text
    }

    // MARK: Handlers

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions, .counter) { CounterCell(family: label, labels: $0) } ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(label, dimensions, .counter) { CounterCell(family: label, labels: $0) } ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, dimensions, .gauge) { GaugeCell(family: label, labels: $0) } ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
        return cell(label, dimensions, .gauge) { GaugeCell(family: label, labels: $0) } ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    // MARK: The one table

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> HistogramCell? {
        cell(name, dimensions, .histogram) { labels, bounds in
            HistogramCell(family: name, labels: labels, bounds: bounds)
        }
    }

    private func cell<Cell: MetricCell>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ kind: Kind,
        _ make: (MetricLabels) -> Cell
    ) -> Cell? {
        cell(name, dimensions, kind) { labels, _ in make(labels) }
    }

    /// The cell with these labels, made where there is none; nil: dropped.
    private func cell<Cell: MetricCell>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ kind: Kind,
        _ make: (MetricLabels, [Double]) -> Cell
    ) -> Cell? {
        let labels = MetricLabels(dimensions)
        return state.withLock { state in
            guard let labels, let family = Self.family(name, kind, in: &state) else {
                state.dropped += 1
                return nil
            }
            if let known = family.cells[labels] { return known as? Cell }
            guard family.cells.count < Self.mostSeries else {
                state.dropped += 1
                return nil
            }
            let made = make(labels, family.bounds)
            state.families[name]?.cells[labels] = made
            return made
        }
    }

    /// nil: no such name, another kind, a name that a histogram's parts have, or too many.
    private static func family(_ name: String, _ kind: Kind, in state: inout State) -> Family? {
        if let family = state.families[name] { return family.kind == kind ? family : nil }
        guard MetricLabels.isName(name), name != droppedName, state.families.count < mostMetrics,
            Exposition.reserved(by: name, kind).isDisjoint(
                with: state.families.flatMap { Exposition.reserved(by: $0.key, $0.value.kind) }
            )
        else { return nil }
        let buckets = state.descriptions[name]?.buckets ?? defaultBuckets
        let family = Family(kind: kind, bounds: Set(buckets.filter(\.isFinite)).sorted())
        state.families[name] = family
        return family
    }

    private func remove(_ handler: AnyObject) {
        guard let cell = handler as? any MetricCell else { return }
        state.withLock { state in
            guard state.families[cell.family]?.cells[cell.labels] === cell else { return }
            state.families[cell.family]?.cells[cell.labels] = nil
            if state.families[cell.family]?.cells.isEmpty == true { state.families[cell.family] = nil }
        }
    }
}
