/// Times as RFC 3339 writes them, as whole milliseconds since 1970-01-01 in UTC.
///
/// Any offset is read (`Z`, `+02:00`, `-00:00`), and `t` and `z` as `T` and `Z` (RFC 3339 §5.6). Stricter than the RFC
/// elsewhere: no leap second, 1 to 9 fractional digits (cut to milliseconds), years 0001 to 9999, days that exist.
package enum RFC3339 {
    /// 0001-01-01T00:00:00Z.
    package static let earliest: Int64 = -62_135_596_800_000
    /// 9999-12-31T23:59:59.999Z.
    package static let latest: Int64 = 253_402_300_799_999
    /// 2010-01-01T00:00:00Z: no OAuth 2 grant is older, and earlier instants are how programs write "never".
    package static let earliestOfGrants: Int64 = 1_262_304_000_000

    /// Nil unless the whole text is such a time.
    package static func parse(_ text: String) -> Int64? {
        parse(text.utf8.span)
    }

    /// Nil unless the bytes are such a time and nothing else.
    package static func parse(_ bytes: [UInt8]) -> Int64? {
        parse(bytes.span)
    }

    /// Nil unless the bytes are such a time and nothing else.
    package static func parse(_ bytes: Span<UInt8>) -> Int64? {
        // The shortest is 2026-05-01T08:00:00Z, the longest has nine digits and a numeric offset.
        guard bytes.count >= 20, bytes.count <= 35,
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] | 0x20 == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let century = pair(bytes, 0), let yearOfCentury = pair(bytes, 2), let month = pair(bytes, 5),
            let day = pair(bytes, 8), let hour = pair(bytes, 11), let minute = pair(bytes, 14),
            let second = pair(bytes, 17)
        else {
            return nil
        }
        let year = century * 100 + yearOfCentury
        guard year >= 1, (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60, let end = endOfTime(bytes)
        else {
            return nil
        }
        let seconds = dayNumber(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        let instant = Int64((seconds - end.offset * 60) * 1000 + end.fraction)
        return (earliest...latest).contains(instant) ? instant : nil
    }

    /// `2026-05-01T08:00:00Z`, with `.123` only where there are milliseconds.
    ///
    /// What lies outside ``earliest`` and ``latest`` is written as the nearer of them: "never" must not trap.
    package static func string(_ milliseconds: Int64) -> String {
        let bytes = [UInt8](capacity: longest) { append(milliseconds, to: &$0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As many bytes as ``string(_:)`` may have.
    static let longest = 24

    /// Appends what ``string(_:)`` returns, for which there must be room.
    static func append(_ milliseconds: Int64, to output: inout OutputSpan<UInt8>) {
        let instant = Int(min(max(milliseconds, earliest), latest))
        let (day, inDay) = floorDivided(instant, by: 86_400_000)
        let date = civilDate(day)
        appendPair(date.year / 100, to: &output)
        appendPair(date.year % 100, to: &output)
        output.append(UInt8(ascii: "-"))
        appendPair(date.month, to: &output)
        output.append(UInt8(ascii: "-"))
        appendPair(date.day, to: &output)
        output.append(UInt8(ascii: "T"))
        appendPair(inDay / 3_600_000, to: &output)
        output.append(UInt8(ascii: ":"))
        appendPair(inDay / 60_000 % 60, to: &output)
        output.append(UInt8(ascii: ":"))
        appendPair(inDay / 1000 % 60, to: &output)
        let fraction = inDay % 1000
        if fraction != 0 {
            output.append(UInt8(ascii: "."))
            output.append(UInt8(ascii: "0") + UInt8(fraction / 100))
            appendPair(fraction % 100, to: &output)
        }
        output.append(UInt8(ascii: "Z"))
    }

    /// The fraction in milliseconds and the offset in minutes, if valid ones end the text from byte 19 on.
    private static func endOfTime(_ bytes: Span<UInt8>) -> (fraction: Int, offset: Int)? {
        var index = 19
        var fraction = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var weight = 100
            let first = index
            while index < bytes.count, let digit = digit(bytes[index]) {
                fraction += digit * weight
                weight /= 10
                index += 1
            }
            guard (1...9).contains(index - first) else {
                return nil
            }
        }
        if index == bytes.count - 1 {
            return bytes[index] | 0x20 == UInt8(ascii: "z") ? (fraction, 0) : nil
        }
        guard index == bytes.count - 6, bytes[index + 3] == UInt8(ascii: ":"),
            let hours = pair(bytes, index + 1), hours < 24, let minutes = pair(bytes, index + 4), minutes < 60
        else {
            return nil
        }
        let offset = hours * 60 + minutes
        switch bytes[index] {
        case UInt8(ascii: "+"): return (fraction, offset)
        case UInt8(ascii: "-"): return (fraction, -offset)
        default: return nil
        }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }

    private static func pair(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
        guard let tens = digit(bytes[index]), let ones = digit(bytes[index + 1]) else {
            return nil
        }
        return tens * 10 + ones
    }

    private static func appendPair(_ value: Int, to output: inout OutputSpan<UInt8>) {
        output.append(UInt8(ascii: "0") + UInt8(value / 10))
        output.append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}

// The civil calendar, proleptic Gregorian. A year here begins on 1 March, so that the leap day is its last:
// then the day of the year is a straight line over the months.
extension RFC3339 {
    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a date that exists.
    private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let marchMonth = month <= 2 ? month + 9 : month - 3
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        // 719,468 days lie between 0000-03-01 and 1970-01-01; a year is 1 or more, so nothing is negative.
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }

    private static func civilDate(_ dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        // 146,097 days are 400 years, after which the calendar repeats.
        let (era, dayOfEra) = floorDivided(dayNumber + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
            month: month,
            day: dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    private static func floorDivided(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
