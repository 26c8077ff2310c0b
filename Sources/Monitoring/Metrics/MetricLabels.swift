/// One metric's labels in their one normal form: sorted, unique, without empty values, which mean none.
struct MetricLabels: Hashable {
    let pairs: [Pair]

    struct Pair: Hashable {
        let name: String
        let value: String
    }

    static let longestValue = 1_024

    /// nil for names that Prometheus does not take or that it keeps for itself, and for values beyond all measure.
    init?(_ dimensions: some Sequence<(String, String)>) {
        var pairs: [Pair] = []
        for (name, value) in dimensions {
            guard Self.isName(name), !name.hasPrefix("__"), name != "le", name != "quantile",
                value.utf8.count <= Self.longestValue
            else { return nil }
            pairs.append(Pair(name: name, value: Self.cleaned(value)))
        }
        pairs.sort { $0.name < $1.name }
        guard zip(pairs, pairs.dropFirst()).allSatisfy({ $0.name != $1.name }) else { return nil }
        self.pairs = pairs.filter { !$0.value.isEmpty }
    }

    /// `a="x",b="y"`, escaped; empty without labels.
    var text: String {
        pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`: also what a metric of a program of its own may be called.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 256 else { return false }
        return !isDigit(first) && text.utf8.allSatisfy { isDigit($0) || isLetter($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                && byte & 0x40 != 0
    }

    /// The format knows an escape for the line feed only; other control characters break its readers.
    private static func cleaned(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A }) else { return value }
        var result = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            result.append(scalar.value < 0x20 && scalar != "\n" ? "\u{FFFD}" : scalar)
        }
        return String(result)
    }

    private static func escaped(_ value: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\".unicodeScalars
            case "\"": result += "\\\"".unicodeScalars
            case "\n": result += "\\n".unicodeScalars
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
