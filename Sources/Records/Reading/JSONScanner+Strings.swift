/// A checked string in the input, without its quotes.
package struct ScannedString {
    var start: Int
    var end: Int
    var hasEscapes: Bool
}

extension JSONScanner {
    /// Checks the string at the position and moves past it.
    mutating func scanString() throws(RecordError) -> ScannedString {
        let start = position + 1
        var index = start
        var hasEscapes = false
        while true {
            index = endOfPlainText(from: index)
            guard index < count else {
                position = count
                throw error(.truncated, "the input ends inside a string", at: position)
            }
            let byte = byte(index)
            switch byte {
            case UInt8(ascii: "\""):
                position = index + 1
                return ScannedString(start: start, end: index, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                index = try endOfEscape(from: index)
            case 0..<0x20:
                throw error(.syntax, "a control character in a string has to be escaped", at: index)
            case 0x80...:
                guard let length = lengthOfSequence(at: index) else {
                    throw error(.notUTF8, "the bytes are not UTF-8", at: index)
                }
                index += length
            default:
                index += 1
            }
        }
    }

    /// The text of a string that `scanString` has checked.
    func unescape(_ text: ScannedString) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.end - text.start)
        var index = text.start
        while index < text.end {
            let byte = byte(index)
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                index += 1
                continue
            }
            let letter = self.byte(index + 1)
            index += 2
            switch letter {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                var value = hexadecimal(at: index) ?? 0
                index += 4
                if value & 0xFC00 == 0xD800 {
                    value = 0x10000 + (value & 0x3FF) << 10 + (hexadecimal(at: index + 2) ?? 0) & 0x3FF
                    index += 6
                }
                if let scalar = Unicode.Scalar(value) {
                    UTF8.encode(scalar).map { bytes += $0 }
                }
            default: bytes.append(letter)
            }
        }
        return bytes
    }

    /// The length of the well-formed non-ASCII sequence there, or nil.
    func lengthOfSequence(at index: Int) -> Int? {
        UTF8Check.sequenceLength(
            byte(index),
            index + 1 < count ? byte(index + 1) : nil,
            index + 2 < count ? byte(index + 2) : nil,
            index + 3 < count ? byte(index + 3) : nil
        )
    }

    /// Moves over whole words in which every byte is printable ASCII but `"` and `\`, then to the first that is
    /// not; stops earlier near the end of the input.
    @inline(__always)
    private func endOfPlainText(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        var index = start
        while index + 8 <= count {
            let word = word(index)
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            // `x - 1 & ~x` has the high bit of a byte that is zero. A borrow can only spoil bytes above a true
            // hit, and the lowest hit is the one that counts.
            let hits =
                ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
                | ((word &- ones &* 0x20) & ~word) | word
            let found = hits & highBits
            if found != 0 {
                return index + found.trailingZeroBitCount >> 3
            }
            index += 8
        }
        return index
    }

    private func endOfEscape(from backslash: Int) throws(RecordError) -> Int {
        guard backslash + 1 < count else {
            throw error(.truncated, "the input ends inside a string", at: count)
        }
        switch byte(backslash + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        case UInt8(ascii: "u"):
            let value = try escapedUnit(at: backslash)
            guard value & 0xF800 == 0xD800 else {
                return backslash + 6
            }
            let next = backslash + 6
            guard value < 0xDC00, next + 1 < count, byte(next) == UInt8(ascii: "\\"),
                byte(next + 1) == UInt8(ascii: "u"), try escapedUnit(at: next) & 0xFC00 == 0xDC00
            else {
                throw error(.syntax, "half of a surrogate pair stands alone", at: backslash)
            }
            return next + 6
        default:
            throw error(.syntax, "there is no such escape in JSON", at: backslash)
        }
    }

    private func escapedUnit(at backslash: Int) throws(RecordError) -> UInt32 {
        guard let value = hexadecimal(at: backslash + 2) else {
            throw error(.syntax, "\"\\u\" needs four hexadecimal digits", at: backslash)
        }
        return value
    }

    private func hexadecimal(at start: Int) -> UInt32? {
        guard start + 4 <= count else {
            return nil
        }
        var value: UInt32 = 0
        for index in start..<(start + 4) {
            let digit: UInt8
            switch byte(index) {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte - UInt8(ascii: "0")
            case let byte where (byte | 0x20) &- UInt8(ascii: "a") < 6: digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
