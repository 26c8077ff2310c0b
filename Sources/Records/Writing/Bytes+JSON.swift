// The spelling of single values (RFC 8785 §3.2.2).
extension [UInt8] {
    /// A quoted string: `"`, `\` and the control characters below U+0020 are escaped, nothing else is.
    ///
    /// `tail` follows it.
    mutating func appendJSONString(_ text: String, tail: UInt8? = nil) {
        let bytes = text.utf8.span
        guard Self.isPlain(bytes) else { return appendEscaped(bytes, tail) }
        // Most are, and there is room for the whole before the first byte.
        append(addingCapacity: bytes.count + 3) { output in
            output.append(UInt8(ascii: "\""))
            for index in bytes.indices { output.append(bytes[index]) }
            output.append(UInt8(ascii: "\""))
            if let tail { output.append(tail) }
        }
    }

    private mutating func appendEscaped(_ bytes: Span<UInt8>, _ tail: UInt8?) {
        reserveRoom(for: bytes.count + 3)
        append(UInt8(ascii: "\""))
        for index in bytes.indices {
            if Self.isPlain(bytes[index]) { append(bytes[index]) } else { appendEscape(of: bytes[index]) }
        }
        append(UInt8(ascii: "\""))
        if let tail { append(tail) }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Without a way out of the loop, so that it looks at many bytes in one step.
    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        var isPlain = true
        for index in bytes.indices { isPlain = isPlain && Self.isPlain(bytes[index]) }
        return isPlain
    }

    mutating func appendDecimal(_ value: Int64) {
        self += String(value).utf8
    }

    /// A number as ECMAScript writes it.
    ///
    /// The shortest digits that read back the same; an exponent only below 1e-6 and from 1e21 on. A number that
    /// is not finite becomes null.
    mutating func appendJSONNumber(_ value: Double) {
        guard value.isFinite else {
            self += "null".utf8
            return
        }
        guard value != 0 else {
            // Also for the negative zero.
            append(UInt8(ascii: "0"))
            return
        }
        if value < 0 {
            append(UInt8(ascii: "-"))
        }
        let (digits, point) = Self.shortestDigits(value.magnitude)
        if point > 21 || point < -5 {
            append(digits[0])
            if digits.count > 1 {
                append(UInt8(ascii: "."))
                self += digits[1...]
            }
            append(UInt8(ascii: "e"))
            append(UInt8(ascii: point > 0 ? "+" : "-"))
            appendDecimal(Int64((point - 1).magnitude))
        } else if point <= 0 {
            self += "0.".utf8
            append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
            self += digits
        } else if point >= digits.count {
            self += digits
            append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - digits.count))
        } else {
            self += digits[..<point]
            append(UInt8(ascii: "."))
            self += digits[point...]
        }
    }

    /// The digits without zeros at either end, and the place of the decimal point counted from before the first.
    private static func shortestDigits(_ value: Double) -> (digits: [UInt8], point: Int) {
        // Swift's description holds the shortest digits that read back the same, but in its own layout.
        let parts = value.description.utf8.split(separator: UInt8(ascii: "e"))
        let mantissa = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var digits = mantissa.flatMap { [UInt8]($0) }
        var point = mantissa[0].count
        if parts.count == 2, let exponent = Int(String(decoding: parts[1], as: UTF8.self)) {
            point += exponent
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
        }
        return (digits, point)
    }

    private mutating func appendEscape(of byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0..<0x20:
            let digits: StaticString = "0123456789abcdef"
            self += "u00".utf8
            append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            append([UInt8]("\(digits)".utf8)[Int(byte & 0x0F)])
        default: append(byte)
        }
    }

    /// Grows in doubling steps, which `reserveCapacity` alone does not promise.
    private mutating func reserveRoom(for count: Int) {
        if self.count + count > capacity {
            reserveCapacity(Swift.max(2 * capacity, self.count + count))
        }
    }
}
