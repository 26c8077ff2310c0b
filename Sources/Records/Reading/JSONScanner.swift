/// A strict pull parser over the bytes of one JSON document or one NDJSON line (RFC 8259).
///
/// It refuses what lenient readers disagree about: duplicate members (compared after unescaping, also in what is
/// skipped), trailing commas, a byte-order mark, malformed UTF-8, lone surrogates, unescaped control characters,
/// numbers with leading zeros, `NaN`, more than 32 levels. Nothing is converted: a number is never a string.
///
/// Read in the order of the document: after each ``nextMember()`` or true ``nextElement()`` read or skip exactly
/// one value. A wrong order of calls is a programmer's mistake and traps; whatever the bytes are, calls throw.
@safe
package struct JSONScanner: ~Copyable {
    /// Objects and arrays within each other, at most.
    package static let maximumDepth = 32

    /// The kind of a value, known from its first byte.
    package enum Kind: Equatable, Sendable {
        case object
        case array
        case string
        case number
        case bool
        case null
    }

    // Valid while `scan` runs; nothing can take the scanner out of it, because it is not copyable and only
    // `scan` makes one. Every access goes through `byte(_:)`, `word(_:)` or `extracting`, which check bounds.
    let input: UnsafeBufferPointer<UInt8>
    let count: Int
    let firstLine: Int
    var position = 0
    /// Where the value or name read last begins; what the reader finds wrong with it is reported there.
    var tokenStart = 0
    /// Whether the next call has to read a value.
    var awaitsValue = true
    var seen = SeenNames()

    private var depth = 0
    // One bit per level.
    private var objects: UInt64 = 0
    private var startedArrays: UInt64 = 0

    init(_ input: UnsafeBufferPointer<UInt8>, firstLine: Int) {
        unsafe self.input = unsafe input
        count = input.count
        self.firstLine = firstLine
    }

    /// Reads one document that fills the bytes; `line` is the number of their first line.
    ///
    /// What `body` leaves unread is checked all the same, and only white space may follow the document.
    package static func scan<Result>(
        bytes: Span<UInt8>,
        line: Int = 1,
        _ body: (inout JSONScanner) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(RecordError) -> Result in
            var scanner = unsafe JSONScanner(buffer, firstLine: line)
            try scanner.refuseByteOrderMark()
            let result = try body(&scanner)
            try scanner.end()
            return result
        }
    }

    /// Reads one document that fills the bytes; `line` is the number of their first line.
    package static func scan<Result>(
        bytes: [UInt8],
        line: Int = 1,
        _ body: (inout JSONScanner) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        try scan(bytes: bytes.span, line: line, body)
    }

    /// Enters an object.
    package mutating func beginObject() throws(RecordError) {
        guard startValue() == UInt8(ascii: "{") else {
            throw wrongType(expected: "an object")
        }
        try push(isObject: true)
        seen.beginObject()
    }

    /// The next member's name, or nil at the end of the object, which is then left.
    package mutating func nextMember() throws(RecordError) -> MemberName? {
        precondition(!awaitsValue, "the value of a member has to be read or skipped")
        precondition(depth > 0 && isInObject, "nextMember() outside of an object")
        skipWhitespace()
        tokenStart = position
        let isFirst = seen.isFirstOfObject
        if peek == UInt8(ascii: "}") {
            pop()
            seen.endObject()
            return nil
        }
        if !isFirst {
            try readComma(orClosing: "\"}\"", UInt8(ascii: "}"))
        }
        guard peek == UInt8(ascii: "\"") else {
            throw unexpected(expected: isFirst ? "a member name in quotes or \"}\"" : "a member name in quotes")
        }
        tokenStart = position
        let text = try scanString()
        let name: MemberName
        let isNew: Bool
        if text.hasEscapes {
            let unescaped = unescape(text)
            name = unsafe unescaped.withUnsafeBufferPointer { unsafe MemberName($0) }
            isNew = unsafe seen.insert(unescaped: unescaped, in: input)
        } else {
            let bytes = unsafe input.extracting(text.start..<text.end)
            name = unsafe MemberName(bytes)
            isNew = unsafe seen.insert(bytes, at: text.start, in: input)
        }
        guard isNew else {
            throw error(.duplicateMember, "the member is given twice")
        }
        if peek != UInt8(ascii: ":") {
            skipWhitespace()
            guard peek == UInt8(ascii: ":") else {
                throw unexpected(expected: "\":\"")
            }
        }
        position += 1
        awaitsValue = true
        return name
    }

    /// Enters an array.
    package mutating func beginArray() throws(RecordError) {
        guard startValue() == UInt8(ascii: "[") else {
            throw wrongType(expected: "an array")
        }
        try push(isObject: false)
    }

    /// Whether there is another element; false at the end of the array, which is then left.
    package mutating func nextElement() throws(RecordError) -> Bool {
        precondition(!awaitsValue, "the value of an element has to be read or skipped")
        precondition(depth > 0 && !isInObject, "nextElement() outside of an array")
        skipWhitespace()
        tokenStart = position
        if peek == UInt8(ascii: "]") {
            pop()
            return false
        }
        if startedArrays & (1 << UInt64(depth)) != 0 {
            try readComma(orClosing: "\"]\"", UInt8(ascii: "]"))
        }
        startedArrays |= 1 << UInt64(depth)
        awaitsValue = true
        return true
    }

    /// Reads past any value, as strictly as if it were wanted.
    package mutating func skipValue() throws(RecordError) {
        switch try peekKind() {
        case .object:
            try beginObject()
            while try nextMember() != nil {
                try skipValue()
            }
        case .array:
            try beginArray()
            while try nextElement() {
                try skipValue()
            }
        case .string:
            tokenStart = position
            _ = try scanString()
            awaitsValue = false
        case .number:
            tokenStart = position
            _ = try scanNumber()
            awaitsValue = false
        case .bool:
            _ = try readBool()
        case .null:
            _ = try readNullIfPresent()
        }
    }

    /// Checks what is left of the document, and that only white space follows it; `scan` calls it.
    package mutating func end() throws(RecordError) {
        while awaitsValue || depth > 0 {
            if awaitsValue {
                try skipValue()
            } else if isInObject {
                _ = try nextMember()
            } else {
                _ = try nextElement()
            }
        }
        skipWhitespace()
        guard position == count else {
            throw unexpected(expected: "nothing after the end of the document")
        }
    }

    /// Whether the innermost open container is an array.
    var isInArray: Bool { depth > 0 && !isInObject }

    private var isInObject: Bool { objects & (1 << UInt64(depth)) != 0 }

    private mutating func push(isObject: Bool) throws(RecordError) {
        guard depth < Self.maximumDepth else {
            throw error(.tooDeep, "more than \(Self.maximumDepth) levels of objects and arrays")
        }
        depth += 1
        position += 1
        awaitsValue = false
        let bit: UInt64 = 1 << UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        startedArrays &= ~bit
    }

    private mutating func pop() {
        depth -= 1
        position += 1
    }

    private mutating func readComma(orClosing closing: String, _ closingByte: UInt8) throws(RecordError) {
        guard peek == UInt8(ascii: ",") else {
            throw unexpected(expected: "\",\" or \(closing)")
        }
        let comma = position
        position += 1
        skipWhitespace()
        if peek == closingByte {
            throw error(.syntax, "a comma is not allowed before \(closing)", at: comma)
        }
    }
}
