extension CronExpression {
    /// The first local time that matches, in seconds of a clock without a zone, at or after one; nil: never.
    ///
    /// Nil also where it would lie beyond the year 9999.
    func firstMatch(from local: Int) -> Int? {
        guard namesAnyDay else { return nil }
        let minute = floorDivided(local + 59, by: 60).quotient
        let (day, inDay) = floorDivided(minute, by: 1_440)
        if contains(CivilDate(day: day)), let time = firstTime(from: inDay) { return (day * 1_440 + time) * 60 }
        guard let first = firstTime(from: 0), let next = firstDay(from: day + 1) else { return nil }
        return (next * 1_440 + first) * 60
    }

    /// Whether any of its days exists: the 30th of February does not.
    package var namesAnyDay: Bool {
        // By either field, a weekday comes in every month; by both, each date of a month falls on each weekday.
        !needsBothDays
            || (1...12).contains { month in
                months & 1 << UInt64(month) != 0 && days.firstBit(from: 1) ?? 32 <= CivilDate.longest(month: month)
            }
    }

    private func firstTime(from minute: Int) -> Int? {
        let (hour, inHour) = minute.quotientAndRemainder(dividingBy: 60)
        if hours & 1 << UInt64(hour) != 0, let found = minutes.firstBit(from: inHour) { return hour * 60 + found }
        guard let next = hours.firstBit(from: hour + 1), let first = minutes.firstBit(from: 0) else { return nil }
        return next * 60 + first
    }

    private func contains(_ date: CivilDate) -> Bool {
        months & 1 << UInt64(date.month) != 0 && matches(day: date.day, weekday: CivilDate.weekday(of: date.number))
    }

    private func matches(day: Int, weekday: Int) -> Bool {
        let byDate = days & 1 << UInt64(day) != 0
        let byWeekday = weekdays & 1 << UInt64(weekday) != 0
        return needsBothDays ? byDate && byWeekday : byDate || byWeekday
    }

    /// A month at a time; the calendar repeats after 400 years.
    private func firstDay(from number: Int) -> Int? {
        var date = CivilDate(day: number)
        for _ in 0..<4_812 {
            guard date.year <= 9_999 else { return nil }
            if months & 1 << UInt64(date.month) != 0 {
                let first = date.number
                for day in date.day...CivilDate.length(month: date.month, of: date.year) {
                    let weekday = CivilDate.weekday(of: first + day - date.day)
                    if matches(day: day, weekday: weekday) { return first + day - date.day }
                }
            }
            date =
                date.month == 12
                ? CivilDate(year: date.year + 1, month: 1, day: 1)
                : CivilDate(year: date.year, month: date.month + 1, day: 1)
        }
        return nil
    }
}

extension UInt64 {
    /// The lowest bit that is set, from one on.
    fileprivate func firstBit(from index: Int) -> Int? {
        guard index < 64 else { return nil }
        let rest = self >> UInt64(index)
        return rest == 0 ? nil : index + rest.trailingZeroBitCount
    }
}
