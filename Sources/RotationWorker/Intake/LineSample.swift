internal import Records

/// What a line that cannot be read looks like, without any value of it.
enum LineSample {
    private static let longest = 160

    /// The line's punctuation and the names of known members; every other text, number and byte is left out.
    static func of(_ line: Span<UInt8>) -> String {
        var sample = ""
        var index = 0
        while index < line.count, sample.utf8.count < longest {
            let byte = line[index]
            switch byte {
            case UInt8(ascii: "\""):
                let end = endOfString(line, from: index + 1)
                sample += "\"" + (known(line, index + 1, end) ?? "…") + "\""
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"),
                UInt8(ascii: ","):
                sample.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20, 0x09: break
            default: if sample.last != "…" { sample += "…" }
            }
            index += 1
        }
        return index < line.count ? sample + "…" : sample
    }

    /// Where the closing quote is, or the line's end.
    private static func endOfString(_ line: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < line.count, line[index] != UInt8(ascii: "\"") {
            index += line[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, line.count)
    }

    private static func known(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> String? {
        guard end - start <= 32 else { return nil }
        let text = String(decoding: (start..<end).map { line[$0] }, as: UTF8.self)
        return UsageLine.members.names.contains(text) ? text : nil
    }
}
