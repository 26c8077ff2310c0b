import GrantsTestSupport

/// Random cron expressions, each with what its fields mean, by a grammar of its own.
struct CronGenerator {
    struct Made {
        var text: String
        var minutes: Set<Int>
        var hours: Set<Int>
        var days: Set<Int>
        var months: Set<Int>
        /// 0 to 6.
        var weekdays: Set<Int>

        private var fields: [Substring] { text.split(separator: " ") }
        var isWildcard: Bool { fields[0].first == "*" || fields[1].first == "*" }

        func matches(day: Int, month: Int, weekday: Int) -> Bool {
            guard months.contains(month) else { return false }
            if fields[2].first == "*" || fields[4].first == "*" {
                return days.contains(day) && weekdays.contains(weekday)
            }
            return days.contains(day) || weekdays.contains(weekday)
        }
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    var random: SplitMix64

    mutating func next() -> Made {
        let minute = field(0...59, [], stars: 3)
        // The hours around which clocks change more often than others.
        let hour = Int.random(in: 0..<3, using: &random) == 0 ? ("0-3", [0, 1, 2, 3]) : field(0...23, [], stars: 4)
        let day = field(1...31, [], stars: 6)
        let month = field(1...12, Self.months, stars: 7)
        let weekday = field(0...7, Self.weekdays, stars: 6)
        return Made(
            text: [minute.0, hour.0, day.0, month.0, weekday.0].joined(separator: " "),
            minutes: minute.1,
            hours: hour.1,
            days: day.1,
            months: month.1,
            weekdays: Set(weekday.1.map { $0 % 7 })
        )
    }

    /// Of ten fields so many are a bare star.
    private mutating func field(_ range: ClosedRange<Int>, _ names: [String], stars: Int) -> (String, Set<Int>) {
        if Int.random(in: 0..<10, using: &random) < stars { return ("*", Set(range)) }
        var texts: [String] = []
        var values: Set<Int> = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let (text, part) = element(range, names)
            texts.append(text)
            values.formUnion(part)
        }
        return (texts.joined(separator: ","), values)
    }

    private mutating func element(_ range: ClosedRange<Int>, _ names: [String]) -> (String, Set<Int>) {
        let first = Int.random(in: range, using: &random)
        let last = Int.random(in: first...range.upperBound, using: &random)
        let step = Int.random(in: 1...range.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return ("*/\(step)", Set(stride(from: range.lowerBound, through: range.upperBound, by: step)))
        case 1 where first < last:
            return ("\(word(first, range, names))-\(word(last, range, names))", Set(first...last))
        case 2 where first < last:
            return ("\(first)-\(last)/\(step)", Set(stride(from: first, through: last, by: step)))
        case 3 where range.upperBound == 7 && first > 0: return ("\(first)-0", Set(first...7))
        default: return (word(first, range, names), [first])
        }
    }

    private mutating func word(_ value: Int, _ range: ClosedRange<Int>, _ names: [String]) -> String {
        let index = value - range.lowerBound
        guard names.indices.contains(index), Bool.random(using: &random) else { return "\(value)" }
        return Bool.random(using: &random) ? names[index] : names[index].uppercased()
    }
}
