// What is wrong, and where. No message repeats a value.
extension JSONScanner {
    /// An error about the value or name that was read last, for a reader that finds its content wrong.
    package func error(_ code: RecordError.Code, _ message: String, hint: String? = nil) -> RecordError {
        error(code, message, at: tokenStart, member: currentMember, hint: hint)
    }

    /// An error about the object that was just left: it lacks a member.
    package func missingMember(_ name: String) -> RecordError {
        error(.missingMember, "the member is missing", at: tokenStart, member: name)
    }

    /// The value, or ``missingMember(_:)`` thrown; to be called right after the end of the object.
    package func require<Value>(_ value: Value?, _ name: String) throws(RecordError) -> Value {
        guard let value else {
            throw missingMember(name)
        }
        return value
    }

    /// Skips a member whose name begins with `x_`; throws `unknownMember` for every other name.
    ///
    /// To be called with the name that ``nextMember()`` just returned.
    package mutating func skipUnknownMember(_ name: MemberName, known: MemberSet) throws(RecordError) {
        guard name.hasPrefix("x_") else {
            let nearest = nearestWord(to: name.string, in: known.names)
            let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "a member of your own has to begin with x_"
            var refusal = error(.unknownMember, "there is no such member", hint: hint)
            // A token in a member's place is no name to repeat.
            if nearest == nil, !Self.looksLikeWords(name.string) { refusal.member = nil }
            throw refusal
        }
        try skipValue()
    }

    /// Letters and what joins words, no longer than names are: tokens have digits, hyphens, or begin otherwise.
    private static func looksLikeWords(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first), name.utf8.count <= 32 else { return false }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || "_.@".utf8.contains($0) }
    }

    func error(_ code: RecordError.Code, _ message: String, at index: Int) -> RecordError {
        error(code, message, at: index, member: awaitsValue || isInArray ? currentMember : nil)
    }

    /// The value there is of another kind than expected, or none at all.
    func wrongType(expected: String) -> RecordError {
        guard let kind = Self.kind(startingWith: peek) else {
            return unexpected(expected: expected)
        }
        return error(.wrongType, "expected \(expected), found \(Self.article(kind))")
    }

    /// What stands at the position cannot stand there.
    func unexpected(expected: String) -> RecordError {
        guard position < count else {
            return error(.truncated, "expected \(expected), found the end of the input", at: position)
        }
        let found: String
        switch byte(position) {
        case let byte where "{}[]:,".utf8.contains(byte):
            found = "\"\(Unicode.Scalar(byte))\""
        case UInt8(ascii: "\""):
            found = "a string"
        case 0..<0x20, 0x7F:
            found = "a control character"
        case 0x80...:
            guard lengthOfSequence(at: position) != nil else {
                return error(.notUTF8, "the bytes are not UTF-8", at: position)
            }
            found = "something else"
        default:
            found = "something else"
        }
        return error(.syntax, "expected \(expected), found \(found)", at: position)
    }

    func refuseByteOrderMark() throws(RecordError) {
        if count >= 3, byte(0) == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF {
            throw error(
                .byteOrderMark,
                "the text begins with a byte-order mark",
                at: 0,
                member: nil,
                hint: "save it as UTF-8 without a byte-order mark"
            )
        }
    }

    private var currentMember: String? {
        seen.current.map { unsafe String(decoding: seen.bytes(of: $0, in: input), as: UTF8.self) }
    }

    private func error(
        _ code: RecordError.Code,
        _ message: String,
        at index: Int,
        member: String?,
        hint: String? = nil
    ) -> RecordError {
        var line = firstLine
        var lineStart = 0
        for before in 0..<min(index, count) where byte(before) == 0x0A {
            lineStart = before + 1
            line += firstLine > 0 ? 1 : 0
        }
        return RecordError(
            code,
            line: line,
            column: index - lineStart + 1,
            member: member,
            message: message,
            hint: hint
        )
    }

    private static func article(_ kind: Kind) -> String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
