/// A checked number in the input.
struct ScannedNumber {
    var start: Int
    var end: Int
    /// Written without fraction and exponent.
    var isWhole: Bool
}

extension JSONScanner {
    /// A whole number; one with a fraction or exponent is `wrongType`, one past 64 bits `outOfRange`.
    package mutating func readInt64() throws(RecordError) -> Int64 {
        let number = try readNumber(expected: "a whole number")
        guard number.isWhole else {
            throw error(.wrongType, "expected a whole number, without fraction and exponent")
        }
        guard let value = int64(number) else {
            throw error(.outOfRange, "the number does not fit into 64 bits")
        }
        awaitsValue = false
        return value
    }

    /// Any number, to the nearest binary64; one too large for it is `outOfRange`.
    package mutating func readDouble() throws(RecordError) -> Double {
        let number = try readNumber(expected: "a number")
        guard let value = double(number) else {
            throw error(.outOfRange, "the number is too large")
        }
        awaitsValue = false
        return value
    }

    /// A whole number that fits into 64 bits, else the nearest binary64.
    mutating func readNumberValue() throws(RecordError) -> JSONValue {
        let number = try readNumber(expected: "a number")
        let value: JSONValue
        if number.isWhole, let whole = int64(number) {
            value = .int(whole)
        } else if let double = double(number) {
            value = .double(double)
        } else {
            throw error(.outOfRange, "the number is too large")
        }
        awaitsValue = false
        return value
    }

    /// Checks the number at the position and moves past it.
    mutating func scanNumber() throws(RecordError) -> ScannedNumber {
        let start = position
        var isWhole = true
        if peek == UInt8(ascii: "-") {
            position += 1
        }
        if peek == UInt8(ascii: "0") {
            position += 1
            if isDigit(peek) {
                throw error(.syntax, "a number must not begin with 0", at: position - 1)
            }
        } else {
            try skipDigits()
        }
        if peek == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try skipDigits()
        }
        if peek | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits()
        }
        return ScannedNumber(start: start, end: position, isWhole: isWhole)
    }

    private mutating func readNumber(expected: String) throws(RecordError) -> ScannedNumber {
        guard Self.kind(startingWith: startValue()) == .number else {
            throw wrongType(expected: expected)
        }
        return try scanNumber()
    }

    private mutating func skipDigits() throws(RecordError) {
        guard isDigit(peek) else {
            throw unexpected(expected: "a digit")
        }
        while isDigit(peek) {
            position += 1
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// Counts downwards, because there is one more negative number than there are positive ones.
    private func int64(_ number: ScannedNumber) -> Int64? {
        let isNegative = byte(number.start) == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? number.start + 1 : number.start)..<number.end {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, underflowed) = product.subtractingReportingOverflow(Int64(byte(index) - UInt8(ascii: "0")))
            guard !overflowed, !underflowed else {
                return nil
            }
            value = sum
        }
        guard !isNegative else {
            return value
        }
        return value == .min ? nil : -value
    }

    private func double(_ number: ScannedNumber) -> Double? {
        // Up to 2^53 every whole number is exact; "-0" is left to the other way.
        if number.isWhole, number.end - number.start <= 15, byte(number.start) != UInt8(ascii: "-"),
            let whole = int64(number)
        {
            return Double(whole)
        }
        let text = unsafe String(decoding: input.extracting(number.start..<number.end), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }
}
