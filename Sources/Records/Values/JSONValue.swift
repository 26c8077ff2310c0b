/// Any JSON value, for what has no fixed shape: a provider's answer, a stored body.
///
/// It never shows its content when it is printed: it may hold tokens.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits into 64 bits.
    case int(Int64)
    /// Every other number, to the nearest binary64.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads the document that fills the bytes, as strictly as ``JSONScanner``.
    package init(parsing bytes: [UInt8], line: Int = 1) throws(RecordError) {
        self = try JSONScanner.scan(bytes: bytes.span, line: line) { (scanner) throws(RecordError) in
            try scanner.readValue()
        }
    }

    /// Reads the document that fills the bytes, as strictly as ``JSONScanner``.
    package init(parsing bytes: some Collection<UInt8>, line: Int = 1) throws(RecordError) {
        try self.init(parsing: [UInt8](bytes), line: line)
    }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The whole number; nil also for one with a fraction or exponent.
    package var int64Value: Int64? {
        if case .int(let value) = self { value } else { nil }
    }

    /// The number, whole or not.
    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    package var isNull: Bool { self == .null }
}

extension JSONValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind only.
    package var description: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .int, .double: "a number"
        case .string: "a string"
        case .array(let elements): "an array of \(elements.count)"
        case .object(let object): object.description
        }
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension JSONScanner {
    /// Any value.
    package mutating func readValue() throws(RecordError) -> JSONValue {
        switch try peekKind() {
        case .null:
            _ = try readNullIfPresent()
            return .null
        case .bool:
            return .bool(try readBool())
        case .number:
            return try readNumberValue()
        case .string:
            return .string(try readString())
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() {
                elements.append(try readValue())
            }
            return .array(elements)
        case .object:
            return .object(try readObject())
        }
    }

    /// Any object.
    package mutating func readObject() throws(RecordError) -> JSONObject {
        var members: [JSONObject.Member] = []
        try beginObject()
        while let name = try nextMember() {
            members.append(JSONObject.Member(name: name.string, value: try readValue()))
        }
        return JSONObject(uniqueMembers: members)
    }
}
