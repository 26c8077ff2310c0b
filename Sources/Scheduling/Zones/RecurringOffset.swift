/// Offsets that change in the same way every year, as the footer of a TZif file says (POSIX `TZ`, RFC 9636 §3.3.1).
struct RecurringOffset: Hashable, Sendable {
    /// A day of the year and a time in it.
    struct Change: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// `Mm.w.d`: the week-th such weekday of the month; week 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
            /// `Jn`: from 1, 29 February is never counted.
            case julian(Int)
            /// `n`: from 0, 29 February is counted.
            case ordinal(Int)
        }

        var day: Day
        /// In the local time before the change; may lie outside the day.
        var seconds = 7_200

        /// Seconds of a clock without a zone.
        func local(in year: Int) -> Int { number(in: year) * 86_400 + seconds }

        private func number(in year: Int) -> Int {
            switch day {
            case .weekday(let month, let week, let weekday):
                let first = CivilDate(year: year, month: month, day: 1).number
                let toFirst = floorDivided(weekday - CivilDate.weekday(of: first), by: 7).remainder
                var day = toFirst + (week - 1) * 7
                if day >= CivilDate.length(month: month, of: year) { day -= 7 }
                return first + day
            case .julian(let count):
                let isShifted = count >= 60 && CivilDate.isLeap(year)
                return CivilDate(year: year, month: 1, day: 1).number + count - (isShifted ? 0 : 1)
            case .ordinal(let count):
                return CivilDate(year: year, month: 1, day: 1).number + count
            }
        }
    }

    struct Saving: Hashable, Sendable {
        var offset: Int
        var start: Change
        var end: Change
    }

    var standard: Int
    /// nil: the standard offset all the year round.
    var saving: Saving?

    /// The stretch that a second lies in; a stretch of many years may be cut.
    func stretch(at second: Int) -> TimeZoneRules.Stretch {
        guard let saving else { return TimeZoneRules.Stretch(start: .min, end: .max, offset: standard) }
        let year = CivilDate(day: floorDivided(second + standard, by: 86_400).quotient).year
        var end = Int.min
        for year in year - 2...year + 2 {
            let start = saving.start.local(in: year) - standard
            var stop = saving.end.local(in: year) - saving.offset
            // South of the equator it ends in the year after.
            if stop <= start { stop = saving.end.local(in: year + 1) - saving.offset }
            if second < start { return TimeZoneRules.Stretch(start: end, end: start, offset: standard) }
            if second < stop { return TimeZoneRules.Stretch(start: start, end: stop, offset: saving.offset) }
            end = stop
        }
        return TimeZoneRules.Stretch(start: end, end: .max, offset: standard)
    }
}
