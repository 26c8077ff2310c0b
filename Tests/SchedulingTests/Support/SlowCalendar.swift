import Foundation
import Grants

/// Every minute of a stretch of time with what the clocks of a zone showed, by Foundation.
struct SlowCalendar {
    let zone: String
    /// The UTC minute of the first entry, since 1970.
    let first: Int
    /// The local minute, since 1970 on a clock without a zone, at each UTC minute.
    private(set) var shown: [Int] = []
    /// Of each local day: day of month, month, weekday with 0 for Sunday.
    private var days: [Int: (day: Int, month: Int, weekday: Int)] = [:]

    init?(zone: String, from: Timestamp, days count: Int) {
        guard let reference = TimeZone(identifier: zone) else { return nil }
        self.zone = zone
        first = Int(from.milliseconds / 60_000)
        // An hour whose first and last minute have the same offset has it throughout; asking is slow.
        for hour in first / 60..<first / 60 + count * 24 {
            func offset(_ minute: Int) -> Int {
                reference.secondsFromGMT(for: Date(timeIntervalSince1970: Double((hour * 60 + minute) * 60)))
            }
            let (begin, end) = (offset(0), offset(59))
            guard begin % 60 == 0, end % 60 == 0 else { return nil }
            for minute in 0..<60 {
                shown.append(hour * 60 + minute + (begin == end ? begin : offset(minute)) / 60)
            }
        }
        var calendar = Calendar(identifier: .gregorian)
        guard let utc = TimeZone(identifier: "UTC") else { return nil }
        calendar.timeZone = utc
        for day in (first / 1_440 - 3)...(first / 1_440 + count + 3) {
            let parts = calendar.dateComponents(
                [.day, .month, .weekday],
                from: Date(timeIntervalSince1970: Double(day * 86_400))
            )
            days[day] = (parts.day ?? 0, parts.month ?? 0, (parts.weekday ?? 0) - 1)
        }
    }

    /// All UTC minutes at which the expression starts, found by looking at each of them.
    ///
    /// The first day is only looked at for what its clock had shown already.
    func starts(_ made: CronGenerator.Made) -> [Int] {
        var starts: [Int] = []
        // Tables: a test without optimisation asks them some ten million times.
        let isWildcard = made.isWildcard
        let minutes = (0..<60).map { made.minutes.contains($0) }
        let hours = (0..<24).map { made.hours.contains($0) }
        let firstDay = days.keys.min() ?? 0
        let dates = (firstDay..<firstDay + days.count).map { day in
            days[day].map { made.matches(day: $0.day, month: $0.month, weekday: $0.weekday) } ?? false
        }
        func matches(_ local: Int) -> Bool {
            guard minutes[local % 60], hours[local / 60 % 24] else { return false }
            return dates[local / 1_440 - firstDay]
        }
        var highest = shown[0]
        for index in 1..<shown.count {
            let local = shown[index]
            var isStart = false
            if isWildcard {
                isStart = matches(local)
            } else if local == highest + 1 {
                isStart = matches(local)
            } else if local > highest {
                isStart = (highest + 1...local).contains { matches($0) }
            }
            highest = max(highest, local)
            if isStart, index >= 2_880 { starts.append(first + index) }
        }
        return starts
    }
}
