internal import Logging
internal import Records

/// One log event in the two ways that it is written.
struct LogLine {
    var at: Int64
    var level: Logger.Level
    var logger: String
    var message: String
    var members: Logger.Metadata

    /// Longer messages and values are cut: a line stays below what journald takes for one.
    private static let longest = 8_192

    // MARK: Text

    func appendText(to bytes: inout [UInt8], showsTime: Bool) {
        if showsTime { bytes += "\(RFC3339.string(at)) ".utf8 }
        bytes += level.rawValue.utf8
        bytes.append(UInt8(ascii: " "))
        bytes += Self.escaped(Self.cut(message), quoted: false).utf8
        for (name, value) in named {
            bytes += " \(name)=\(Self.logfmt(Self.plain(value)))".utf8
        }
    }

    /// Bare where it can be read back as one word, quoted otherwise.
    private static func logfmt(_ value: String) -> String {
        let value = cut(value)
        let isBare =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy { $0 != "\"" && $0 != "=" && $0 != "\\" && $0 != " " && !isHidden($0) }
        return isBare ? value : "\"\(escaped(value, quoted: true))\""
    }

    private static func escaped(_ text: String, quoted: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\"" where quoted: result += "\\\""
            case "\\" where quoted: result += "\\\\"
            case _ where isHidden(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Control characters, line and paragraph ends, and what turns the direction of reading.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Lists and mappings as JSON, anything else as its words.
    private static func plain(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .string(let text): return text
        case .stringConvertible(let value): return value.description
        case .dictionary, .array:
            var writer = JSONWriter()
            write(value, to: &writer)
            return writer.text
        }
    }

    // MARK: JSON

    func appendJSON(to bytes: inout [UInt8]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("at", time: at)
        writer.member("level", level.rawValue)
        writer.member("logger", logger)
        writer.member("message", Self.cut(message))
        for (name, value) in named {
            writer.name(name)
            Self.write(value, to: &writer)
        }
        writer.endObject()
        bytes += writer.bytes
    }

    private static func write(_ value: Logger.Metadata.Value, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.string(cut(text))
        case .stringConvertible(let value as Int): writer.int(Int64(value))
        case .stringConvertible(let value as Int64): writer.int(value)
        case .stringConvertible(let value as Double): writer.double(value)
        case .stringConvertible(let value as Bool): writer.bool(value)
        case .stringConvertible(let value): writer.string(cut(value.description))
        case .array(let values):
            writer.beginArray()
            for value in values { write(value, to: &writer) }
            writer.endArray()
        case .dictionary(let members):
            writer.beginObject()
            for (name, value) in named(members, taken: []) {
                writer.name(name)
                write(value, to: &writer)
            }
            writer.endObject()
        }
    }

    // MARK: Names

    private var named: [(String, Logger.Metadata.Value)] {
        Self.named(members, taken: ["at", "level", "logger", "message"])
    }

    /// In snake case and in order; a name that is taken gets a `_` at its end.
    private static func named(
        _ members: Logger.Metadata,
        taken: Set<String>
    ) -> [(String, Logger.Metadata.Value)] {
        var taken = taken
        return members.sorted { $0.key < $1.key }.map { key, value in
            var name = snakeCase(key)
            while !taken.insert(name).inserted { name += "_" }
            return (name, value)
        }
    }

    private static func snakeCase(_ key: String) -> String {
        var name = ""
        var wasLow = false
        for scalar in key.unicodeScalars.prefix(64) {
            switch scalar {
            case "A"..."Z":
                if wasLow { name += "_" }
                name += scalar.properties.lowercaseMapping
                wasLow = false
            case "a"..."z", "0"..."9":
                name.unicodeScalars.append(scalar)
                wasLow = true
            default:
                name += "_"
                wasLow = false
            }
        }
        return name.isEmpty ? "_" : name
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self) + "…"
    }
}
