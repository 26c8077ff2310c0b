/// Times as RFC 3339 §5.6 writes them, checked against the calendar, in UTC only.
///
/// An offset other than zero is refused, and so are leap seconds and lower-case letters: a record has
/// one spelling for one instant, give or take its fraction.
package enum RFC3339 {
    /// Milliseconds since 1970-01-01T00:00:00Z; nil for anything but a UTC time of the years
    /// 0001–9999.
    ///
    /// Digits of a fraction past the third are cut off, not rounded.
    package static func parse(_ text: String) -> Int64? {
        parse(Array(text.utf8))
    }

    /// As ``parse(_:)-(String)``, over bytes.
    package static func parse(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count >= 20, bytes.count <= 35 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for index in range {
                guard (0x30...0x39).contains(bytes[index]) else { return nil }
                value = value * 10 + Int64(bytes[index] - 0x30)
            }
            return value
        }
        guard bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54, bytes[13] == 0x3a,
            bytes[16] == 0x3a,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            year >= 1, (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year),
            hour <= 23, minute <= 59, second <= 59
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == 0x2e {
            index += 1
            var scale: Int64 = 100
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
                fraction += Int64(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
            guard (1...9).contains(index - start) else { return nil }
        }
        let zone = bytes[index...]
        guard
            zone.elementsEqual("Z".utf8) || zone.elementsEqual("+00:00".utf8)
                || zone.elementsEqual("-00:00".utf8)
        else { return nil }
        let seconds =
            dayNumber(year: year, month: month, day: day) * 86_400
            + hour * 3_600 + minute * 60 + second
        return seconds * 1_000 + fraction
    }

    /// An instant as `2026-05-01T08:00:00Z`, with `.123` only where there are milliseconds.
    ///
    /// Instants outside the years 0001–9999 show the nearest instant inside.
    package static func string(_ milliseconds: Int64) -> String {
        let clamped = Swift.min(Swift.max(milliseconds, earliest), latest)
        let (day, rest) = floorDivide(clamped, 86_400_000)
        let date = civil(day)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int64, _ width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(0x30 + value / divisor % 10))
                divisor /= 10
            }
        }
        append(date.year, 4)
        text.append(0x2d)
        append(date.month, 2)
        text.append(0x2d)
        append(date.day, 2)
        text.append(0x54)
        append(rest / 3_600_000, 2)
        text.append(0x3a)
        append(rest / 60_000 % 60, 2)
        text.append(0x3a)
        append(rest / 1_000 % 60, 2)
        if rest % 1_000 != 0 {
            text.append(0x2e)
            append(rest % 1_000, 3)
        }
        text.append(0x5a)
        return String(decoding: text, as: UTF8.self)
    }

    static let earliest: Int64 = -62_135_596_800_000
    static let latest: Int64 = 253_402_300_799_999

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the
    /// leap day is the last of its year.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(marchYear, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
        )
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
