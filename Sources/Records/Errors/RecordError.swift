/// What is wrong with a record, and where.
///
/// It names places, kinds and members, never values: a value may be a token.
package struct RecordError: Error, Equatable, Sendable {
    /// The kind of mistake; stable, to switch on.
    package enum Code: String, Sendable, CaseIterable {
        case notUTF8 = "not_utf8"
        case byteOrderMark = "byte_order_mark"
        case syntax
        case duplicateMember = "duplicate_member"
        case unknownMember = "unknown_member"
        case missingMember = "missing_member"
        case wrongType = "wrong_type"
        case badTime = "bad_time"
        case badValue = "bad_value"
        case outOfRange = "out_of_range"
        case tooLong = "too_long"
        case tooDeep = "too_deep"
        /// The input ends before the document does.
        case truncated
        /// The descriptor could not be read; no fault of the data.
        case unreadable
    }

    package var code: Code
    /// Counted from 1; 0 where it is not known.
    package var line: Int
    /// In bytes, counted from 1; 0 where the whole line is meant.
    package var column: Int
    /// The member concerned, fit for a terminal: at most 64 characters, control characters escaped.
    package var member: String? {
        didSet { member = member.map(Self.printable) }
    }
    /// A sentence without a full stop, lower case.
    package var message: String
    /// What to do about it, if that is known.
    package var hint: String?

    package init(
        _ code: Code,
        line: Int = 0,
        column: Int = 0,
        member: String? = nil,
        message: String,
        hint: String? = nil
    ) {
        self.code = code
        self.line = line
        self.column = column
        self.member = member.map(Self.printable)
        self.message = message
        self.hint = hint
    }

    /// The name cut at 64 characters, with all that could move a terminal's cursor escaped.
    package static func printable(_ name: String) -> String { escaped(name, most: 64) }

    /// The same of a whole sentence, which is not cut.
    package static func printableInFull(_ text: String) -> String { escaped(text, most: .max) }

    private static func escaped(_ name: String, most: Int) -> String {
        var text = ""
        var length = 0
        for scalar in name.unicodeScalars {
            if length == most {
                return text + "…"
            }
            length += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension RecordError: CustomStringConvertible {
    /// `line 3, column 17, member "issued_at": expected …`, without the hint.
    package var description: String {
        var places: [String] = []
        if line > 0 {
            places.append("line \(line)")
        }
        if column > 0 {
            places.append("column \(column)")
        }
        if let member {
            places.append("member \"\(member)\"")
        }
        return places.isEmpty ? message : places.joined(separator: ", ") + ": " + message
    }
}
