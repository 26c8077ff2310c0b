// The standard library normalizes for its own `==`; FoundationEssentials uses the same interface.
@_spi(_Unicode) internal import Swift

extension String {
    /// In Unicode's normalization form C (UAX #15): two texts that only look alike are the same here.
    package var normalized: String {
        if isPlainASCII { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in _nfc { scalars.append(scalar) }
        return String(scalars)
    }

    /// Already in form C.
    package var isNormalized: Bool { isPlainASCII || _nfc.elementsEqual(unicodeScalars) }

    /// Canonically equivalent, and yet other bytes: nobody sees the difference.
    package func looksLike(_ other: String) -> Bool { self == other && !hasSameBytes(as: other) }

    /// Its bytes, those that are not printable ASCII as `\xHH`.
    package var spelled: String {
        var text = ""
        for byte in utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += (byte < 0x10 ? "\\x0" : "\\x") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    private var isPlainASCII: Bool {
        var text = self
        // Without an early end, so that the compiler compares many bytes at once.
        return text.withUTF8 { bytes in unsafe bytes.reduce(0) { $0 | $1 } } < 0x80
    }

    /// Every byte is from 0x20 to 0x7E.
    package var isPrintableASCII: Bool {
        var text = self
        return text.withUTF8 { bytes in unsafe bytes.reduce(0) { max($0, $1 &- 0x20) } } <= 0x5E
    }
}

/// What makes a text unfit to be a name that rules and orders select by.
package enum NameFault: Hashable, Sendable {
    /// Not in form C: another name may look the same.
    case notNormalized
    /// A control character, or one that shows nothing or turns the direction of writing.
    case hidden(UInt32)

    /// nil: the name is fit.
    package init?(of name: String) {
        // All of printable ASCII is fit, and most names are nothing else.
        if name.isPrintableASCII { return nil }
        for scalar in name.unicodeScalars where Self.isHidden(scalar) {
            self = .hidden(scalar.value)
            return
        }
        guard !name.isNormalized else { return nil }
        self = .notNormalized
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// A sentence without a full stop, lower case, without the name.
    package var message: String {
        switch self {
        case .notNormalized: "the name is not in Unicode's normalization form C (NFC): another may look the same"
        case .hidden(let value):
            "the name has the character U+\(String(value, radix: 16, uppercase: true)), which cannot be seen"
        }
    }

    package var hint: String {
        switch self {
        case .notNormalized: "write it in NFC, here and where it comes from"
        case .hidden: "take it out, here and where it comes from"
        }
    }
}
