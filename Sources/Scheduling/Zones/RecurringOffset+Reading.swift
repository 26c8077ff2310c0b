extension RecurringOffset {
    /// The rules in a `TZ` text; nil unless it is one with rules for both changes, or without summer time.
    ///
    /// Times of −167 to 167 hours are taken, as from version 3 of the format on.
    init?(tz text: some StringProtocol) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard reader.name(), let west = reader.time(upTo: 24) else { return nil }
        standard = -west
        saving = nil
        if reader.rest.isEmpty { return }
        guard reader.name() else { return nil }
        var offset = standard + 3_600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.time(upTo: 24) else { return nil }
            offset = -west
        }
        guard reader.skip(","), let start = reader.change(), reader.skip(","), let end = reader.change(),
            reader.rest.isEmpty, abs(offset) <= TimeZoneRules.farthest
        else { return nil }
        saving = Saving(offset: offset, start: start, end: end)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        /// `CET`, or `<+0330>`.
        mutating func name() -> Bool {
            if skip("<") {
                guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(close + 1)...]
                return true
            }
            let letters = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
            rest = rest[letters.endIndex...]
            return letters.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest[digits.endIndex...]
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]`, in seconds.
        mutating func time(upTo hours: Int) -> Int? {
            let isNegative = skip("-")
            if !isNegative { _ = skip("+") }
            guard let hours = number(0...hours) else { return nil }
            var seconds = hours * 3_600
            for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let count = number(0...59) else { return nil }
                seconds += count * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// `M10.5.0/3`, `J60` or `59/-2`.
        mutating func change() -> Change? {
            let day: Change.Day
            if skip("M") {
                guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
                    let weekday = number(0...6)
                else { return nil }
                day = .weekday(month: month, week: week, weekday: weekday)
            } else if skip("J") {
                guard let count = number(1...365) else { return nil }
                day = .julian(count)
            } else {
                guard let count = number(0...365) else { return nil }
                day = .ordinal(count)
            }
            guard skip("/") else { return Change(day: day) }
            return time(upTo: 167).map { Change(day: day, seconds: $0) }
        }
    }
}
