/// The text of one scrape while it is put together.
///
/// Each metric's lines stand together, with `# HELP` and `# TYPE` once before them; no label set comes twice.
struct Exposition {
    private struct Block {
        var kind: PrometheusRegistry.Kind
        var help: String?
        /// By label set: one or, for a histogram, several lines.
        var lines: [String: String] = [:]
    }

    private let helps: [String: String]
    private var blocks: [String: Block] = [:]
    private var taken: Set<String> = []
    /// Samples that could not be written.
    private(set) var refused = 0

    init(helps: [String: String]) { self.helps = helps }

    /// The names that a metric's lines have.
    static func reserved(by name: String, _ kind: PrometheusRegistry.Kind) -> Set<String> {
        kind == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }

    mutating func add(_ name: String, _ family: PrometheusRegistry.Family) {
        guard !family.cells.isEmpty else { return }
        var block = Block(kind: family.kind, help: helps[name])
        for (labels, cell) in family.cells {
            block.lines[labels.text] =
                switch cell {
                case let cell as CounterCell: Self.line(name, labels.text, cell.value)
                case let cell as GaugeCell: Self.line(name, labels.text, cell.value)
                case let cell as HistogramCell: Self.lines(name, labels.text, cell)
                default: ""
                }
        }
        blocks[name] = block
        taken.formUnion(Self.reserved(by: name, family.kind))
    }

    /// The one metric of ours; it comes last.
    mutating func addDropped(_ count: Int) {
        let name = PrometheusRegistry.droppedName
        let help = "Metrics that were not kept: impossible names, or too many label sets."
        blocks[name] = Block(kind: .counter, help: help, lines: ["": Self.line(name, "", Double(count))])
    }

    mutating func add(_ sample: Sample) {
        let kind: PrometheusRegistry.Kind = sample.name.hasSuffix("_total") ? .counter : .gauge
        let isFree = blocks[sample.name].map { $0.kind == kind } ?? !taken.contains(sample.name)
        guard isFree, MetricLabels.isName(sample.name), sample.name != PrometheusRegistry.droppedName,
            let labels = MetricLabels(sample.labels.map { ($0.key, $0.value) })
        else {
            refused += 1
            return
        }
        var block = blocks[sample.name] ?? Block(kind: kind, help: helps[sample.name] ?? sample.help)
        guard block.lines[labels.text] == nil, block.lines.count < PrometheusRegistry.mostSeries else {
            refused += 1
            return
        }
        block.lines[labels.text] = Self.line(sample.name, labels.text, sample.value)
        blocks[sample.name] = block
        taken.insert(sample.name)
    }

    var text: String {
        var text = ""
        for (name, block) in blocks.sorted(by: { $0.key < $1.key }) {
            if let help = block.help, !help.isEmpty { text += "# HELP \(name) \(Self.escaped(help))\n" }
            text += "# TYPE \(name) \(block.kind.rawValue)\n"
            for (_, lines) in block.lines.sorted(by: { $0.key < $1.key }) { text += lines }
        }
        return text
    }

    // MARK: Lines

    private static func line(_ name: String, _ labels: String, _ value: Double) -> String {
        labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
    }

    private static func lines(_ name: String, _ labels: String, _ cell: HistogramCell) -> String {
        let reading = cell.reading
        var count: UInt64 = 0
        var text = ""
        for (bound, more) in zip(cell.bounds + [.infinity], reading.counts) {
            count += more
            let bucket = labels.isEmpty ? "le=\"\(number(bound))\"" : "\(labels),le=\"\(number(bound))\""
            text += line(name + "_bucket", bucket, Double(count))
        }
        return text + line(name + "_sum", labels, reading.sum) + line(name + "_count", labels, Double(count))
    }

    /// As Go's `ParseFloat` reads it; whole numbers in full.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value.magnitude < 1e15, value == value.rounded() { return String(Int64(value)) }
        return value.description
    }

    private static func escaped(_ help: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\".unicodeScalars
            case "\n": result += "\\n".unicodeScalars
            case _ where scalar.value < 0x20: result.append(" ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
