import CoreMetrics
import Monitoring
import Testing

@Suite("The text that Prometheus reads")
struct ExpositionTests {
    private static let dropped = """
        # HELP grantkeeper_metrics_dropped_total Metrics that were not kept: impossible names, or too many label sets.
        # TYPE grantkeeper_metrics_dropped_total counter

        """

    private func text(of registry: PrometheusRegistry, _ samples: [Sample] = []) -> String {
        registry.text(samples)
    }

    @Test func `each sort of metric is written as the format has it`() {
        let registry = PrometheusRegistry()
        registry.describe("runs_total", help: "Runs by outcome.")
        registry.describe("run_seconds", help: "How long.", buckets: [1, 0.5, .infinity, 1])
        Counter(label: "runs_total", dimensions: [("outcome", "done"), ("job", "expire")], factory: registry)
            .increment(by: 1_027)
        Counter(label: "runs_total", dimensions: [("job", "expire"), ("outcome", "done")], factory: registry)
            .increment()
        FloatingPointCounter(label: "worked_seconds_total", factory: registry).increment(by: 0.25)
        Gauge(label: "in_flight", factory: registry).record(3)
        Meter(label: "level", factory: registry).decrement(by: 1.5)
        for milliseconds in [400, 500, 700, 3_000] {
            Timer(label: "run_seconds", dimensions: [("job", "a")], factory: registry).recordMilliseconds(milliseconds)
        }
        #expect(
            text(of: registry) == Self.dropped.replacing(
                "counter\n",
                with: "counter\ngrantkeeper_metrics_dropped_total 0\n"
            ) + """
                # TYPE in_flight gauge
                in_flight 3
                # TYPE level gauge
                level -1.5
                # HELP run_seconds How long.
                # TYPE run_seconds histogram
                run_seconds_bucket{job="a",le="0.5"} 2
                run_seconds_bucket{job="a",le="1"} 3
                run_seconds_bucket{job="a",le="+Inf"} 4
                run_seconds_sum{job="a"} 4.6
                run_seconds_count{job="a"} 4
                # HELP runs_total Runs by outcome.
                # TYPE runs_total counter
                runs_total{job="expire",outcome="done"} 1028
                # TYPE worked_seconds_total counter
                worked_seconds_total 0.25

                """
        )
    }

    @Test(arguments: [
        ("plain", "plain"),
        ("a\"b", "a\\\"b"),
        ("a\\b", "a\\\\b"),
        ("a\nb_total 99", "a\\nb_total 99"),
        ("a\r\u{0}b", "a\u{FFFD}\u{FFFD}b"),
        ("ümläut 漢", "ümläut 漢"),
        ("}", "}"),
    ])
    func `a hostile label value stays in its place`(value: String, written: String) {
        let registry = PrometheusRegistry()
        Counter(label: "c_total", dimensions: [("l", value)], factory: registry).increment()
        let lines = text(of: registry, [Sample(name: "g", help: "a\\b\nc", labels: ["l": value], value: 1)])
            .split(separator: "\n")
        #expect(lines.contains("c_total{l=\"\(written)\"} 1"))
        #expect(lines.contains("g{l=\"\(written)\"} 1"))
        #expect(lines.contains("# HELP g a\\\\b\\nc"))
        #expect(lines.count == 8)
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (-0.0, "0"), (1_027, "1027"),
        (1_795_779_601.123, "1795779601.123"), (1e21, "1e+21"), (1e-7, "1e-07"), (0.1, "0.1"),
    ])
    func `numbers are written as Go reads them`(value: Double, written: String) {
        let lines = text(of: PrometheusRegistry(), [Sample(name: "g", help: "", value: value)]).split(separator: "\n")
        #expect(lines.contains("g \(written)"))
    }

    /// Names and labels that would break a scrape.
    @Test(
        arguments: [
            ("", []), ("1a", []), ("a-b", []), ("a:b", []), ("a b", []), ("ä", []), ("a\nb", []),
            ("ok", [("", "x")]), ("ok", [("1", "x")]), ("ok", [("a-b", "x")]), ("ok", [("__name__", "x")]),
            ("ok", [("le", "1")]), ("ok", [("quantile", "1")]), ("ok", [("a", "1"), ("a", "2")]),
            ("ok", [("a", String(repeating: "x", count: 1_025))]), (PrometheusRegistry.droppedName, []),
        ] as [(String, [(String, String)])]
    )
    func `an impossible name is dropped and counted, and nothing fails`(name: String, labels: [(String, String)]) {
        let registry = PrometheusRegistry()
        Counter(label: name, dimensions: labels, factory: registry).increment()
        Timer(label: name, dimensions: labels, factory: registry).recordSeconds(1)
        #expect(text(of: registry) == Self.dropped + "grantkeeper_metrics_dropped_total 2\n")
        let pairs = Dictionary(labels) { first, _ in first }
        guard pairs.count == labels.count else { return }
        #expect(
            text(of: registry, [Sample(name: name, help: "", labels: pairs, value: 1)])
                == Self.dropped + "grantkeeper_metrics_dropped_total 3\n"
        )
    }

    @Test func `a name has one sort, and a histogram's parts are its own`() {
        let registry = PrometheusRegistry()
        Counter(label: "a", factory: registry).increment()
        Timer(label: "b", factory: registry).recordSeconds(1)
        Gauge(label: "a", factory: registry).record(1)
        Counter(label: "b_count", factory: registry).increment()
        Counter(label: "b_bucket", factory: registry).increment()
        let text = registry.text([
            Sample(name: "a", help: "", value: 5), Sample(name: "b", help: "", value: 5),
            Sample(name: "b_sum", help: "", value: 5),
        ])
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE a ") } == ["# TYPE a counter"])
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("b_sum") } == ["b_sum 1"])
        #expect(text.contains("\ngrantkeeper_metrics_dropped_total 6\n"))
    }

    @Test func `gauges of the scrape stand with those of the same name, each label set once`() {
        let registry = PrometheusRegistry()
        registry.describe("g", help: "Described.")
        Gauge(label: "g", dimensions: [("p", "b")], factory: registry).record(1)
        let lines = registry.text([
            Sample(name: "g", help: "Other.", labels: ["p": "a"], value: 2),
            Sample(name: "g", help: "Other.", labels: ["p": "b"], value: 3),
            Sample(name: "f", help: "F.", labels: ["p": ""], value: 4),
            Sample(name: "f", help: "F.", value: 5),
            Sample(name: "h_total", help: "H.", value: 6),
        ]).split(separator: "\n")
        #expect(
            lines == [
                "# HELP f F.", "# TYPE f gauge", "f 4", "# HELP g Described.", "# TYPE g gauge", "g{p=\"a\"} 2",
                "g{p=\"b\"} 1",
                "# HELP grantkeeper_metrics_dropped_total Metrics that were not kept: impossible names, or too many label sets.",
                "# TYPE grantkeeper_metrics_dropped_total counter", "grantkeeper_metrics_dropped_total 2",
                "# HELP h_total H.", "# TYPE h_total counter", "h_total 6",
            ]
        )
    }

    @Test func `label sets and names beyond the limits are dropped and counted`() {
        let registry = PrometheusRegistry()
        for number in 0..<PrometheusRegistry.mostSeries + 5 {
            Counter(label: "many_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        for number in 0..<PrometheusRegistry.mostMetrics + 5 {
            Counter(label: "name_\(number)_total", factory: registry).increment()
            registry.describe("name_\(number)_total", help: "")
        }
        // A known one goes on being counted.
        Counter(label: "many_total", dimensions: [("n", "0")], factory: registry).increment()
        let samples = (0..<PrometheusRegistry.mostSeries + 5).map {
            Sample(name: "gauge", help: "", labels: ["n": "\($0)"], value: 1)
        }
        let lines = registry.text(samples).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("many_total{") } == 1_000)
        #expect(lines.count { $0.hasPrefix("name_") } == 999)
        #expect(lines.count { $0.hasPrefix("gauge{") } == 1_000)
        #expect(lines.contains("many_total{n=\"0\"} 2"))
        #expect(lines.contains("grantkeeper_metrics_dropped_total 16"))
    }

    @Test func `counters only grow, and what is no number is not recorded`() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "c_total", factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        let floating = FloatingPointCounter(label: "f_total", factory: registry)
        for amount in [1.5, .nan, .infinity, -1] { floating.increment(by: amount) }
        let recorder = Recorder(label: "r", factory: registry)
        for value in [1, .nan, .infinity, 2] { recorder.record(value) }
        Timer(label: "t_seconds", factory: registry).recordNanoseconds(-5)
        let lines = text(of: registry).split(separator: "\n")
        #expect(lines.contains("c_total 5"))
        #expect(lines.contains("f_total 1.5"))
        #expect(lines.contains("r_sum 3"))
        #expect(lines.contains("t_seconds_sum 0"))
        #expect(lines.contains("r_count 2"))
    }

    @Test func `what is destroyed is gone`() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "c_total", dimensions: [("a", "1")], factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!text(of: registry).contains("c_total"))
        Timer(label: "c_total", factory: registry).recordSeconds(1)
        #expect(text(of: registry).contains("# TYPE c_total histogram"))
    }

    @Test func `nothing is lost when many count at once, and each scrape is whole`() async throws {
        let registry = PrometheusRegistry()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<1_000 {
                        Counter(label: "c_total", dimensions: [("n", "\(number % 10)")], factory: registry).increment()
                        Timer(label: "t_seconds", factory: registry).recordNanoseconds(Int64(number) * 1_000_000)
                        Gauge(label: "g", dimensions: [("task", "\(task)")], factory: registry).record(number)
                    }
                }
            }
            group.addTask {
                for _ in 0..<50 {
                    let lines = registry.text([]).split(separator: "\n")
                    let last = lines.first { $0.hasPrefix("t_seconds_bucket{le=\"+Inf\"}") }?.split(separator: " ").last
                    let count = lines.first { $0.hasPrefix("t_seconds_count") }?.split(separator: " ").last
                    #expect(last == count)
                }
            }
            try await group.waitForAll()
        }
        let lines = text(of: registry).split(separator: "\n")
        for number in 0..<10 { #expect(lines.contains("c_total{n=\"\(number)\"} 800")) }
        #expect(lines.contains("t_seconds_count 8000"))
        #expect(lines.contains("grantkeeper_metrics_dropped_total 0"))
    }
}
