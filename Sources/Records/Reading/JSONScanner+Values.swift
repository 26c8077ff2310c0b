// Reading single values.
extension JSONScanner {
    /// The kind of the next value, which stays unread.
    package mutating func peekKind() throws(RecordError) -> Kind {
        guard let kind = Self.kind(startingWith: startValue()) else {
            throw unexpected(expected: "a value")
        }
        return kind
    }

    /// A string; one of more than `maximumBytes` of UTF-8 is `tooLong`.
    package mutating func readString(maximumBytes: Int = .max) throws(RecordError) -> String {
        let text = try readText(maximumBytes)
        if text.hasEscapes {
            return String(decoding: unescape(text), as: UTF8.self)
        }
        return unsafe String(decoding: input.extracting(text.start..<text.end), as: UTF8.self)
    }

    /// A string's UTF-8; one of more than `maximumBytes` is `tooLong`.
    package mutating func readStringBytes(maximumBytes: Int = .max) throws(RecordError) -> [UInt8] {
        let text = try readText(maximumBytes)
        return text.hasEscapes ? unescape(text) : unsafe [UInt8](input.extracting(text.start..<text.end))
    }

    /// A string that stays where it is, for ``withText(of:_:)``; one of more than `maximumBytes` is `tooLong`.
    package mutating func readInPlace(maximumBytes: Int = .max) throws(RecordError) -> ScannedString {
        try readText(maximumBytes)
    }

    /// Calls `body` with the UTF-8 of a string of this document, copied only if it was written with escapes.
    package func withText<Result>(
        of text: ScannedString,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        if text.hasEscapes {
            return unsafe unescape(text).withUnsafeBytes { unsafe body($0) }
        }
        // `extracting` traps outside of the input.
        return unsafe body(UnsafeRawBufferPointer(input.extracting(text.start..<text.end)))
    }

    /// A string or null, which is nil.
    package mutating func readStringOrNull(maximumBytes: Int = .max) throws(RecordError) -> String? {
        try readNullIfPresent() ? nil : readString(maximumBytes: maximumBytes)
    }

    /// An array of strings.
    package mutating func readStrings() throws(RecordError) -> [String] {
        var strings: [String] = []
        try beginArray()
        while try nextElement() {
            strings.append(try readString())
        }
        return strings
    }

    /// An RFC 3339 time, as ``RFC3339`` takes it: milliseconds since 1970.
    package mutating func readTime() throws(RecordError) -> Int64 {
        guard startValue() == UInt8(ascii: "\"") else {
            throw wrongType(expected: "a string with an RFC 3339 time")
        }
        let text = try scanString()
        let time: Int64?
        if text.hasEscapes {
            time = RFC3339.parse(unescape(text))
        } else {
            time = unsafe RFC3339.parse(Span(_unsafeElements: input.extracting(text.start..<text.end)))
        }
        guard let time else {
            throw error(.badTime, "expected an RFC 3339 time such as 2026-05-01T08:00:00Z")
        }
        awaitsValue = false
        return time
    }

    /// A time of a grant's life: one before 2010 is how programs write "never", and is `outOfRange`.
    package mutating func readTimeOfGrant() throws(RecordError) -> Int64 {
        let time = try readTime()
        guard time >= RFC3339.earliestOfGrants else {
            throw error(
                .outOfRange,
                "the time is before 2010, which is how programs write \"never\"",
                hint: "write null where there is none"
            )
        }
        return time
    }

    /// A time or null, which is nil.
    package mutating func readTimeOrNull() throws(RecordError) -> Int64? {
        try readNullIfPresent() ? nil : readTime()
    }

    /// `true` or `false`, nothing that resembles them.
    package mutating func readBool() throws(RecordError) -> Bool {
        let isTrue: Bool
        switch startValue() {
        case UInt8(ascii: "t"):
            try readLiteral("true")
            isTrue = true
        case UInt8(ascii: "f"):
            try readLiteral("false")
            isTrue = false
        default:
            throw wrongType(expected: "true or false")
        }
        awaitsValue = false
        return isTrue
    }

    /// Reads a null if there is one; else the value stays unread.
    package mutating func readNullIfPresent() throws(RecordError) -> Bool {
        guard startValue() == UInt8(ascii: "n") else {
            return false
        }
        try readLiteral("null")
        awaitsValue = false
        return true
    }

    static func kind(startingWith byte: UInt8) -> Kind? {
        switch byte {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    private mutating func readText(_ maximumBytes: Int) throws(RecordError) -> ScannedString {
        guard startValue() == UInt8(ascii: "\"") else {
            throw wrongType(expected: "a string")
        }
        let text = try scanString()
        // Escapes only ever shrink: a long literal text may still be short enough.
        guard text.end - text.start <= maximumBytes || (text.hasEscapes && unescape(text).count <= maximumBytes)
        else {
            throw error(.tooLong, "the string is longer than \(maximumBytes) bytes")
        }
        awaitsValue = false
        return text
    }

    private mutating func readLiteral(_ literal: StaticString) throws(RecordError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard unsafe peek == literal.utf8Start[index] else {
                throw unexpected(expected: "a value")
            }
            position += 1
        }
    }
}
