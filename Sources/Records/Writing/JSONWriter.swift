/// Appends JSON to bytes, one way only: the same calls give the same bytes.
///
/// Strings and numbers are written as in RFC 8785 §3.2.2: only what must be escaped is, non-ASCII stays UTF-8.
/// Members keep the caller's order. Commas are set by the writer; calls in an impossible order trap. That a name
/// is not written twice is the caller's part.
package struct JSONWriter {
    /// What is written so far.
    ///
    /// It may be emptied between documents; its storage is then used again.
    package var bytes: [UInt8] = []

    private let isPretty: Bool
    private var depth = 0
    private var awaitsValue = false

    /// Pretty is one member or element per line, indented by two spaces.
    package init(pretty: Bool = false) {
        isPretty = pretty
    }

    /// What is written so far, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func beginObject() {
        begin(UInt8(ascii: "{"))
    }

    package mutating func endObject() {
        end(UInt8(ascii: "}"), after: UInt8(ascii: "{"))
    }

    package mutating func beginArray() {
        begin(UInt8(ascii: "["))
    }

    package mutating func endArray() {
        end(UInt8(ascii: "]"), after: UInt8(ascii: "["))
    }

    /// Ends a line of NDJSON, or a document.
    package mutating func newline() {
        precondition(depth == 0, "a document has to be closed before the line ends")
        bytes.append(UInt8(ascii: "\n"))
    }

    /// A member's name; its value follows.
    package mutating func name(_ name: String) {
        precondition(depth > 0 && !awaitsValue, "a name stands in an object, before its value")
        separate()
        bytes.appendJSONString(name, tail: UInt8(ascii: ":"))
        if isPretty {
            bytes.append(UInt8(ascii: " "))
        }
        awaitsValue = true
    }

    package mutating func string(_ value: String) {
        beginValue()
        bytes.appendJSONString(value)
    }

    package mutating func int(_ value: Int64) {
        beginValue()
        bytes.appendDecimal(value)
    }

    /// A number; a whole one without fraction, one that is not finite as null, for which JSON has nothing else.
    package mutating func double(_ value: Double) {
        beginValue()
        bytes.appendJSONNumber(value)
    }

    package mutating func bool(_ value: Bool) {
        beginValue()
        bytes += (value ? "true" : "false").utf8
    }

    package mutating func null() {
        beginValue()
        bytes += "null".utf8
    }

    /// Milliseconds since 1970 as ``RFC3339`` text.
    package mutating func time(_ milliseconds: Int64) {
        beginValue()
        bytes.append(addingCapacity: RFC3339.longest + 2) { output in
            output.append(UInt8(ascii: "\""))
            RFC3339.append(milliseconds, to: &output)
            output.append(UInt8(ascii: "\""))
        }
    }

    /// Bytes that are one JSON value already; they are not checked.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        beginValue()
        bytes += json
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): int(value)
        case .double(let value): double(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements {
                self.value(element)
            }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                name(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    private mutating func begin(_ bracket: UInt8) {
        beginValue()
        bytes.append(bracket)
        depth += 1
    }

    private mutating func end(_ bracket: UInt8, after opening: UInt8) {
        precondition(depth > 0 && !awaitsValue, "nothing to end here")
        depth -= 1
        if isPretty, bytes.last != opening {
            breakLine()
        }
        bytes.append(bracket)
    }

    private mutating func beginValue() {
        if awaitsValue {
            awaitsValue = false
        } else {
            separate()
        }
    }

    // The comma and the line break before a name or an element. What came before shows in the last byte: only
    // an opening bracket ends with one, because a string ends with its quote.
    private mutating func separate() {
        guard depth > 0 else {
            return
        }
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
        if isPretty {
            breakLine()
        }
    }

    private mutating func breakLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}
